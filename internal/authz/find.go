package authz

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// Verdict is an answer. The zero Verdict is Undecided.
type Verdict uint8

// The three answers.
const (
	Undecided Verdict = iota
	No                // proved
	Yes               // with a request
)

// Answer is what the engine says to a question.
type Answer struct {
	Verdict   Verdict
	Request   policy.Request // of Yes
	Statement int            // of Yes: the first statement as written that the request meets, -1 where it is not known
	Delegated bool           // of Yes: the access is delegated
	// Because says what stopped an Undecided: constructs of the template, undocumented facts, budgets.
	Because []string
}

// Where is a set of accounts: of callers, and of the resources that services act for.
type Where uint8

// Accounts, as seen from the policies that the engine has.
const (
	OwnAccount Where = 1 << iota
	NamedAccounts
	UnnamedAccounts
)

// Query narrows a question to some requests. The zero Query is every request.
type Query struct {
	Callers   []kms.Caller       // nil for all
	Where     Where              // 0 for all
	Account   string             // one account, "" for all
	Actions   kms.ActionSet      // 0 for all
	Principal string             // the ARN of one user, role, role session, federated user or root user, or a service's name
	Except    []string           // ARNs of users, roles and federated users that do not call
	Having    []policy.Condition // that the request meets
	When      policy.Guard       // environments
	Via       Via
}

// Via says how a call reaches KMS.
type Via uint8

// The ways.
const (
	AnyWay Via = iota
	Directly
	ThroughService // a forward access session
)

// Identities are the callers that IAM policies can be attached to (DESIGN section 1).
var Identities = []kms.Caller{kms.IAMUser, kms.RoleCaller, kms.Federated}

// Find looks for a request of the query in the set. Typical cost is microseconds; the budgets above bound it.
func (e *Engine) Find(q Query, s Set) Answer {
	e.refill()
	unread := false
	favour := e.ask(q, s, true, &unread)
	switch {
	case favour.Verdict == No && len(e.coarse) > 0:
		return Answer{Because: e.coarse}
	case favour.Verdict == No || favour.Verdict == Yes && !unread:
		return favour
	}
	e.refill()
	if against := e.ask(q, s, false, &unread); against.Verdict == Yes {
		return against
	}
	return Answer{Because: favour.Because}
}

// ask runs over cases and terms with unknown literals read in favour of a request, or against it. unread is set where one was met.
func (e *Engine) ask(q Query, s Set, favour bool, unread *bool) Answer {
	var stopped []string
	for c := range e.cases {
		st, ok, why := e.start(q, c)
		if why != "" {
			stopped = append(stopped, why)
		}
		if !ok {
			continue
		}
		for _, t := range s.terms {
			a := e.askTerm(st, t, favour, unread)
			switch a.Verdict {
			case Yes:
				if len(a.Because) > 0 {
					*unread = true
				}
				return a
			case Undecided:
				stopped = append(stopped, a.Because...)
			}
		}
	}
	if len(stopped) > 0 {
		slices.Sort(stopped)
		return Answer{Because: slices.Compact(stopped)}
	}
	return Answer{Verdict: No}
}

// start returns the requests of the query in one case.
func (e *Engine) start(q Query, c int) (st state, ok bool, why string) {
	s := e.cases[c]
	switch {
	case q.Callers != nil && !slices.Contains(q.Callers, s.caller),
		q.Where != 0 && q.Where&s.where() == 0,
		q.Account != "" && q.Account != s.account,
		q.Via == Directly && s.via, q.Via == ThroughService && !s.via:
		return st, false, ""
	}
	st, ok = e.base(c), true
	if q.Actions != 0 {
		st, ok = e.withActions(st, q.Actions)
	}
	for name, value := range q.When {
		if ok {
			st, ok = e.withValue(st, name, value, true)
		}
	}
	if q.Principal != "" && ok {
		st, ok = e.only(st, q.Principal)
	}
	if len(q.Except) > 0 && ok && s.caller != kms.ServiceCaller {
		st, ok = e.with(st, -e.tests.literal(test{key: arnKey, values: patterns(literals(q.Except))}))
	}
	for _, having := range q.Having {
		if !ok {
			break
		}
		switch v := e.condition(e.policies[0], having, s); {
		case v.unknown != "":
			return st, false, v.unknown
		case v.literal != 0:
			st, ok = e.with(st, v.literal)
		default:
			ok = v.constant
		}
	}
	return st, ok, ""
}

