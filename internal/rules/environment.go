package rules

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// maxEnvironments bounds the combinations of parameters and conditions that are tried one by one, as authz does.
const maxEnvironments = 256

// environmentWithout returns an environment of the template in which the set surely holds no request of the query, or nil
// where it holds one in each. known is false where there are too many to try.
func environmentWithout(p *lint.Pass, q authz.Query, s authz.Set) (g policy.Guard, known bool) {
	if p.Engine.Always(q, s) {
		return nil, true
	}
	all, ok := environments(p.Policy)
	if !ok {
		return nil, false
	}
	for _, g := range all {
		at := q
		at.When = g
		if p.Ask(at, s).Verdict == authz.No {
			return g, true
		}
	}
	return nil, true
}

// environments returns every combination of the parameters and conditions on which statements depend, less those that no deployment has.
func environments(pol *policy.Policy) ([]policy.Guard, bool) {
	return combined(pol, policy.Guard{}, func(d policy.Dimension) bool { return guarded(pol, d.Name) })
}

// combined returns the guard with every combination of the dimensions that are wanted, less those that no deployment has. It
// is false where there are too many.
func combined(pol *policy.Policy, start policy.Guard, want func(policy.Dimension) bool) ([]policy.Guard, bool) {
	all := []policy.Guard{start}
	for _, d := range pol.Dimensions {
		if !want(d) {
			continue
		}
		if len(all)*len(d.Values) > maxEnvironments {
			return nil, false
		}
		var more []policy.Guard
		for _, g := range all {
			for _, v := range d.Values {
				if both, ok := g.And(policy.Guard{d.Name: v}); ok {
					more = append(more, both)
				}
			}
		}
		all = more
	}
	return slices.DeleteFunc(all, func(g policy.Guard) bool { return never(pol, g) }), true
}

// guarded tells whether a statement, or a combination that no deployment has, depends on the parameter or condition.
func guarded(pol *policy.Policy, name string) bool {
	for _, st := range pol.Statements {
		if _, ok := st.When[name]; ok {
			return true
		}
	}
	for _, g := range pol.Impossible {
		if _, ok := g[name]; ok {
			return true
		}
	}
	return false
}

func never(pol *policy.Policy, env policy.Guard) bool {
	for _, g := range pol.Impossible {
		all := true
		for name, value := range g {
			all = all && env[name] == value
		}
		if all {
			return true
		}
	}
	return false
}
