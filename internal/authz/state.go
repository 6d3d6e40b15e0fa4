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

// with returns the state narrowed by the literal, and whether anything is left of it.
func (e *Engine) with(st state, l literal) (state, bool) {
	o := e.add(st.of(e.tests.keyOf(l)), l)
	left := st.actions & st.s.allow(o)
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
