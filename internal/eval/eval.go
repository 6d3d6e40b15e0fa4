// Package eval decides one concrete request against a key policy and, where they are given, identity policies.
//
// It is the textbook evaluator, written from semantics.md alone and as plainly as that allows. Package authz decides
// whole sets of requests by other means; eval is the second opinion on every witness it finds, so the two share
// nothing but the parsed statement and the tables of facts. Whatever nobody has verified is a [Maybe] here, never a guess.
package eval

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// Result is what a key policy says about a request.
type Result struct {
	// Direct and Delegated: an Allow statement matches the caller by identity, or by account, and no Deny matches
	// (D and L of DESIGN section 3). What the account principal gives the root user is direct. A caller of another
	// account needs an identity policy in both cases.
	Direct, Delegated Truth
	// Denied: a Deny statement matches.
	Denied Truth
	// Indexes (as written) of the statements that match for sure or maybe, sorted: Allow by identity, Allow by account, Deny.
	Allowing, Delegating, Denying []int
	// Because says what the Maybes among Direct, Delegated and Denied rest on, sorted.
	Because []string
}

// KeyPolicy evaluates the request against the key policy alone. Context keys that the request does not carry are
// absent, those of [DerivedKeys] too: [Complete] fills them in.
func KeyPolicy(p *policy.Policy, r policy.Request) Result {
	o := evaluate(p, r)
	direct, delegated := o.direct.and(o.denied.not()), o.delegated.and(o.denied.not())
	res := Result{
		Direct: direct.truth, Delegated: delegated.truth, Denied: o.denied.truth,
		Allowing: o.allowing.atLeast(Maybe), Delegating: o.delegating.atLeast(Maybe), Denying: o.denying.atLeast(Maybe),
	}
	for _, v := range []verdict{direct, delegated, o.denied} {
		if v.truth == Maybe {
			res.Because = append(res.Because, v.why...)
		}
	}
	slices.Sort(res.Because)
	res.Because = slices.Compact(res.Because)
	return res
}

// outcome is a key policy's answer before Deny is set against Allow.
type outcome struct {
	direct, delegated, denied     verdict
	allowing, delegating, denying statements
}

// statements maps the index of a statement to how surely it matches.
type statements map[int]Truth

func (s statements) add(index int, t Truth) {
	if t != No {
		s[index] = max(s[index], t)
	}
}

func (s statements) atLeast(t Truth) []int {
	var list []int
	for index, has := range s {
		if has >= t {
			list = append(list, index)
		}
	}
	slices.Sort(list)
	return list
}

// evaluate is semantics.md §5.1, steps 1 and 4 to 6, without identity policies.
func evaluate(p *policy.Policy, r policy.Request) outcome {
	a := newAsk(p, r)
	o := outcome{allowing: statements{}, delegating: statements{}, denying: statements{}}
	if takesNoKey(r.Action) {
		return o
	}
	works := a.allowWorks()
	for _, s := range p.Statements {
		if s == nil || s.Inert != "" {
			continue
		}
		rest := func() verdict { return a.rest(s) }
		switch s.Effect {
		case policy.Deny:
			denied := whole(a.denyPrincipal(s), rest)
			o.denied = o.denied.or(denied)
			o.denying.add(s.Index, denied.truth)
		case policy.Allow:
			identity, account := a.allowPrincipal(s)
			direct, delegated := whole(identity.and(works), rest), whole(account.and(works), rest)
			o.direct, o.delegated = o.direct.or(direct), o.delegated.or(delegated)
			o.allowing.add(s.Index, direct.truth)
			o.delegating.add(s.Index, delegated.truth)
		}
	}
	for _, u := range p.Unknown {
		unread := a.guard(u.When).and(maybe("a part of the policy could not be read: " + u.Construct))
		o.denied = o.denied.or(unread)
		// What was not read may grant, or may not be there as it was read: never a sure Yes, never a sure No.
		o.direct = blur(o.direct, unread.and(works))
		if a.caller.kind != rootUser && a.caller.kind != service {
			o.delegated = blur(o.delegated, unread.and(works))
		}
	}
	return o
}

// whole spares the rest of the statement where the principal is out already.
func whole(principal verdict, rest func() verdict) verdict {
	if principal.truth == No {
		return no
	}
	return principal.and(rest())
}

// blur makes v a Maybe where the doubt is one.
func blur(v, doubt verdict) verdict {
	if doubt.truth != Maybe {
		return v
	}
	if v.truth == Maybe {
		return v.or(doubt)
	}
	return doubt
}
