package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
)

// partOfARN tells whether a key's value is a part of the caller's ARN in this case, and returns how a test on it
// becomes a test on the ARN: aws:username is the user's name without its path; where the case does not fix the
// account, aws:PrincipalAccount, kms:CallerAccount and the root user's aws:userid are the ARN's account; a federated
// user's aws:userid is its account and name (semantics.md §3.3).
func (e *Engine) partOfARN(key string, s *situation) (func(test) (test, bool), bool) {
	switch key {
	case "aws:username":
		if s.caller != kms.IAMUser {
			return nil, false
		}
		user := glob.Concat(glob.Literal(e.prefix(s)), s.accountPattern(), glob.Literal(":user/"))
		return onARN('/', "", user, glob.Concat(user, glob.Wildcard("*"), glob.Literal("/"))), true
	case "aws:principalaccount", "kms:calleraccount":
		return onARN(':', ":*", glob.Literal(e.prefix(s))), s.account == ""
	case useridKey:
		switch s.caller {
		case kms.RootUser:
			return onARN(':', ":root", glob.Literal(e.prefix(s))), true
		case kms.Federated:
			return e.federatedID(glob.Literal(e.prefix(s))), true
		}
	}
	return nil, false
}

// onARN puts what the test asks of a value behind each of the beginnings of an ARN and before its end. The value holds no separator.
func onARN(separator rune, end string, before ...glob.Pattern) func(test) (test, bool) {
	return func(t test) (test, bool) {
		on := test{key: arnKey, absent: t.absent, values: values{except: t.values.except}}
		for _, a := range t.values.atoms {
			if a.kind != text {
				return on, false
			}
			part, ok := a.glob.Except(separator)
			if !ok {
				continue
			}
			for _, b := range before {
				on.values.atoms = append(on.values.atoms, atom{glob: glob.Concat(b, part, glob.Wildcard(end))})
			}
		}
		return on, true
	}
}

// federatedID takes whole values of aws:userid, and the pattern that matches all.
func (e *Engine) federatedID(start glob.Pattern) func(test) (test, bool) {
	return func(t test) (test, bool) {
		on := test{key: arnKey, absent: t.absent, values: values{except: t.values.except}}
		for _, a := range t.values.atoms {
			value, literal := "", false
			if a.kind == text {
				value, literal = a.glob.IsLiteral()
			}
			switch account, name, ok := strings.Cut(value, ":"); {
			case a.kind == text && a.glob.MatchesAll():
				on.values.atoms = append(on.values.atoms, atom{glob: glob.Wildcard("*")})
			case !literal:
				return on, false
			case ok:
				on.values.atoms = append(on.values.atoms, atom{glob: glob.Concat(start, glob.Literal(account+":federated-user/"+name))})
			}
		}
		return on, true
	}
}
