package glob

import (
	"unicode"
	"unicode/utf8"
)

// kind is what a token stands for.
type kind uint8

const (
	literal kind = iota // one rune, the token's own
	one                 // any one rune but the excluded one
	run                 // any run of runes, the empty one too, without the excluded one
	end                 // the end of a pattern, where several stand in one slice; matches nothing
)

// none is the excluded rune of a wildcard that excludes none.
const none rune = -1

// token is one step of a pattern. As a set of runes it is one rune, the runes that differ from it in case only, or
// every rune but at most one.
type token struct {
	kind kind
	fold bool // of a literal: runes that differ in case only match too
	r    rune // of a literal the rune, of a wildcard the excluded rune or none
}

// has tells whether the token's set holds the rune.
func (t token) has(c rune) bool {
	switch t.kind {
	case literal:
		return c == t.r || t.fold && sameFold(c, t.r)
	case end:
		return false
	}
	return c != t.r
}

// in tells whether every rune of t is one of u. Both are literals or wildcards.
func (t token) in(u token) bool {
	switch {
	case t.kind == end || u.kind == end:
		return false
	case u.kind != literal:
		return u.r == none || (t.kind == literal && !t.has(u.r)) || (t.kind != literal && t.r == u.r)
	case t.kind != literal:
		return false
	case t.fold:
		return u.fold && sameFold(t.r, u.r)
	}
	return u.has(t.r)
}

// meet returns the narrower of two sets that have a rune in common. Where that is not their intersection (two
// wildcards that exclude different runes), the result holds it.
func (t token) meet(u token) (token, bool) {
	if t.kind == end || u.kind == end {
		return token{}, false
	}
	if t.kind != literal {
		t, u = u, t // a literal first, where there is one
	}
	switch {
	case t.kind != literal: // two wildcards: one rune if either is
		m := token{kind: min(t.kind, u.kind), r: t.r}
		if m.r == none {
			m.r = u.r
		}
		return m, true
	case !t.fold:
		return t, u.has(t.r)
	case u.kind == literal && !u.fold:
		return u, t.has(u.r)
	}
	for _, c := range orbit(t.r) {
		if u.has(c) {
			if u.kind == literal || !t.has(u.r) {
				return t, true
			}
			return token{kind: literal, r: c}, true
		}
	}
	return token{}, false
}

// sameFold tells whether two runes differ in case only (Unicode simple folding, as in strings.EqualFold).
func sameFold(a, b rune) bool {
	if a == b {
		return true
	}
	if a < utf8.RuneSelf && b < utf8.RuneSelf {
		return a|0x20 == b|0x20 && 'a' <= a|0x20 && a|0x20 <= 'z'
	}
	for c := unicode.SimpleFold(a); c != a; c = unicode.SimpleFold(c) {
		if c == b {
			return true
		}
	}
	return false
}

// cased tells whether another rune differs from this one in case only.
func cased(r rune) bool { return unicode.SimpleFold(r) != r }

// orbit returns the rune, first, and those that differ from it in case only. There are at most four.
func orbit(r rune) []rune {
	o := []rune{r}
	for c := unicode.SimpleFold(r); c != r; c = unicode.SimpleFold(c) {
		o = append(o, c)
	}
	return o
}