func (s situation) where() Where {
	switch {
	case s.own:
		return OwnAccount
	case s.named:
		return NamedAccounts
	}
	return UnnamedAccounts
}

// askTerm looks for a point of one term.
func (e *Engine) askTerm(st state, t term, favour bool, unread *bool) Answer {
	out := e.impossible()
	var against []string // doubts about what takes the access away
	for _, src := range t.out {
		for _, b := range e.from(src, st.c) {
			if len(b.unknown) > 0 {
				*unread = true
				if favour {
					b = e.assumed(b)
				}
				for _, d := range b.unknown {
					against = appendNew(against, d.why)
				}
			}
			out = append(out, b)
		}
	}
	var stopped []string
	var try func(st state, in []source, chosen []box) (Answer, bool)
	try = func(st state, in []source, chosen []box) (Answer, bool) {
		if len(in) == 0 {
			a := e.point(st, out, chosen)
			if a.Verdict == Undecided {
				stopped = append(stopped, a.Because...)
			}
			return a, a.Verdict == Yes
		}
		for _, b := range e.from(in[0], st.c) {
			if len(b.unknown) > 0 {
				if !favour {
					continue
				}
				b = e.assumed(b)
			}
			if narrowed, ok := e.within(st, b); ok {
				if a, found := try(narrowed, in[1:], append(chosen, b)); found {
					a.Delegated = a.Delegated || in[0].part == delegated
					return a, true
				}
			}
		}
		return Answer{}, false
	}
	if a, found := try(st, t.in, nil); found {
		a.Because = append(a.Because, against...)
		return a
	}
	if len(stopped) > 0 {
		return Answer{Because: stopped}
	}
	return Answer{Verdict: No}
}

// point looks for a request of the state outside the boxes.
func (e *Engine) point(st state, out, chosen []box) Answer {
	found, ok, over := e.avoid(st, out)
	switch {
	case over:
		return Answer{Because: []string{fmt.Sprintf("the budget of %d steps", maxVisits)}}
	case !ok:
		return Answer{Verdict: No}
	}
	r, why := e.request(found)
	if why != "" {
		return Answer{Because: []string{why}}
	}
	a := Answer{Verdict: Yes, Request: r, Statement: -1}
	for i, b := range chosen {
		if i == 0 {
			a.Statement = b.statement
		}
		for _, d := range b.unknown {
			a.Because = append(a.Because, d.why)
		}
	}
	return a
}

// from returns the boxes of a source in a case.
func (e *Engine) from(src source, c int) []box {
	bs := e.boxes(src.policy, src.part, c)
	if src.statement < 0 {
		return bs
	}
	var some []box
	for _, b := range bs {
		if b.statement == src.statement {
			some = append(some, b)
		}
	}
	return some
}

// In finds in which environments the set holds a request of the query, given one where it does: in all of them, or not.
// Over 256 environments are not tried, and the answer is then that it depends.
func (e *Engine) Always(q Query, s Set) bool {
	envs := []policy.Guard{{}}
	seen := map[string]bool{}
	for _, p := range e.policies {
		for _, d := range p.Dimensions {
			if seen[d.Name] {
				continue
			}
			seen[d.Name] = true
			if len(envs)*len(d.Values) > 256 {
				return false
			}
			var more []policy.Guard
			for _, g := range envs {
				for _, v := range d.Values {
					if both, ok := g.And(policy.Guard{d.Name: v}); ok {
						more = append(more, both)
					}
				}
			}
			envs = more
		}
	}
	for _, env := range envs {
		narrow, ok := q.When.And(env)
		if !ok || e.never(env) {
			continue
		}
		at := q
		at.When = narrow
		if e.Find(at, s).Verdict != Yes {
			return false
		}
	}
	return true
}

// never tells whether an environment is one that no deployment has.
func (e *Engine) never(env policy.Guard) bool {
	for _, b := range e.impossible() {
		all := true
		for k, v := range b.when {
			all = all && env[k] == v
		}
		if all {
			return true
		}
	}
	return false
}
