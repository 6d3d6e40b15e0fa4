package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// who is one way in which a caller of the case matches a Principal element.
type who struct {
	literals []literal
	unknown  []doubt
}

// What semantics.md §5.2 and §9 leave open about principals.
const (
	starAndServices = `whether "*" matches AWS services (UNVERIFIED)`
	notPrincipal    = "whom NotPrincipal exempts where the account is listed (UNVERIFIED)"
)

// principals returns the ways in which callers of the case match the statement, as the part asks: direct by identity,
// delegated by account, denied by either (semantics.md §5.2).
func (e *Engine) principals(p *policy.Policy, st *policy.Statement, want part, s situation) []who {
	if st.NotPrincipal {
		return e.notPrincipals(st, want, s)
	}
	var all []who
	var names []glob.Pattern // of ARNs, or of services
	for _, q := range st.Principals {
		switch m := e.matches(q, s); m.kind {
		case byUnknown:
			all = append(all, who{unknown: []doubt{doubtAt(m.why, q.Node)}})
		case byAccount:
			if want != direct || s.caller == kms.RootUser {
				if want != delegated || s.caller != kms.RootUser {
					all = append(all, who{})
				}
			}
		case byEveryone:
			if s.caller == kms.ServiceCaller && (st.Effect == policy.Allow || q.Kind == policy.AWSEveryone) {
				if want != delegated {
					all = append(all, who{unknown: []doubt{doubted(starAndServices)}})
				}
			} else if want != delegated {
				all = append(all, who{})
			}
		case byName:
			names = append(names, m.patterns...)
		case bySession:
			if want != delegated {
				arn := e.tests.literal(test{key: arnKey, values: patterns(m.patterns)})
				session := e.tests.literal(test{key: sessionKey, values: patterns([]glob.Pattern{glob.Literal(q.Session)})})
				all = append(all, who{literals: []literal{arn, session}})
			}
		}
	}
	if len(names) > 0 && want != delegated {
		all = append(all, who{literals: []literal{e.tests.literal(test{key: e.nameKey(s), values: patterns(names)})}})
	}
	return all
}

func (e *Engine) nameKey(s situation) string {
	if s.caller == kms.ServiceCaller {
		return serviceKey
	}
	return arnKey
}

func patterns(ps []glob.Pattern) values {
	v := values{}
	for _, p := range ps {
		v.atoms = append(v.atoms, atom{glob: p})
	}
	return v
}

// match is how one principal meets the callers of a case.
type match struct {
	kind     matchKind
	patterns []glob.Pattern
	why      string
}

type matchKind uint8

const (
	byNothing matchKind = iota
	byUnknown
	byAccount
	byEveryone
	byName
	bySession
)

func (e *Engine) matches(q policy.Principal, s situation) match {
	service := s.caller == kms.ServiceCaller
	switch q.Kind {
	case policy.UnreadPrincipal:
		return match{kind: byUnknown, why: q.Unknown}
	case policy.Everyone, policy.AWSEveryone:
		return match{kind: byEveryone}
	case policy.Service:
		if service {
			return match{kind: byName, patterns: []glob.Pattern{glob.Literal(q.Name)}}
		}
	case policy.AccountRoot:
		if !service && q.Account == s.account && strings.HasPrefix(q.Text, "arn:"+e.partition+":") {
			return match{kind: byAccount}
		}
	case policy.User:
		if s.caller == kms.IAMUser && q.Account == s.account {
			return match{kind: byName, patterns: []glob.Pattern{glob.Literal(q.Text)}}
		}
	case policy.Role:
		if s.caller == kms.RoleCaller && q.Account == s.account {
			return match{kind: byName, patterns: []glob.Pattern{glob.Literal(q.Text)}}
		}
	case policy.FederatedUser:
		if s.caller == kms.Federated && q.Account == s.account {
			return match{kind: byName, patterns: []glob.Pattern{glob.Literal(q.Text)}}
		}
	case policy.RoleSession:
		if s.caller == kms.RoleCaller && q.Account == s.account {
			return match{kind: bySession, patterns: e.rolesNamed(q.Name, s)}
		}
	}
	return match{}
}

// rolesNamed returns the ARNs of the roles with the name, whatever their path: a session's ARN has none.
func (e *Engine) rolesNamed(name string, s situation) []glob.Pattern {
	prefix := glob.Literal("arn:" + e.partition + ":iam::" + s.account + ":role/")
	return []glob.Pattern{
		glob.Concat(prefix, glob.Literal(name)),
		glob.Concat(prefix, glob.Wildcard("*"), glob.Literal("/"+name)),
	}
}

// notPrincipals compiles NotPrincipal (semantics.md §1.4). Allow reaches everyone that is not listed. Deny surely hits a
// caller of whom nothing is listed; where its account, or its role without account and session, is listed, whether it is hit is not known.
func (e *Engine) notPrincipals(st *policy.Statement, want part, s situation) []who {
	if want == delegated {
		return nil
	}
	var listed []glob.Pattern
	account, session := false, false
	for _, q := range st.Principals {
		switch m := e.matches(q, s); m.kind {
		case byUnknown:
			return []who{{unknown: []doubt{doubtAt(m.why, q.Node)}}}
		case byEveryone:
			return nil
		case byAccount:
			if s.caller == kms.RootUser {
				return nil
			}
			account = true
		case byName, bySession:
			listed = append(listed, m.patterns...)
			session = session || m.kind == bySession
		}
	}
	if s.caller == kms.ServiceCaller && st.Effect == policy.Allow {
		return []who{{unknown: []doubt{doubted(starAndServices)}}}
	}
	if account {
		return []who{{unknown: []doubt{doubtAt(notPrincipal, st.PrincipalNode)}}}
	}
	outside := who{}
	if len(listed) > 0 {
		outside.literals = []literal{-e.tests.literal(test{key: e.nameKey(s), values: patterns(listed)})}
	}
	if len(listed) == 0 || st.Effect == policy.Allow && !session || s.caller == kms.ServiceCaller {
		return []who{outside}
	}
	return []who{outside, {unknown: []doubt{doubtAt(notPrincipal, st.PrincipalNode)}}}
}
