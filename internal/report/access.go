package report

import (
	"cmp"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// Access says who can do what with one key. It is the JSON document of `kmsguard access` (DESIGN section 4).
type Access struct {
	Schema  int    `json:"schema"` // 1
	Key     string `json:"key"`
	Account string `json:"account,omitempty"` // that owns the key
	// When holds where the key itself is made in some environments only.
	When    map[string]string `json:"when,omitempty"`
	Entries []Entry           `json:"entries"` // proved, the widest first
	// Undecided is what may be let in besides.
	Undecided []Doubt        `json:"undecided"`
	Errors    []lint.Failure `json:"errors"`
}

// Conditions are as a policy writes them: by operator, then by key. A request must meet them all.
type Conditions map[string]map[string][]string

// Entry is what one principal can do under the same conditions.
type Entry struct {
	Who        string     `json:"who"`       // for people
	Principal  string     `json:"principal"` // as the policy writes it, "*" for everyone
	Access     string     `json:"access"`    // direct or delegated
	Actions    []string   `json:"actions"`
	Conditions Conditions `json:"conditions"`
	// Except are the requests that a Deny, or the statement's own NotPrincipal, keeps out.
	Except     []Except          `json:"except,omitempty"`
	Statements []int             `json:"statements"` // the Allows, from 0
	When       map[string]string `json:"when"`
}

// Except is what one statement keeps out: requests that meet all of it.
type Except struct {
	Statement     int        `json:"statement"`
	Principals    []string   `json:"principals,omitempty"`
	NotPrincipals []string   `json:"not_principals,omitempty"` // all but these
	Conditions    Conditions `json:"conditions,omitempty"`
}

// Doubt is a question without an answer: about an entry that may hold, or with no entry about everything.
type Doubt struct {
	Construct string `json:"construct"`
	Line      int    `json:"line,omitempty"`
	Entry     *Entry `json:"entry,omitempty"`
}

// ranks order entries: whom a reviewer looks for first.
const (
	anyoneRank        = iota
	strangerRank      // another account
	namedStrangerRank // one of its identities
	ownRank
	delegatedRank
	rootRank
	namedRank
	serviceRank
)

// ranked is an entry before its environments are joined.
type ranked struct {
	Entry
	rank    int
	because []string
	when    policy.Guard
}

// AccessOf asks the engine who can do what with a key.
func AccessOf(k *cfn.Key) *Access {
	x := &accessReader{key: k, policy: k.Policy, engine: authz.New(k.Policy)}
	a := &Access{Schema: 1, Key: k.ID, Account: x.show(k.Policy.Own), When: x.environment(k.When, nil),
		Entries: []Entry{}, Undecided: []Doubt{}, Errors: []lint.Failure{}}
	if len(a.When) == 0 {
		a.When = nil
	}
	var all []ranked
	for _, row := range x.engine.Summary(0) {
		all = append(all, x.entry(row))
	}
	all = x.together(all)
	slices.SortStableFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), slices.Compare(a.Statements, b.Statements), cmp.Compare(a.Who, b.Who), cmp.Compare(a.Principal, b.Principal))
	})
	for _, u := range k.Policy.Unknown {
		a.doubt(Doubt{Construct: x.show(u.Construct), Line: x.line(u)})
	}
	for _, r := range all {
		r.Entry.When = x.environment(r.when, k.When)
		if len(r.because) == 0 {
			a.Entries = append(a.Entries, r.Entry)
			continue
		}
		d := Doubt{Construct: x.show(strings.Join(r.because, "; ")), Entry: &r.Entry}
		for _, u := range k.Policy.Unknown {
			if slices.Contains(r.because, u.Construct) {
				d.Line = x.line(u)
			}
		}
		a.doubt(d)
	}
	return a
}

func (a *Access) doubt(d Doubt) {
	same := func(o Doubt) bool {
		return o.Entry == nil && d.Entry == nil && o.Construct == d.Construct && o.Line == d.Line
	}
	if !slices.ContainsFunc(a.Undecided, same) {
		a.Undecided = append(a.Undecided, d)
	}
}

// AccessJSON writes the document. Actions are listed one by one.
func AccessJSON(w io.Writer, a *Access) error { return writeJSON(w, a) }

type accessReader struct {
	key    *cfn.Key
	policy *policy.Policy
	engine *authz.Engine
}

