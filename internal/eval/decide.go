package eval

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// Decision answers one line of simulate (DESIGN section 4).
type Decision struct {
	Decision  string // allow, deny or undecided
	Reason    string // direct, delegated, explicit-deny, implicit-deny, not-delegated or identity-policy-missing
	KeyPolicy string // direct, delegated, none or deny
	// Statements are the statements of the key policy that decided, Deny before Allow; never nil. Where the answer is
	// undecided, those that might have.
	Statements []int
	Because    []string // what an undecided answer rests on
}

// reasons in the order in which they are given: the first that applies.
var reasons = []string{"explicit-deny", "direct", "delegated", "identity-policy-missing", "not-delegated", "implicit-deny"}

// Decide answers a request that [Complete] has filled in, against the key policy and the caller's identity policies
// (semantics.md §5.1; boundaries, session policies, organisation policies and grants are not known here).
//
// Each fact in doubt may be true or false. The answer is undecided where that makes a difference to the decision, and
// has the first reason that may apply; else it has the last one that may, which claims least.
func Decide(p *policy.Policy, identity []*policy.Policy, r policy.Request) Decision {
	a := newAsk(p, r)
	o := evaluate(p, r)
	allowed, denied := identityPolicies(identity, a.own, a.partition, r)
	facts := []verdict{o.denied, denied, o.direct, o.delegated, allowed, a.foreign()}
	var all []Decision
	for world := range 1 << len(facts) {
		if f, possible := inWorld(facts, world); possible {
			all = append(all, decide(f[0], f[1], f[2], f[3], f[4], f[5]))
		}
	}
	slices.SortStableFunc(all, func(d, e Decision) int {
		return slices.Index(reasons, d.Reason) - slices.Index(reasons, e.Reason)
	})
	settled := !slices.ContainsFunc(all, func(d Decision) bool { return d.Decision != all[0].Decision })
	d, least := all[0], Maybe
	if settled {
		d, least = all[len(all)-1], Yes
	} else {
		d.Decision = "undecided"
		for _, f := range facts {
			if f.truth == Maybe {
				d.Because = append(d.Because, f.why...)
			}
		}
		slices.Sort(d.Because)
		d.Because = slices.Compact(d.Because)
	}
	d.Statements = o.deciding(d, least)
	return d
}

// inWorld makes every doubt a certainty; facts that are certain have one value only.
func inWorld(facts []verdict, world int) (values []bool, possible bool) {
	for i, f := range facts {
		value := world>>i&1 == 1
		if f.truth == Yes && !value || f.truth == No && value {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}

// decide is DESIGN section 4, "Reasons, the first that applies".
func decide(keyDenies, identityDenies, direct, delegated, identityAllows, foreign bool) Decision {
	d := Decision{Decision: "deny", KeyPolicy: "none"}
	switch {
	case keyDenies:
		d.KeyPolicy = "deny"
	case direct:
		d.KeyPolicy = "direct"
	case delegated:
		d.KeyPolicy = "delegated"
	}
	switch {
	case keyDenies || identityDenies:
		d.Reason = "explicit-deny"
	case direct && (!foreign || identityAllows):
		d.Decision, d.Reason = "allow", "direct"
	case delegated && identityAllows:
		d.Decision, d.Reason = "allow", "delegated"
	case direct || delegated:
		d.Reason = "identity-policy-missing"
	case identityAllows:
		d.Reason = "not-delegated"
	default:
		d.Reason = "implicit-deny"
	}
	return d
}

// deciding returns the statements behind a decision that match at least so surely.
func (o outcome) deciding(d Decision, least Truth) []int {
	switch {
	case d.Decision == "undecided":
		opening := o.allowing.atLeast(least)
		if o.direct.truth != Yes {
			opening = append(opening, o.delegating.atLeast(least)...)
			slices.Sort(opening)
		}
		return append(append([]int{}, o.denying.atLeast(least)...), slices.Compact(opening)...)
	case d.Reason == "explicit-deny":
		return append([]int{}, o.denying.atLeast(least)...)
	case d.KeyPolicy == "direct":
		return append([]int{}, o.allowing.atLeast(least)...)
	case d.KeyPolicy == "delegated":
		return append([]int{}, o.delegating.atLeast(least)...)
	}
	return []int{}
}
