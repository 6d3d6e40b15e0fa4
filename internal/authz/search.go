package authz

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/kms"
)

// avoid returns a narrowing of the state that lies outside all boxes and is not empty, or proves that there is none
// (decision-procedure.md §1.3). over is true where the budget ran out first.
func (e *Engine) avoid(st state, boxes []box) (found state, ok, over bool) {
	x := &search{e: e, s: st.s, actions: st.actions, at: make([]*outcome, len(e.tests.keys))}
	for _, k := range e.tests.keys {
		x.at[k.id] = k.root
	}
	for _, o := range st.keys {
		x.at[o.key.id] = o
	}
	rest := make([]*box, len(boxes))
	for i := range boxes {
		rest[i] = &boxes[i]
	}
	if !x.avoid(rest) {
		return st, false, x.over
	}
	st.actions, st.keys = x.actions, nil
	for _, o := range x.at {
		if o != o.key.root {
			st.keys = append(st.keys, o)
		}
	}
	return st, true, false
}

// search is a state in place: what it narrows it notes on the trail, and takes back where a branch fails.
type search struct {
	e       *Engine
	s       *situation
	actions kms.ActionSet
	at      []*outcome // by key
	trail   []step
	over    bool
}

// step is what a narrowing changed.
type step struct {
	actions kms.ActionSet
	outcome *outcome // of its key, before; nil where only actions changed
}

// inActions stands for a box's action set where its tests stand by number.
const inActions literal = 0

// try returns the actions that are left within the literal, and the outcome for its key.
func (x *search) try(l literal) (kms.ActionSet, *outcome) {
	o := x.e.add(x.at[x.e.tests.keyOf(l).id], l)
	return x.actions & x.s.allow(o), o
}

// narrow goes to one side of an aspect of the box, a literal or its actions, and tells whether anything is left there.
func (x *search) narrow(b *box, aspect literal, inside bool) bool {
	left, was := x.actions&^b.actions, (*outcome)(nil)
	switch {
	case aspect == inActions && inside:
		left = x.actions & b.actions
	case aspect != inActions:
		if !inside {
			aspect = -aspect
		}
		var o *outcome
		if left, o = x.try(aspect); left != 0 {
			was, x.at[o.key.id] = x.at[o.key.id], o
		}
	}
	if left == 0 {
		return false
	}
	x.trail = append(x.trail, step{x.actions, was})
	x.actions = left
	return true
}

// back takes everything back that came after the mark.
func (x *search) back(mark int) {
	for i := len(x.trail) - 1; i >= mark; i-- {
		x.actions = x.trail[i].actions
		if o := x.trail[i].outcome; o != nil {
			x.at[o.key.id] = o
		}
	}
	x.trail = x.trail[:mark]
}

// avoid narrows until all boxes lie apart. Where it fails, the state is as it was narrowed last.
func (x *search) avoid(boxes []*box) bool {
	var scratch, best []literal
	for {
		var by *box
		rest := make([]*box, 0, len(boxes))
		for i, b := range boxes {
			if x.e.visits--; x.e.visits < 0 || x.e.states < 0 {
				x.over = true
				return false
			}
			var apart bool
			if scratch, apart = x.open(b, scratch[:0]); apart {
				continue
			}
			rest = append(rest, b)
			if len(scratch) == 0 {
				return false
			}
			if by == nil || len(scratch) < len(best) {
				by, best = b, append(best[:0], scratch...)
			}
			if len(scratch) == 1 {
				rest = append(rest, boxes[i+1:]...)
				break
			}
		}
		switch {
		case by == nil:
			return true
		case len(best) > 1:
			return x.branch(rest, by, best)
		}
		// Unit propagation: only this aspect can keep the state out of the box.
		if !x.narrow(by, best[0], false) {
			return false
		}
		boxes = rest
	}
}

// branch splits the state disjointly by one box: outside its first aspect; inside the first and outside the second; and
// so on. What most boxes ask for goes first, as being outside of it decides most.
func (x *search) branch(boxes []*box, by *box, aspects []literal) bool {
	if len(boxes) > 1 {
		count := func(a literal) (n int) {
			for _, b := range boxes {
				if slices.Contains(b.literals, a) {
					n++
				}
			}
			return n
		}
		slices.SortStableFunc(aspects, func(a, b literal) int { return count(b) - count(a) })
	}
	for _, a := range aspects {
		mark := len(x.trail)
		if x.narrow(by, a, false) {
			if x.avoid(boxes) || x.over {
				return !x.over
			}
			x.back(mark)
		}
		if !x.narrow(by, a, true) {
			return false
		}
	}
	return false
}

// open appends the aspects of the box that some of the state lies outside of; apart is true where all of the state lies outside of one.
func (x *search) open(b *box, all []literal) (open []literal, apart bool) {
	if x.actions&b.actions == 0 {
		return all, true
	}
	if x.actions&^b.actions != 0 {
		all = append(all, inActions)
	}
	for _, ls := range [2][]literal{b.literals, b.doubts} {
		for _, l := range ls {
			if left, _ := x.try(l); left == 0 {
				return all, true
			}
			if left, _ := x.try(-l); left != 0 {
				all = append(all, l)
			}
		}
	}
	return all, false
}
