package lint

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// Depend makes a finding depend on the values of parameters and conditions: on those of which the policy's statements
// speak, and on the parameters that settle them.
func (p *Pass) Depend(f *Finding, when policy.Guard) {
	f.Certainty, f.When = Depends, map[string]string{}
	deciding := p.deciding()
	for name, value := range when {
		if deciding[name] {
			f.When[p.Show(name)] = p.Show(value)
		}
	}
	if len(f.When) == 0 { // none of them by itself: all are said
		for name, value := range when {
			f.When[p.Show(name)] = p.Show(value)
		}
	}
}

// deciding names the parameters and conditions on which the policy depends: what guards of statements name, and the
// parameters that no deployment combines freely with those.
func (p *Pass) deciding() map[string]bool {
	return Once(p, "deciding", func() map[string]bool {
		named := map[string]bool{}
		for _, st := range p.Policy.Statements {
			for name := range st.When {
				named[name] = true
			}
		}
		for _, u := range p.Policy.Unknown {
			for name := range u.When {
				named[name] = true
			}
		}
		all := map[string]bool{}
		for name := range named {
			all[name] = true
		}
		for _, g := range p.Policy.Impossible {
			tied := false
			for name := range g {
				tied = tied || named[name]
			}
			for name := range g {
				if tied && !p.isCondition(name) {
					all[name] = true
				}
			}
		}
		return all
	})
}

func (p *Pass) isCondition(name string) bool {
	i := slices.IndexFunc(p.Policy.Dimensions, func(d policy.Dimension) bool { return d.Name == name })
	return i >= 0 && !slices.ContainsFunc(p.Policy.Dimensions[i].Values, func(v string) bool { return v != "true" && v != "false" })
}