func (x *accessReader) show(s string) string { return x.policy.Symbols.Show(s) }

func (x *accessReader) shown(list []string) []string {
	var all []string
	for _, s := range list {
		all = append(all, x.show(s))
	}
	return all
}

// environment shows a guard, less what is known already.
func (x *accessReader) environment(g, known policy.Guard) map[string]string {
	m := map[string]string{}
	for name, value := range g {
		if known[name] != value || known == nil {
			m[x.show(name)] = x.show(value)
		}
	}
	return m
}

// line is where an unread part stands, 0 where that is not known.
func (x *accessReader) line(u policy.Unread) int {
	if u.Node == nil {
		return 0
	}
	span := u.Node.Span
	if x.key.Embedded != nil && u.Node != x.key.PolicyNode && u.Node != x.key.Node {
		span = x.key.Embedded.Span(span)
	}
	return x.key.File.Position(span.Start).Line
}

// entry puts a row of the engine in words.
func (x *accessReader) entry(row authz.Row) ranked {
	r := ranked{because: row.Because, when: row.When}
	r.Access = "direct"
	if row.Delegated {
		r.Access = "delegated"
	}
	r.Actions, r.Statements = row.Actions.Names(), row.Statements
	r.Who, r.Principal, r.rank = x.who(row)
	r.Conditions = Conditions{}
	for _, b := range row.Bounds {
		switch {
		case b.Operator == "NotPrincipal" && b.Deny < 0:
			r.Except = append(r.Except, Except{Statement: row.Statements[0], Principals: x.shown(b.Values)})
		case b.Deny < 0:
			x.condition(&r.Conditions, b)
		default:
			x.except(&r.Entry, b)
		}
	}
	return r
}

func (x *accessReader) condition(c *Conditions, b authz.Bound) {
	if *c == nil {
		*c = Conditions{}
	}
	operator, key := x.show(b.Operator), x.show(b.Key)
	if (*c)[operator] == nil {
		(*c)[operator] = map[string][]string{}
	}
	(*c)[operator][key] = append(filled((*c)[operator][key]), x.shown(b.Values)...)
}

// except adds a bound of a Deny to what is known of that Deny.
func (x *accessReader) except(e *Entry, b authz.Bound) {
	i := slices.IndexFunc(e.Except, func(o Except) bool { return o.Statement == b.Deny })
	if i < 0 {
		i = len(e.Except)
		e.Except = append(e.Except, Except{Statement: b.Deny})
	}
	switch b.Operator {
	case "Principal":
		e.Except[i].Principals = append(e.Except[i].Principals, x.shown(b.Values)...)
	case "NotPrincipal":
		e.Except[i].NotPrincipals = append(e.Except[i].NotPrincipals, x.shown(b.Values)...)
	default:
		x.condition(&e.Except[i].Conditions, b)
	}
}

// together merges what differs in its environment alone and together holds whatever one parameter or condition is, action by
// action.
func (x *accessReader) together(all []ranked) []ranked {
	var single []ranked
	for _, r := range all {
		if len(r.when) == 0 {
			single = append(single, r)
			continue
		}
		for _, name := range r.Actions {
			one := r
			one.Actions = []string{name}
			single = append(single, one)
		}
	}
	for again := true; again; {
		again = false
		for _, d := range x.policy.Dimensions {
			var changed bool
			single, changed = without(single, d)
			again = again || changed
		}
	}
	var out []ranked
	at := map[string]int{}
	for _, r := range single {
		same := r
		same.Actions = nil
		id := same.id(same.when)
		i, ok := at[id]
		if !ok {
			at[id] = len(out)
			out = append(out, r)
			continue
		}
		out[i].Actions = append(out[i].Actions[:len(out[i].Actions):len(out[i].Actions)], r.Actions...)
	}
	for i := range out {
		slices.Sort(out[i].Actions)
		out[i].Actions = slices.Compact(out[i].Actions)
	}
	return out
}

