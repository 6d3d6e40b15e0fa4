package authz

import (
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// listed is what a NotPrincipal element lists of the callers of a case.
type listed struct {
	account  bool
	names    []string
	sessions [][]literal
	// unless are facts under which it lists everyone.
	unless []literal
}

// notPrincipals compiles NotPrincipal (semantics.md §1.4): everyone that is not listed, surely. A caller of whom only
// some of account, identity and session is listed may be exempt or not. A Deny always hits a caller with a permissions
// boundary, so of users, roles and federated users none is exempt for sure.
func (e *Engine) notPrincipals(st *policy.Statement, want part, s *situation) []callers {
	if want == delegated {
		return nil
	}
	var l listed
	for _, q := range st.Principals {
		switch m := e.matches(q, s); m.kind {
		case byUnknown, byMaker:
			l.unless = append(l.unless, -m.doubt)
		case byEveryone:
			switch {
			case s.caller == kms.ServiceCaller && q.Kind == policy.AWSEveryone:
				l.unless = append(l.unless, -e.starMeetsServices(q.Kind, policy.Deny))
			case st.Effect == policy.Deny && s.caller != kms.ServiceCaller && s.caller != kms.RootUser:
				return []callers{{doubts: []literal{e.tests.doubt(boundary, boundary)}}}
			default:
				return nil
			}
		case byAccount:
			l.account = true
		case byName:
			l.names = append(l.names, m.name)
		case bySession:
			l.sessions = append(l.sessions, m.session)
		}
	}
	if l.account && s.caller == kms.RootUser {
		return nil
	}
	return e.notListed(l, st, s)
}

// maxSessions bounds the role sessions in NotPrincipal: to be outside of each has two ways. Over it, all callers are in doubt.
const maxSessions = 6

func (e *Engine) notListed(l listed, st *policy.Statement, s *situation) []callers {
	var outside []literal // not by name
	if len(l.names) > 0 {
		outside = []literal{-e.tests.is(nameKey(s), l.names...)}
	}
	if s.caller == kms.ServiceCaller {
		c := callers{literals: outside, doubts: l.unless}
		if st.Effect == policy.Allow {
			c.doubts = append(c.doubts, e.starMeetsServices(policy.Everyone, policy.Allow))
		}
		return []callers{c}
	}
	half := []literal{e.tests.doubt("exempt "+principalTexts(st), notPrincipal)}
	switch {
	case !l.account && len(l.sessions) <= maxSessions:
		all := outsideSessions(callers{outside, l.unless}, l.sessions)
		if len(l.names) > 0 {
			all = append(all, callers{[]literal{-outside[0]}, half})
		}
		for _, session := range l.sessions {
			all = append(all, callers{session, half})
		}
		return all
	case st.Effect == policy.Allow && s.caller != kms.RoleCaller:
		return []callers{{outside, half}} // who is listed with its account is exempt
	}
	return []callers{{doubts: half}}
}

// outsideSessions narrows callers to those that are none of the role sessions.
func outsideSessions(c callers, sessions [][]literal) []callers {
	all := []callers{c}
	for _, session := range sessions {
		var next []callers
		for _, c := range all {
			for _, l := range session {
				next = append(next, callers{append(c.literals[:len(c.literals):len(c.literals)], -l), c.doubts})
			}
		}
		all = next
	}
	return all
}

func principalTexts(st *policy.Statement) string {
	s := string(st.Effect)
	for _, q := range st.Principals {
		s += " " + q.Text
	}
	return s
}
