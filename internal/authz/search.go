package authz

import (
	"maps"
	"slices"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// state is a conjunction: the box that is searched, narrowed step by step.
type state struct {
	c       int
	actions kms.ActionSet
	tests   map[string][]literal // by key, each list sorted
	// env holds, for each dimension that was narrowed, the values left.
	env map[string][]string
	// unsure names what kept a test on some key from being decided; a point of such a state is no proof.
	unsure string
}

func (st state) clone() state {
	st.tests = maps.Clone(st.tests)
	st.env = maps.Clone(st.env)
	return st
}

// with returns the state narrowed by the literal, and whether anything is left of it.
func (e *Engine) with(st state, l literal) (state, bool) {
	key := e.tests.key(l)
	old := st.tests[key]
	at, have := slices.BinarySearch(old, l)
	if have {
		return st, true
	}
	if _, opposite := slices.BinarySearch(old, -l); opposite {
		return st, false
	}
	st = st.clone()
	if st.tests == nil {
		st.tests = map[string][]literal{}
	}
	st.tests[key] = slices.Insert(slices.Clone(old), at, l)
	return e.live(st)
}

// live tells whether some action is left whose request can carry and lack the keys as the tests ask.
func (e *Engine) live(st state) (state, bool) {
	left := st.actions
	for key, ls := range st.tests {
		o := e.solve(key, ls)
		if o.unsure != "" {
			st.unsure = o.unsure
		}
		left &= e.actionsFor(key, o, st.c)
		if left == 0 {
			return st, false
		}
	}
	st.actions = left
	return st, left != 0
}

// actionsFor returns the actions whose requests can have the key as the outcome says. It narrows no further than the key alone does.
func (e *Engine) actionsFor(key string, o outcome, c int) kms.ActionSet {
	p := e.presences(key, e.cases[c])
	var set kms.ActionSet
	if o.present {
		set |= p.may
	}
	if o.absent {
		set |= p.mayNot
	}
	return set
}

// withActions narrows the actions.
func (e *Engine) withActions(st state, set kms.ActionSet) (state, bool) {
	st.actions &= set
	return st, st.actions != 0
}

// withValue narrows one dimension to a value, or to the others.
func (e *Engine) withValue(st state, name, value string, is bool) (state, bool) {
	values, ok := st.env[name]
	if !ok {
		values = e.dimension(name)
	}
	left := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return (v == value) != is })
	if len(left) == 0 {
		return st, false
	}
	if len(left) == len(values) {
		return st, true
	}
	st = st.clone()
	if st.env == nil {
		st.env = map[string][]string{}
	}
	st.env[name] = left
	return st, true
}

// aspect is one conjunct of a box: its actions, one test, or one value of one dimension.
type aspect struct {
	actions kms.ActionSet
	literal literal
	name    string
	value   string
}

func aspects(b box) []aspect {
	all := []aspect{{actions: b.actions}}
	for _, name := range slices.Sorted(maps.Keys(b.when)) {
		all = append(all, aspect{name: name, value: b.when[name]})
	}
	for _, l := range b.literals {
		all = append(all, aspect{literal: l})
	}
	return all
}

// inside and outside narrow a state to one side of an aspect.
func (e *Engine) inside(st state, a aspect) (state, bool) {
	switch {
	case a.literal != 0:
		return e.with(st, a.literal)
	case a.name != "":
		return e.withValue(st, a.name, a.value, true)
	}
	return e.withActions(st, a.actions)
}

func (e *Engine) outside(st state, a aspect) (state, bool) {
	switch {
	case a.literal != 0:
		return e.with(st, -a.literal)
	case a.name != "":
		return e.withValue(st, a.name, a.value, false)
	}
	return e.withActions(st, ^a.actions)
}

// within narrows the state to the box.
func (e *Engine) within(st state, b box) (state, bool) {
	ok := true
	for _, a := range aspects(b) {
		if st, ok = e.inside(st, a); !ok {
			return st, false
		}
	}
	return st, true
}

// avoid returns a narrowing of the state that lies outside all boxes and is not empty, or proves that there is none
// (decision-procedure.md §1.3). over is true where the budget ran out first.
func (e *Engine) avoid(st state, boxes []box) (found state, ok, over bool) {
	for {
		var rest []box
		var best []aspect
		forced := false
		for _, b := range boxes {
			if e.visits--; e.visits < 0 {
				return st, false, true
			}
			open, apart := e.open(st, b)
			if apart {
				continue
			}
			rest = append(rest, b)
			if len(open) == 0 {
				return st, false, false
			}
			if best == nil || len(open) < len(best) {
				best = open
			}
			if len(open) == 1 {
				forced = true
				break
			}
		}
		if best == nil {
			return st, true, false
		}
		if !forced {
			return e.branch(st, rest, best)
		}
		// Unit propagation: only this aspect can keep the state out of the box.
		if st, ok = e.outside(st, best[0]); !ok {
			return st, false, false
		}
	}
}

// branch splits the state disjointly by one box: outside its first aspect; inside the first and outside the second; and so on.
func (e *Engine) branch(st state, boxes []box, by []aspect) (state, bool, bool) {
	for _, a := range by {
		if out, ok := e.outside(st, a); ok {
			if found, ok, over := e.avoid(out, boxes); ok || over {
				return found, ok, over
			}
		}
		var ok bool
		if st, ok = e.inside(st, a); !ok {
			return st, false, false
		}
	}
	return st, false, false
}

// open returns the aspects of the box that some of the state lies outside of; apart is true where all of the state lies outside of one.
func (e *Engine) open(st state, b box) (open []aspect, apart bool) {
	for _, a := range aspects(b) {
		if _, ok := e.inside(st, a); !ok {
			return nil, true
		}
		if _, ok := e.outside(st, a); ok {
			open = append(open, a)
		}
	}
	return open, false
}

// impossible returns the environments that no deployment has, as boxes to avoid.
func (e *Engine) impossible() []box {
	var all []box
	seen := map[string]bool{}
	for _, p := range e.policies {
		for _, g := range p.Impossible {
			if id := guardText(g); !seen[id] {
				seen[id] = true
				all = append(all, box{statement: -1, actions: kms.All, when: g})
			}
		}
	}
	return all
}

func guardText(g policy.Guard) string {
	s := ""
	for _, k := range slices.Sorted(maps.Keys(g)) {
		s += k + "\x00" + g[k] + "\x00"
	}
	return s
}
