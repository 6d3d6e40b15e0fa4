package kms

import "math/bits"

// ActionSet is a set of actions: bit i is the action of index i. There are 58, so it fits one word.
type ActionSet uint64

// Set returns the set of the named actions, and leaves out names that are none.
func Set(names ...string) ActionSet {
	var s ActionSet
	for _, n := range names {
		if a, ok := Lookup(n); ok {
			s |= 1 << a.Index
		}
	}
	return s
}

// Has tells whether the action of the index is in the set.
func (s ActionSet) Has(index int) bool { return index >= 0 && index < 64 && s>>index&1 == 1 }

// HasName tells whether the named action is in the set.
func (s ActionSet) HasName(name string) bool {
	a, ok := Lookup(name)
	return ok && s.Has(a.Index)
}

// Len returns the number of actions in the set.
func (s ActionSet) Len() int { return bits.OnesCount64(uint64(s)) }

// First returns the index of the first action in the set, or -1.
func (s ActionSet) First() int {
	if s == 0 {
		return -1
	}
	return bits.TrailingZeros64(uint64(s))
}

// Indexes returns the indexes of the set in order.
func (s ActionSet) Indexes() []int {
	var is []int
	for ; s != 0; s &= s - 1 {
		is = append(is, s.First())
	}
	return is
}

// Names returns the actions of the set by name ("kms:Decrypt"), sorted.
func (s ActionSet) Names() []string {
	var names []string
	for _, i := range (s & All).Indexes() {
		names = append(names, actions[i].Name)
	}
	return names
}
