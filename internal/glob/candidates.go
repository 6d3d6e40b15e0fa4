package glob

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of the guesses: each costs a test against every pattern.
const (
	maxBases = 8  // patterns that are filled
	maxLone  = 4  // wildcards of a pattern that are filled apart from the others
	maxFresh = 64 // runes of the longest filler
)

// candidates guesses members: a pattern of All, or what some of them have in common, with its wildcards filled.
type candidates struct {
	language Language
	budget   *Budget
	fillers  []string
}

// plain tries the most readable string of each pattern of the first element.
func (c *candidates) plain() (string, bool) {
	if len(c.language.All) == 0 {
		return c.try([]token{{kind: run}}, -1, "any")
	}
	for i, p := range c.language.All[0] {
		if i == maxBases {
			break
		}
		if s, ok := c.try(p.prog().tokens, -1, ""); ok {
			return s, true
		}
	}
	return "", false
}

// search tries all fillers in all patterns.
func (c *candidates) search() (string, bool) {
	c.fill()
	for _, base := range c.bases() {
		if s, ok := c.try(base, -1, ""); ok {
			return s, true
		}
		for _, f := range c.fillers {
			if s, ok := c.try(base, every, f); ok {
				return s, true
			}
		}
		lone := 0
		for i := len(base) - 1; i >= 0 && lone < maxLone; i-- {
			if base[i].kind == literal {
				continue
			}
			lone++
			for _, f := range c.fillers {
				if s, ok := c.try(base, i, f); ok {
					return s, true
				}
			}
		}
	}
	return "", false
}

// bases returns the patterns to fill: those of the first element, each narrowed by the first pattern of every other
// element that it meets.
func (c *candidates) bases() [][]token {
	all := c.language.All
	if len(all) == 0 {
		return [][]token{{{kind: run}}}
	}
	var bases [][]token
	for _, p := range all[0] {
		base, ok := p.prog(), true
		for _, group := range all[1:] {
			if base, ok = c.narrowed(base, group); !ok {
				break
			}
		}
		if ok {
			bases = append(bases, base.tokens)
		}
		if len(bases) == maxBases {
			break
		}
	}
	return bases
}

func (c *candidates) narrowed(base *program, group []Pattern) (*program, bool) {
	if len(base.tokens) > maxLength {
		return nil, false
	}
	for _, q := range group {
		if m, ok, sure := meet(base, q.prog(), c.budget); ok && sure {
			c.budget.work(16 * len(m))
			return compile(slices.Clone(m)), true
		}
	}
	return nil, false
}

// every, as the index of a wildcard, means all of them.
const every = -2

// try fills the wildcard at index i (or every one) with f and the others with what reads well there, and tests it.
func (c *candidates) try(base []token, i int, f string) (string, bool) {
	if !c.budget.work(len(base)) {
		return "", false
	}
	text := newFilling(base)
	for j, t := range base {
		own := i == j || i == every
		switch {
		case t.kind == literal:
			text.put(t.r)
		case t.kind == run && own:
			for _, r := range f {
				text.put(r)
			}
		case t.kind == run:
			text.word()
		case own && f != "":
			r, _ := utf8.DecodeRuneInString(f)
			text.put(r)
		default:
			text.rune(j, t)
		}
	}
	s := text.b.String()
	return s, c.language.has(s, c.budget)
}

// fill makes the list of fillers.
func (c *candidates) fill() {
	c.fillers = []string{"any", "other", "x", "", "1"}
	long := 0
	for _, p := range c.language.None {
		long = max(long, p.prog().min)
	}
	for _, r := range exclusions(join(c.language.None)) {
		c.add("any" + string(r) + "any")
	}
	if r, ok := fresh(c.language); ok {
		c.add(string(r))
		c.add(strings.Repeat(string(r), 3))
		c.add(strings.Repeat(string(r), min(long+1, maxFresh)))
	}
}

func (c *candidates) add(f string) {
	if !slices.Contains(c.fillers, f) {
		c.fillers = append(c.fillers, f)
	}
}