// without joins what holds for every value of a dimension.
func without(all []ranked, d policy.Dimension) (out []ranked, changed bool) {
	values := map[string]map[string]bool{}
	ids := make([]string, len(all))
	for i := range all {
		if value, ok := all[i].when[d.Name]; ok {
			rest := maps.Clone(all[i].when)
			delete(rest, d.Name)
			ids[i] = all[i].id(rest)
			if values[ids[i]] == nil {
				values[ids[i]] = map[string]bool{}
			}
			values[ids[i]][value] = true
		}
	}
	done := map[string]bool{}
	for i, r := range all {
		if ids[i] == "" || slices.ContainsFunc(d.Values, func(v string) bool { return !values[ids[i]][v] }) {
			out = append(out, r)
			continue
		}
		changed = true
		if !done[ids[i]] {
			done[ids[i]] = true
			r.when = maps.Clone(r.when)
			delete(r.when, d.Name)
			out = append(out, r)
		}
	}
	return out, changed
}

// id is a text that is equal for entries that say the same in the environments of a guard.
func (r *ranked) id(when policy.Guard) string {
	e := r.Entry
	e.When = when
	return fingerprintOf(e, r.because)
}

// declares tells whether the template has something of that name, such as a parameter.
func (x *accessReader) declares(part, name string) bool {
	if x.key.In == nil || x.key.In.Root == nil {
		return false
	}
	return x.key.In.Root.Resolved().Get(part).Get(name) != nil
}

// who names a row's principal for people, as the policy writes it, and says where it is listed.
func (x *accessReader) who(row authz.Row) (who, principal string, rank int) {
	switch row.Kind {
	case policy.Everyone, policy.AWSEveryone:
		who, rank = x.everyone(row)
		return who, "*", rank
	case policy.Service:
		return "service " + x.show(row.Who), x.show(row.Who), serviceRank
	case policy.UnreadPrincipal:
		return "someone hidden by " + x.show(row.Who), "", anyoneRank
	}
	if row.Delegated {
		rank = strangerRank
		if row.Who == x.policy.Own {
			rank = delegatedRank
		}
		return "IAM of account " + x.show(row.Who), "arn:" + x.policy.Partition + ":iam::" + x.show(row.Who) + ":root", rank
	}
	kind, account, name, session := policy.ParsePrincipal(row.Who)
	principal, rank = x.show(row.Who), namedRank
	switch kind {
	case policy.AccountRoot:
		if account != x.policy.Own {
			return "root user of account " + x.show(account), principal, namedStrangerRank
		}
		return "root user of account " + x.show(account), principal, rootRank
	case policy.RoleSession:
		who = "session " + x.show(session) + " of role " + x.show(name)
	case policy.FederatedUser:
		who = "federated user " + x.show(name)
	case policy.User:
		who = "user " + x.show(name)
	default:
		who = x.role(name)
	}
	if account != x.policy.Own {
		return who + " of account " + x.show(account), principal, namedStrangerRank
	}
	return who, principal, rank
}

// role names a role. Where its name is one symbol, that is what the template calls it: a parameter that holds the ARN or
// the name, or a role of the template.
func (x *accessReader) role(name string) string {
	shown := x.show(name)
	symbol, ok := strings.CutPrefix(shown, "${")
	if inner, closed := strings.CutSuffix(symbol, "}"); ok && closed && !strings.Contains(inner, "${") && policy.HasSymbol(name) {
		switch {
		case x.declares("Parameters", inner):
			return "named by parameter " + inner
		case x.declares("Resources", inner):
			return "role " + inner
		}
		return "named by " + inner
	}
	return "role " + shown
}

// everyone says how far a "*" reaches: its conditions may leave one account of all.
func (x *accessReader) everyone(row authz.Row) (who string, rank int) {
	may := func(q authz.Query) bool {
		q.Actions, q.When = row.Actions, row.When
		return slices.ContainsFunc(row.Statements, func(st int) bool {
			return x.engine.Find(q, x.engine.Direct(0).Of(st)).Verdict != authz.No
		})
	}
	if may(authz.Query{Callers: people, Where: authz.UnnamedAccounts}) {
		return "any account", anyoneRank
	}
	var accounts []string
	rank = ownRank
	for _, account := range append([]string{x.policy.Own}, x.policy.Accounts()...) {
		if may(authz.Query{Callers: people, Account: account}) {
			accounts = append(accounts, x.show(account))
			if account != x.policy.Own {
				rank = strangerRank
			}
		}
	}
	switch len(accounts) {
	case 0:
		return "any AWS service", serviceRank
	case 1:
		return "anyone in account " + accounts[0], rank
	}
	return "anyone in accounts " + strings.Join(accounts, ", "), rank
}
