package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// callers are some callers of a case: those that meet the tests, if the facts of the doubts hold.
type callers struct{ literals, doubts []literal }

// What semantics.md §5.2 and §9 leave open about principals.
const (
	starAndServices = `whether "*" matches AWS services (UNVERIFIED)`
	notPrincipal    = "whom NotPrincipal exempts where it does not list account, identity and session all (UNVERIFIED)"
	boundary        = "whether a caller that NotPrincipal exempts has a permissions boundary"
	madeBy          = "whether a federated user was made by the user that is named, and within its limits"
)

// principals returns the callers of the case that the statement is about, as the part asks: direct by identity,
// delegated by account, denied by either (semantics.md §5.2).
func (e *Engine) principals(st *policy.Statement, want part, s *situation) []callers {
	if st.NotPrincipal {
		return e.notPrincipals(st, want, s)
	}
	var all []callers
	var names []string // ARNs, or services
	for _, q := range st.Principals {
		m := e.matches(q, s)
		switch {
		case m.kind == byNothing:
		case m.kind == byUnknown:
			all = append(all, callers{doubts: []literal{m.doubt}})
		case m.kind == byAccount:
			byIdentity := s.caller == kms.RootUser
			if want == denied || (want == direct) == byIdentity {
				all = append(all, callers{})
			}
		case want == delegated:
		case m.kind == byEveryone:
			c := callers{}
			if s.caller == kms.ServiceCaller && (st.Effect == policy.Allow || q.Kind == policy.AWSEveryone) {
				c.doubts = []literal{e.starMeetsServices(q.Kind, st.Effect)}
			}
			all = append(all, c)
		case m.kind == byName:
			names = append(names, m.name)
		case m.kind == bySession:
			all = append(all, callers{literals: m.session})
		case m.kind == byMaker:
			all = append(all, callers{doubts: []literal{m.doubt}})
		}
	}
	if len(names) > 0 {
		all = append(all, callers{literals: []literal{e.tests.is(nameKey(s), names...)}})
	}
	return all
}

func (e *Engine) starMeetsServices(k policy.PrincipalKind, effect policy.Effect) literal {
	return e.tests.doubt(string(k)+" "+string(effect), starAndServices)
}

// nameKey is the dimension that tells who calls.
func nameKey(s *situation) string {
	if s.caller == kms.ServiceCaller {
		return serviceKey
	}
	return arnKey
}

// match is how one principal meets the callers of a case.
type match struct {
	kind    matchKind
	name    string    // of byName
	session []literal // of bySession
	doubt   literal   // of byUnknown and byMaker
}

type matchKind uint8

const (
	byNothing matchKind = iota
	byUnknown
	byAccount
	byEveryone
	byName
	bySession
	byMaker // a federated user, by the user that made it
)

func (e *Engine) matches(q policy.Principal, s *situation) match {
	switch q.Kind {
	case policy.UnreadPrincipal:
		return match{kind: byUnknown, doubt: e.tests.doubt("principal "+nodeText(q.Node), q.Unknown)}
	case policy.Everyone, policy.AWSEveryone:
		return match{kind: byEveryone}
	case policy.Service:
		if s.caller == kms.ServiceCaller {
			return match{kind: byName, name: q.Name}
		}
		return match{}
	}
	if s.caller == kms.ServiceCaller || s.account == "" || q.Account != s.account || !strings.HasPrefix(q.Text, "arn:"+e.partition+":") {
		return match{}
	}
	switch {
	case q.Kind == policy.AccountRoot:
		return match{kind: byAccount}
	case q.Kind == policy.User && s.caller == kms.IAMUser, q.Kind == policy.Role && s.caller == kms.RoleCaller,
		q.Kind == policy.FederatedUser && s.caller == kms.Federated:
		return match{kind: byName, name: q.Text}
	case q.Kind == policy.User && s.caller == kms.Federated:
		return match{kind: byMaker, doubt: e.madeBy(q.Text)}
	case q.Kind == policy.RoleSession && s.caller == kms.RoleCaller:
		return match{kind: bySession, session: e.sessionOf(q.Name, q.Session, s)}
	}
	return match{}
}

// madeBy is that the calling federated user is a user's, which no request tells.
func (e *Engine) madeBy(user string) literal { return e.tests.doubt("made by "+user, madeBy) }

// sessionOf is the session of a role, whatever the role's path: a session's ARN has none (semantics.md §1.3).
func (e *Engine) sessionOf(role, session string, s *situation) []literal {
	start := glob.Concat(glob.Literal(e.prefix(s)), s.accountPattern(), glob.Literal(":role/"))
	return []literal{
		e.tests.literal(test{key: arnKey, values: patterns(glob.Concat(start, glob.Literal(role)), glob.Concat(start, glob.Wildcard("*"), glob.Literal("/"+role)))}),
		e.tests.literal(test{key: useridKey, values: patterns(sessionID(glob.Literal(session)))}),
	}
}
