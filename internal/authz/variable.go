package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// expansion is a value after its variables were worked out for a case (semantics.md §4.4).
type expansion struct {
	pieces []glob.Pattern // the value as a pattern
	text   string         // the value as text
	plain  bool           // no * or ? of the text was escaped
	null   bool           // a variable has no value and no default: the operand matches nothing
	why    string         // a variable cannot be worked out
}

// expand works ${…} out: escapes, and variables whose value follows from the case. A variable over any other key ties
// two keys together, which is not decided.
func (e *Engine) expand(value string, s *situation) expansion {
	x := expansion{plain: true}
	for value != "" {
		before, rest, found := strings.Cut(value, "${")
		x.pieces = append(x.pieces, glob.Wildcard(before))
		x.text += before
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		name, fallback, hasDefault := strings.Cut(name, ", '")
		if hasDefault { // a default may hold a brace
			fallback, after, closed = strings.Cut(rest[len(name)+len(", '"):], "'}")
		}
		value = after
		switch {
		case !closed || name == "" || strings.ContainsAny(name, "{,' ") || strings.Contains(fallback, "'"):
			x.why = "a malformed policy variable"
			return x
		case !hasDefault && (name == "*" || name == "?" || name == "$"):
			x.pieces = append(x.pieces, glob.Literal(name))
			x.plain = x.plain && name == "$"
			x.text += name
			continue
		}
		known, ok := e.variable(strings.ToLower(name), s)
		switch {
		case !ok:
			x.why = "the policy variable ${" + name + "}"
			return x
		case known == "" && !hasDefault:
			x.null = true
		case known == "":
			known = fallback
		}
		if strings.ContainsAny(known, "*?:") {
			x.why = "wildcards and colons in the default of a policy variable (UNVERIFIED)"
			return x
		}
		x.pieces = append(x.pieces, glob.Literal(known))
		x.text += known
	}
	return x
}

// variable returns the value of a key in a case, "" where no request carries it; ok is false where it may be anything.
func (e *Engine) variable(name string, s *situation) (value string, ok bool) {
	if value, ok = s.fixed[name]; ok {
		return value, true
	}
	k := e.tests.key(canonical(name))
	return "", s.carriage(k).may == 0 && !k.info.Multi
}

// ownAccount rewrites the idiom "arn:aws:iam::${aws:PrincipalAccount}:role/…" on aws:PrincipalArn for callers of whom only
// the ARN tells the account: there it says nothing, as the account in the ARN is the caller's.
func ownAccount(op policy.Base, value string, s *situation) string {
	if s.account != "" || s.caller == kms.ServiceCaller || op != policy.ArnEquals && op != policy.ArnLike {
		return value
	}
	parts := strings.SplitN(value, ":", 5)
	if len(parts) != 5 {
		return value
	}
	name, rest, ok := strings.Cut(parts[4], "}:")
	if lower := strings.ToLower(name); ok && (lower == "${aws:principalaccount" || lower == "${kms:calleraccount") {
		parts[4] = "*:" + rest
	}
	return strings.Join(parts, ":")
}
