package authz

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// maxEnvironments bounds the environments that [Engine.Always] tries.
const maxEnvironments = 256

// Always tells whether the set holds a request of the query in every environment of the template, given that it does
// in one. Only the parameters and conditions that the set's statements depend on are tried; over 256 combinations the
// answer is no.
func (e *Engine) Always(q Query, s Set) bool {
	environments := []policy.Guard{nil}
	for _, d := range e.dimensions {
		if !e.depends(s, d.Name) {
			continue
		}
		if len(environments)*len(d.Values) > maxEnvironments {
			return false
		}
		var more []policy.Guard
		for _, g := range environments {
			for _, v := range d.Values {
				if both, ok := g.And(policy.Guard{d.Name: v}); ok {
					more = append(more, both)
				}
			}
		}
		environments = more
	}
	for _, g := range environments {
		at := q
		var ok bool
		if at.When, ok = q.When.And(g); !ok || e.never(at.When) {
			continue
		}
		if e.Find(at, s).Verdict != Yes {
			return false
		}
	}
	return true
}

// depends tells whether a guard of the set's statements speaks of the dimension.
func (e *Engine) depends(s Set, name string) bool {
	for _, t := range s.terms {
		for _, src := range slices.Concat(t.in, t.out) {
			p := e.policies[src.policy]
			for _, st := range p.Statements {
				if _, ok := st.When[name]; ok && (src.statement < 0 || st.Index == src.statement) {
					return true
				}
			}
			for _, u := range p.Unknown {
				if _, ok := u.When[name]; ok {
					return true
				}
			}
		}
	}
	return false
}

// never tells whether no deployment is in any environment of the guard.
func (e *Engine) never(g policy.Guard) bool {
	e.begin()
	st := state{s: e.cases[0], actions: kms.All}
	for name, value := range g {
		var ok bool
		if st, ok = e.with(st, e.tests.is(environment+name, value)); !ok {
			return true
		}
	}
	_, ok, over := e.avoid(st, e.impossible())
	return !ok && !over
}
