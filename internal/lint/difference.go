package lint

import (
	"errors"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// Difference is what one version of a key gives that the other does not (DESIGN section 4, diff).
type Difference struct {
	Schema    int       `json:"schema"` // 1
	Gained    []Access  `json:"gained"`
	Lost      []Access  `json:"lost"`
	Undecided []Open    `json:"undecided"`
	Errors    []Failure `json:"errors"`
}

// Access is one request of who and which class of action that differs.
type Access struct {
	Key       string              `json:"key"`
	Principal string              `json:"principal"`
	Account   string              `json:"account,omitempty"`
	Action    string              `json:"action"`
	Context   map[string][]string `json:"context"`
	Access    string              `json:"access"` // direct or delegated
	Statement int                 `json:"statement"`
	When      map[string]string   `json:"when,omitempty"`
}

// Open is a question without an answer.
type Open struct {
	Key       string `json:"key"`
	Construct string `json:"construct"`
	Line      int    `json:"line,omitempty"`
}

// Compare adds what the new version of a key gives and the old does not, and the reverse. Either may be nil: a key that is
// made or removed. Both must have their symbols from one table.
func (d *Difference) Compare(old, now *cfn.Key) {
	switch {
	case old == nil && now == nil:
		return
	case old == nil:
		d.Gained = append(d.Gained, d.beyond(now, now.Policy, nobody(now.Policy))...)
		return
	case now == nil:
		d.Lost = append(d.Lost, d.beyond(old, old.Policy, nobody(old.Policy))...)
		return
	}
	d.Gained = append(d.Gained, d.beyond(now, now.Policy, old.Policy)...)
	d.Lost = append(d.Lost, d.beyond(old, old.Policy, now.Policy)...)
}

// nobody is a policy of the same key that lets nobody in.
func nobody(p *policy.Policy) *policy.Policy {
	return &policy.Policy{Version: policy.Version2012, Own: p.Own, Partition: p.Partition, Symbols: p.Symbols, Dimensions: p.Dimensions, Impossible: p.Impossible}
}

// classes are the kinds of action that are told apart, the worst first.
var classes = []kms.ActionSet{kms.Plaintext, kms.Takeover &^ kms.Plaintext, kms.Destroy &^ (kms.Plaintext | kms.Takeover), kms.Other &^ (kms.Plaintext | kms.Takeover | kms.Destroy)}

// beyond lists what p gives and other does not: one request for each who and class of action, for direct and for delegated access.
func (d *Difference) beyond(k *cfn.Key, p, other *policy.Policy) []Access {
	e := authz.New(p, other)
	var all []Access
	for _, who := range callers(p, other) {
		for _, class := range classes {
			for _, set := range []authz.Set{e.Direct(0), e.Delegated(0)} {
				q := who
				q.Actions = class
				a := e.Find(q, e.Beyond(set, 1))
				switch a.Verdict {
				case authz.No:
				case authz.Undecided:
					d.undecided(k, p, a.Because)
				default:
					if err := replayDifference(p, other, a); err != nil {
						d.undecided(k, p, []string{err.Error()})
						continue
					}
					all = append(all, access(k, p, a))
				}
			}
		}
	}
	return all
}

// replayDifference evaluates a witness on both policies.
func replayDifference(p, other *policy.Policy, a authz.Answer) error {
	if err := Replay(p, a); err != nil {
		return err
	}
	if Replay(other, a) == nil {
		return errBoth
	}
	return nil
}

var errBoth = errors.New("internal error: the evaluator finds the access in both versions")

func (d *Difference) undecided(k *cfn.Key, p *policy.Policy, because []string) {
	for _, why := range because {
		u := Open{Key: k.ID, Construct: p.Symbols.Show(why)}
		for _, unread := range p.Unknown {
			if unread.Construct == why && unread.Node != nil && k.Embedded == nil {
				u.Line = k.File.Position(unread.Node.Span.Start).Line
			}
		}
		if !slices.Contains(d.Undecided, u) {
			d.Undecided = append(d.Undecided, u)
		}
	}
}

func access(k *cfn.Key, p *policy.Policy, a authz.Answer) Access {
	pass := &Pass{Policy: p}
	w := pass.Witness(a)
	out := Access{Key: k.ID, Principal: w.Principal, Account: w.Account, Action: w.Action, Context: w.Context, Access: w.Access, Statement: a.Statement}
	if len(a.Request.When) > 0 {
		out.When = map[string]string{}
		for name, value := range a.Request.When {
			out.When[pass.Show(name)] = pass.Show(value)
		}
	}
	return out
}

// callers are the whos that are told apart: each identity and service that a policy names, and of each account everyone else.
func callers(policies ...*policy.Policy) []authz.Query {
	var names, services, accounts []string
	add := func(list *[]string, s string) {
		if s != "" && !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	for _, p := range policies {
		for _, st := range p.Statements {
			for _, q := range st.Principals {
				switch q.Kind {
				case policy.User, policy.Role, policy.RoleSession, policy.FederatedUser:
					add(&names, q.Text)
				case policy.Service:
					add(&services, q.Name)
				}
			}
			for _, c := range st.Conditions {
				if !strings.EqualFold(c.Key, "aws:PrincipalArn") {
					continue
				}
				for _, v := range c.Values {
					if kind, _, _, _ := policy.ParsePrincipal(v.Text); kind != policy.InvalidARN && kind != policy.AccountRoot && !strings.ContainsAny(v.Text, "*?") {
						add(&names, v.Text)
					}
				}
			}
		}
		for _, a := range p.Accounts() {
			add(&accounts, a)
		}
	}
	slices.Sort(names)
	slices.Sort(services)
	slices.Sort(accounts)
	var all []authz.Query
	for _, n := range names {
		all = append(all, authz.Query{Principal: n})
	}
	people := []kms.Caller{kms.RoleCaller, kms.IAMUser, kms.Federated}
	own := policies[0].Own
	all = append(all, authz.Query{Callers: people, Where: authz.OwnAccount, Except: names}, authz.Query{Callers: []kms.Caller{kms.RootUser}, Where: authz.OwnAccount})
	for _, a := range accounts {
		if a != own {
			all = append(all, authz.Query{Callers: append([]kms.Caller{kms.RootUser}, people...), Account: a, Except: names})
		}
	}
	all = append(all, authz.Query{Callers: append([]kms.Caller{kms.RootUser}, people...), Where: authz.UnnamedAccounts})
	for _, s := range services {
		all = append(all, authz.Query{Callers: []kms.Caller{kms.ServiceCaller}, Principal: s})
	}
	return all
}

// Add adds what another difference has.
func (d *Difference) Add(other Difference) {
	d.Gained = append(d.Gained, other.Gained...)
	d.Lost = append(d.Lost, other.Lost...)
	d.Undecided = append(d.Undecided, other.Undecided...)
}

// Sort orders the difference by key, principal and action.
func (d *Difference) Sort() {
	by := func(a, b Access) int {
		return strings.Compare(a.Key+"\x00"+a.Principal+"\x00"+a.Action+"\x00"+a.Access, b.Key+"\x00"+b.Principal+"\x00"+b.Action+"\x00"+b.Access)
	}
	slices.SortStableFunc(d.Gained, by)
	slices.SortStableFunc(d.Lost, by)
	d.Schema = 1
	for _, list := range []*[]Access{&d.Gained, &d.Lost} {
		if *list == nil {
			*list = []Access{}
		}
	}
	if d.Undecided == nil {
		d.Undecided = []Open{}
	}
	if d.Errors == nil {
		d.Errors = []Failure{}
	}
}
