package authz

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

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
	Except    []string           // ARNs of users, roles and federated users that do not call, nor do sessions of theirs
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

// question is a query with what is the same in every case worked out.
type question struct {
	Query
	principal caller
	when      []literal // environments
	except    literal   // of callers that are no services; 0 for none
	made      []literal // of federated users: that none of Except made them
	having    map[*policy.Condition]compiled
}

// caller is [Query.Principal] taken apart.
type caller struct {
	kind                   kms.Caller
	account, name, session string
	itself                 literal // the test for the whole ARN or name
}

// kinds are the callers that an ARN can be of.
var kinds = map[policy.PrincipalKind]kms.Caller{
	policy.AccountRoot: kms.RootUser, policy.User: kms.IAMUser, policy.Role: kms.RoleCaller,
	policy.RoleSession: kms.RoleCaller, policy.FederatedUser: kms.Federated,
}

// question prepares a query.
func (e *Engine) question(q Query) *question {
	x := &question{Query: q, having: map[*policy.Condition]compiled{}}
	for name, value := range q.When {
		x.when = append(x.when, e.tests.is(environment+name, value))
	}
	slices.Sort(x.when)
	if len(q.Except) > 0 {
		x.except = -e.tests.is(arnKey, q.Except...)
		for _, arn := range q.Except {
			x.made = append(x.made, -e.madeBy(arn))
		}
	}
	if q.Principal != "" {
		x.principal = e.caller(q.Principal)
	}
	e.given = x.made
	fresh := false
	for _, c := range q.Having {
		fresh = e.mention(c.Key) || fresh
	}
	if fresh {
		e.retie()
	}
	return x
}

func (e *Engine) caller(principal string) caller {
	kind, account, name, session := policy.ParsePrincipal(principal)
	if kind == policy.InvalidARN {
		return caller{kind: kms.ServiceCaller, itself: e.tests.is(serviceKey, principal)}
	}
	return caller{kinds[kind], account, name, session, e.tests.is(arnKey, principal)}
}

// start returns the requests of the question in one case. why is set where a condition of the query cannot be worked out.
func (e *Engine) start(q *question, s *situation) (st state, ok bool, why string) {
	switch {
	case q.Callers != nil && !slices.Contains(q.Callers, s.caller),
		q.Where != 0 && q.Where&s.where() == 0,
		q.Account != "" && !e.has(s, q.Account),
		q.Principal != "" && (q.principal.kind != s.caller || s.caller != kms.ServiceCaller && !e.has(s, q.principal.account)),
		q.Via == Directly && s.via, q.Via == ThroughService && !s.via:
		return st, false, ""
	}
	st = e.base(s)
	if q.Actions != 0 {
		if st.actions &= q.Actions; st.actions == 0 {
			return st, false, ""
		}
	}
	ls := slices.Clip(q.when)
	if q.Account != "" && s.account == "" {
		ls = append(ls, e.account(q.Account, s)...)
	}
	if q.Principal != "" {
		ls = append(ls, e.only(q.principal, s)...)
	}
	if q.except != 0 && s.caller != kms.ServiceCaller {
		ls = append(ls, q.except)
	}
	if s.caller == kms.Federated {
		ls = append(ls, q.made...)
	}
	for _, l := range ls {
		if st, ok = e.with(st, l); !ok {
			return st, false, ""
		}
	}
	for i := range q.Having {
		switch v := e.condition(&q.Having[i], true, s, q.having); {
		case v.doubt != 0:
			return st, false, e.tests.keyOf(v.doubt).why
		case v.literal != 0:
			if st, ok = e.with(st, v.literal); !ok {
				return st, false, ""
			}
		case !v.constant:
			return st, false, ""
		}
	}
	return st, true, ""
}

// has tells whether the case is about the account, perhaps beside others.
func (e *Engine) has(s *situation, account string) bool {
	return s.account == account || s.account == "" && !e.named[account]
}

// account narrows the case of unnamed accounts to one.
func (e *Engine) account(id string, s *situation) []literal {
	if s.caller != kms.ServiceCaller {
		return []literal{e.tests.literal(test{key: arnKey, values: patterns(e.accountARN(s, glob.Literal(id)))})}
	}
	return []literal{
		e.tests.literal(test{key: "aws:sourceaccount", absent: true, values: oneOf([]string{id})}),
		e.tests.literal(test{key: "aws:sourcearn", absent: true, values: patterns(e.sources(glob.Literal(id)), e.sources(glob.Literal("")))}),
	}
}

// only narrows a case to one caller.
func (e *Engine) only(c caller, s *situation) []literal {
	if c.session == "" {
		return []literal{c.itself}
	}
	return e.sessionOf(c.name, c.session, &situation{caller: s.caller, account: c.account})
}

// serviceName tells whether the text has the form of a service's name.
func serviceName(text string) bool {
	return strings.Contains(text, ".") && !strings.ContainsAny(text, ":/ \t\n*")
}
