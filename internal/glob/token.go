package glob

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token stands for.
type kind uint8

const (
	literal kind = iota // one rune, the token's own
	one                 // any one rune but the excluded ones
	run                 // any run of runes, the empty one too, without the excluded ones
	end                 // the end of a pattern, where several stand in one slice; matches nothing
)

// token is one step of a pattern. As a set of runes it is one rune, the runes that differ from it in case only, or
// every rune; less the excluded ones.
type token struct {
	kind kind
	fold bool   // of a literal: runes that differ in case only match too
	r    rune   // of a literal
	not  string // the excluded runes, sorted; in practice at most ':' and '/'
}

// has tells whether the token's set holds the rune.
func (t token) has(c rune) bool {
	switch {
	case t.kind == end || t.not != "" && strings.ContainsRune(t.not, c):
		return false
	case t.kind != literal:
		return true
	}
	return c == t.r || t.fold && sameFold(c, t.r)
}

// runes returns the set of a literal, which is never empty.
func (t token) runes() []rune {
	if !t.fold {
		return []rune{t.r}
	}
	return slices.DeleteFunc(orbit(t.r), func(r rune) bool { return !t.has(r) })
}

// in tells whether every rune of t is one of u.
func (t token) in(u token) bool {
	switch {
	case t.kind == end || u.kind == end:
		return false
	case t.kind == literal && !t.fold:
		return u.has(t.r)
	case t.kind == literal:
		return !slices.ContainsFunc(t.runes(), func(r rune) bool { return !u.has(r) })
	case u.kind == literal:
		return false
	}
	return !strings.ContainsFunc(u.not, func(r rune) bool { return !strings.ContainsRune(t.not, r) })
}

// meet returns the runes that are in both sets, as a token that is single if either is, and whether there are any.
func (t token) meet(u token) (token, bool) {
	if t.kind == end || u.kind == end {
		return token{}, false
	}
	if t.kind != literal {
		t, u = u, t // a literal first, where there is one
	}
	switch {
	case t.kind != literal:
		return token{kind: min(t.kind, u.kind), not: sorted(t.not + u.not)}, true
	case !t.fold:
		return t, u.has(t.r)
	}
	return t.less(func(r rune) bool { return !u.has(r) })
}

// less returns a literal without some of its runes. It is false where none is left.
func (t token) less(gone func(rune) bool) (token, bool) {
	rs := t.runes()
	left := slices.DeleteFunc(slices.Clone(rs), gone)
	switch len(left) {
	case 0:
		return token{}, false
	case 1:
		return token{kind: literal, r: left[0]}, true
	}
	t.r = left[0]
	t.not = sorted(t.not + string(slices.DeleteFunc(rs, func(r rune) bool { return !gone(r) })))
	return t, true
}

// sorted returns the runes of the text, each once, in order.
func sorted(s string) string {
	if len(s) < 2 {
		return s
	}
	rs := []rune(s)
	slices.Sort(rs)
	return string(slices.Compact(rs))
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
