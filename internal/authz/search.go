package authz

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/kms"
)

// state is a conjunction: the box that is searched, narrowed step by step. Keys are independent but for one tie: which
// of them a request carries depends on its action. So a state is empty when no action is left.
type state struct {
	s       *situation
	actions kms.ActionSet
	keys    []*outcome // of the keys that are narrowed, by key; shared between states, so never changed in place
}

// find returns the place of a key among the narrowed ones.
func (st state) find(k *key) (int, bool) {
	lo, hi := 0, len(st.keys)
	for lo < hi {
		mid := (lo + hi) / 2
		if st.keys[mid].key.id < k.id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(st.keys) && st.keys[lo].key == k
}

// of returns what the state asks of a key.
func (st state) of(k *key) *outcome {
	if at, ok := st.find(k); ok {
		return st.keys[at]
	}
	return k.root
}

// set returns the state with another outcome of its key.
func (st state) set(o *outcome) state {
	at, have := st.find(o.key)
	switch {
	case !have:
		st.keys = slices.Insert(slices.Clip(st.keys), at, o)
	case st.keys[at] != o:
		st.keys = slices.Clone(st.keys)
		st.keys[at] = o
	}
	return st
}

// allow returns the actions whose requests can have the key as the outcome says.
func (s *situation) allow(o *outcome) kms.ActionSet {
	c := s.carriage(o.key)
	var set kms.ActionSet
	if o.present {
		set |= c.may
	}
	if o.absent {
		set |= c.mayNot
	}
	return set
}

// try returns the actions that are left of the state within the literal, and the outcome for its key.
func (e *Engine) try(st state, l literal) (kms.ActionSet, *outcome) {
	o := e.add(st.of(e.tests.keyOf(l)), l)
	return st.actions & st.s.allow(o), o
}

// with returns the state narrowed by the literal, and whether anything is left of it.
func (e *Engine) with(st state, l literal) (state, bool) {
	left, o := e.try(st, l)
	if left == 0 {
		return st, false
	}
	st.actions = left
	return st.set(o), true
}

// assume narrows the state by a literal that surely leaves something of it, without looking for a value.
func (e *Engine) assume(st state, l literal) state {
	old := st.of(e.tests.keyOf(l))
	o := &outcome{key: old.key, literals: append(old.literals[:len(old.literals):len(old.literals)], l),
		absent: old.absent && e.tests.get(l).absent, present: true, assumed: true}
	slices.Sort(o.literals)
	return st.set(o)
}

// within narrows the state to the box.
func (e *Engine) within(st state, b box) (state, bool) {
	ok := true
	if st.actions &= b.actions; st.actions == 0 {
		return st, false
	}
	for _, ls := range [2][]literal{b.literals, b.doubts} {
		for _, l := range ls {
			if st, ok = e.with(st, l); !ok {
				return st, false
			}
		}
	}
	return st, true
}

// inActions stands for a box's action set where its tests stand by number.
const inActions literal = 0

// outside and inside narrow the state to what lies on one side of one aspect of the box: a literal, or its actions.
func (e *Engine) outside(st state, b box, aspect literal) (state, bool) {
	if aspect == inActions {
		st.actions &^= b.actions
		return st, st.actions != 0
	}
	return e.with(st, -aspect)
}

func (e *Engine) inside(st state, b box, aspect literal) (state, bool) {
	if aspect == inActions {
		st.actions &= b.actions
		return st, st.actions != 0
	}
	return e.with(st, aspect)
}

// avoid returns a narrowing of the state that lies outside all boxes and is not empty, or proves that there is none
// (decision-procedure.md §1.3). over is true where the budget ran out first. It does not change boxes.
func (e *Engine) avoid(st state, boxes []box) (found state, ok, over bool) {
	var scratch [8]literal
	for {
		rest := make([]box, 0, len(boxes))
		var best []literal
		var by box
		for i, b := range boxes {
			if e.visits--; e.visits < 0 || e.states < 0 {
				return st, false, true
			}
			open, apart := e.open(st, b, scratch[:0])
			if apart {
				continue
			}
			rest = append(rest, b)
			if len(open) == 0 {
				return st, false, false
			}
			if best == nil || len(open) < len(best) {
				best, by = slices.Clone(open), b
			}
			if len(open) == 1 {
				rest = append(rest, boxes[i+1:]...)
				break
			}
		}
		if best == nil {
			return st, true, false
		}
		if len(best) > 1 {
			return e.branch(st, rest, by, best)
		}
		// Unit propagation: only this aspect can keep the state out of the box.
		if st, ok = e.outside(st, by, best[0]); !ok {
			return st, false, false
		}
		boxes = rest
	}
}

// branch splits the state disjointly by one box: outside its first aspect; inside the first and outside the second; and so on.
func (e *Engine) branch(st state, boxes []box, by box, aspects []literal) (state, bool, bool) {
	for _, a := range aspects {
		if out, ok := e.outside(st, by, a); ok {
			if found, ok, over := e.avoid(out, boxes); ok || over {
				return found, ok, over
			}
		}
		var ok bool
		if st, ok = e.inside(st, by, a); !ok {
			return st, false, false
		}
	}
	return st, false, false
}

// open appends the aspects of the box that some of the state lies outside of; apart is true where all of the state lies outside of one.
func (e *Engine) open(st state, b box, all []literal) (open []literal, apart bool) {
	if st.actions&b.actions == 0 {
		return nil, true
	}
	if st.actions&^b.actions != 0 {
		all = append(all, inActions)
	}
	for _, ls := range [2][]literal{b.literals, b.doubts} {
		for _, l := range ls {
			if left, _ := e.try(st, l); left == 0 {
				return nil, true
			}
			if left, _ := e.try(st, -l); left != 0 {
				all = append(all, l)
			}
		}
	}
	return all, false
}
