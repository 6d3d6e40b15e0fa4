package cfn

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// moved returns the identities in the symbols of another template. Working them out again there would say the same and
// take far longer: a repository has many keys, and each meets every policy on "*".
func (p *population) moved(symbols *policy.Symbols, move func(string) string) *population {
	copies := make(map[*Identity]*Identity, len(p.all))
	all := make([]*Identity, len(p.all))
	for i, id := range p.all {
		c := *id
		c.ARN = move(id.ARN)
		c.Grants = make([]*Grant, len(id.Grants))
		for j, g := range id.Grants {
			h := *g
			h.Managed = move(g.Managed)
			if g.Policy != nil {
				h.Policy = movedPolicy(g.Policy, symbols, move)
			}
			c.Grants[j] = &h
		}
		all[i], copies[id] = &c, &c
	}
	for _, c := range all {
		c.Members = slices.Clone(c.Members)
		for i, m := range c.Members {
			if moved := copies[m]; moved != nil {
				c.Members[i] = moved
			}
		}
	}
	return newPopulation(all)
}

func movedPolicy(p *policy.Policy, symbols *policy.Symbols, move func(string) string) *policy.Policy {
	c := *p
	c.Symbols, c.Own = symbols, move(p.Own)
	c.Statements = make([]*policy.Statement, len(p.Statements))
	for i, st := range p.Statements {
		s := *st
		s.Principals = slices.Clone(st.Principals)
		for j := range s.Principals {
			q := &s.Principals[j]
			q.Text, q.Account, q.Name, q.Session = move(q.Text), move(q.Account), move(q.Name), move(q.Session)
		}
		s.Actions, s.Resources = movedPatterns(st.Actions, move), movedPatterns(st.Resources, move)
		s.Conditions = slices.Clone(st.Conditions)
		for j := range s.Conditions {
			values := slices.Clone(s.Conditions[j].Values)
			for k := range values {
				values[k].Text = move(values[k].Text)
			}
			s.Conditions[j].Values = values
		}
		c.Statements[i] = &s
	}
	return &c
}

func movedPatterns(all []policy.Pattern, move func(string) string) []policy.Pattern {
	all = slices.Clone(all)
	for i := range all {
		all[i].Text = move(all[i].Text)
	}
	return all
}
