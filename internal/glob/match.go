package glob

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// Match tells whether the string is one of the pattern's. Cost: at most the product of the two lengths, near the
// length of the string for the patterns people write; no backtracking beyond the last run.
func (p Pattern) Match(s string) bool { return p.prog().match(valid(s), nil) }

// valid puts U+FFFD for bytes that are no UTF-8, each on its own.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// match is [Pattern.Match] of valid text within the budget; where that runs out, the result means nothing.
func (c *program) match(s string, b *Budget) bool {
	b.work(1 + len(s)/64)
	if c.isLit {
		return s == c.lit
	}
	if len(s) < len(c.prefix)+len(c.suffix) || !strings.HasPrefix(s, c.prefix) || !strings.HasSuffix(s, c.suffix) {
		return false
	}
	s = s[len(c.prefix) : len(s)-len(c.suffix)]
	if c.free {
		return greedy(c.body, s, b)
	}
	return simulate(c.body, s, b)
}

// greedy matches where no run excludes a rune: then the leftmost place of each piece between two runs is as good as any.
func greedy(ts []token, s string, b *Budget) bool {
	i, at := 0, 0
	steps, most := 0, b.left()
	defer func() { b.work(steps) }()
	star, mark := -1, 0 // the last run, and where the rest after it was tried
	for at < len(s) {
		if steps++; steps > most {
			return false
		}
		r, w := utf8.DecodeRuneInString(s[at:])
		if i < len(ts) {
			if ts[i].kind == run {
				if i == len(ts)-1 {
					return true
				}
				star, mark = i, at
				i++
				continue
			}
			if ts[i].has(r) {
				i++
				at += w
				continue
			}
		}
		if star < 0 {
			return false
		}
		_, w = utf8.DecodeRuneInString(s[mark:])
		mark += w
		at, i = mark, star+1
	}
	for i < len(ts) && ts[i].kind == run {
		i++
	}
	return i == len(ts)
}

// simulate matches with the set of all positions that the runes so far can lead to.
func simulate(ts []token, s string, b *Budget) bool {
	steps, most := 0, b.left()
	defer func() { b.work(steps) }()
	var here, there [4]uint64 // enough for 255 tokens without allocation
	n := len(ts)/64 + 1
	cur, next := set(here[:min(n, 4)]), set(there[:min(n, 4)])
	if n > len(here) {
		cur, next = make(set, n), make(set, n)
	}
	cur.add(ts, 0)
	for _, r := range s {
		clear(next)
		alive := false
		if steps += len(cur); steps > most {
			return false
		}
		for w, word := range cur {
			for ; word != 0; word &= word - 1 {
				steps++
				i := w<<6 + bits.TrailingZeros64(word)
				if i == len(ts) || !ts[i].has(r) {
					continue
				}
				alive = true
				if ts[i].kind == run {
					next.add(ts, i)
				} else {
					next.add(ts, i+1)
				}
			}
		}
		if !alive {
			return false
		}
		cur, next = next, cur
	}
	return cur.has(len(ts))
}

// set is a set of positions in a slice of tokens.
type set []uint64

func (s set) has(i int) bool { return s[i>>6]>>(i&63)&1 == 1 }

// add puts in a position, and those that follow it over runs that may be empty.
func (s set) add(ts []token, i int) {
	for !s.has(i) {
		s[i>>6] |= 1 << (i & 63)
		if i == len(ts) || ts[i].kind != run {
			return
		}
		i++
	}
}

// meets tells whether the sets have a position in common.
func (s set) meets(t set) bool {
	for i, w := range s {
		if w&t[i] != 0 {
			return true
		}
	}
	return false
}

// in tells whether every position of s is in t.
func (s set) in(t set) bool {
	for i, w := range s {
		if w&^t[i] != 0 {
			return false
		}
	}
	return true
}
