package glob

import (
	"math/bits"
	"strings"
)

// Includes tells whether every string of q is one of p. err is an *[OverBudget], as of [Language.Member].
func Includes(p, q Pattern, b *Budget) (bool, error) {
	_, ok, err := Language{All: [][]Pattern{{q}}, None: []Pattern{p}}.Member(b)
	return err == nil && !ok, err
}

// covers tells whether one walk through p takes every string of q: then p includes q. Where it is false, p may
// include q all the same, by different walks for different strings; false too where the budget runs out. Cost: at most the product of the lengths.
//
// A run of q may be empty or long, so that only a run of p can take it; every other token of q is one rune, that a
// token of p with at least its runes takes.
func (p *program) covers(q *program, b *Budget) bool {
	if q.isLit {
		return p.match(q.lit, b)
	}
	if !b.work(1) || p.isLit || p.min > q.min || !strings.HasPrefix(q.prefix, p.prefix) || !strings.HasSuffix(q.suffix, p.suffix) {
		return false
	}
	var here, there [4]uint64 // enough for 255 tokens without allocation
	n := len(p.tokens)/64 + 1
	cur, next := set(here[:min(n, 4)]), set(there[:min(n, 4)])
	if n > len(here) {
		cur, next = make(set, n), make(set, n)
	}
	cur.add(p.tokens, 0)
	for _, t := range q.tokens {
		clear(next)
		alive, steps := false, len(cur)
		for w, word := range cur {
			for ; word != 0; word &= word - 1 {
				steps++
				i := w<<6 + bits.TrailingZeros64(word)
				if i == len(p.tokens) {
					continue
				}
				u := p.tokens[i]
				if !t.in(u) || t.kind == run && u.kind != run {
					continue
				}
				alive = true
				if u.kind == run {
					next.add(p.tokens, i)
				} else {
					next.add(p.tokens, i+1)
				}
			}
		}
		if !b.work(steps) || !alive {
			return false
		}
		cur, next = next, cur
	}
	return cur.has(len(p.tokens))
}
