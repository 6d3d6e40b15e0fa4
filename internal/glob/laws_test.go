package glob

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// words returns every word of at most n letters over the alphabet, shortest first.
func words(alphabet string, n int) []string {
	all, last := []string{""}, []string{""}
	for range n {
		var next []string
		for _, w := range last {
			for _, r := range alphabet {
				next = append(next, w+string(r))
			}
		}
		all, last = append(all, next...), next
	}
	return all
}

// dice makes random patterns and languages over a small alphabet, with every kind of token.
type dice struct {
	*rand.Rand
	letters []rune
	fold    bool
}

func (d dice) pattern(most int) Pattern {
	var ts []token
	for range d.IntN(most + 1) {
		not := ""
		for range 2 {
			if d.IntN(5) == 0 {
				not = sorted(not + string(d.letters[d.IntN(len(d.letters))]))
			}
		}
		switch d.IntN(5) {
		case 0, 1:
			ts = append(ts, token{kind: literal, r: d.letters[d.IntN(len(d.letters))]})
		case 2:
			ts = append(ts, token{kind: one, not: not})
		default:
			ts = append(ts, token{kind: run, not: not})
		}
	}
	p := Pattern{compile(ts)}
	if d.fold && d.IntN(3) == 0 {
		p = p.Fold()
	}
	return p
}

func (d dice) patterns(least, most, length int) []Pattern {
	var ps []Pattern
	for range least + d.IntN(most-least+1) {
		ps = append(ps, d.pattern(length))
	}
	return ps
}

func (d dice) language() Language {
	var l Language
	for range d.IntN(4) {
		l.All = append(l.All, d.patterns(1, 3, 5))
	}
	l.None = d.patterns(0, 5, 4)
	return l
}

// naive is Has by the naive matcher.
func (l Language) naive(s string) bool {
	for _, group := range l.All {
		found := false
		for _, p := range group {
			found = found || p.naive(s)
		}
		if !found {
			return false
		}
	}
	for _, p := range l.None {
		if p.naive(s) {
			return false
		}
	}
	return true
}

func (l Language) String() string {
	var b strings.Builder
	for _, group := range l.All {
		b.WriteString(" and any of " + show(group))
	}
	return b.String() + " and none of " + show(l.None)
}

func show(ps []Pattern) string {
	var ss []string
	for _, p := range ps {
		s := ""
		for _, t := range p.prog().tokens {
			s += map[kind]string{one: "?", run: "*"}[t.kind]
			if t.kind == literal {
				s += string(t.r)
			}
			if t.not != "" {
				s += "!" + t.not
			}
			if t.fold {
				s += "~"
			}
		}
		ss = append(ss, s)
	}
	return "{" + strings.Join(ss, " ") + "}"
}

var games = []struct {
	name, letters, alphabet string
	fold                    bool
}{
	{"two letters", "ab", "abc", false},
	{"signs of ARNs", "a:/", "a:/c", false},
	{"letter case", "aBs", "aAbBsSſ", true},
	{"two letters and case", "aA", "aAc", true},
}

// TestMatchAgreesWithDefinition: laws of Match, Concat and Fold over every short word.
func TestMatchAgreesWithDefinition(t *testing.T) {
	for _, g := range games {
		t.Run(g.name, func(t *testing.T) {
			d := dice{rand.New(rand.NewPCG(1, 2)), []rune(g.letters), g.fold}
			all := words(g.alphabet, 4)
			if len(all) > 1000 {
				all = words(g.alphabet, 3)
			}
			for range 1000 {
				p, q := d.pattern(6), d.pattern(3)
				pq := Concat(p, q)
				folded := p.Fold()
				for _, w := range all {
					if got, want := p.Match(w), p.naive(w); got != want {
						t.Fatalf("%s matches %q: got %v", show([]Pattern{p}), w, got)
					}
					split := false
					for i := range len(w) + 1 {
						split = split || p.Match(w[:i]) && q.Match(w[i:])
					}
					if isASCII(w) && pq.Match(w) != split {
						t.Fatalf("%s matches %q: got %v", show([]Pattern{p, q, pq}), w, !split)
					}
					if p.Match(w) && !(folded.Match(w) && folded.Match(strings.ToUpper(w))) {
						t.Fatalf("%s does not match %q in other case", show([]Pattern{folded}), w)
					}
				}
				for _, not := range d.letters {
					less, ok := p.Except(not)
					for _, w := range all {
						if got, want := ok && less.Match(w), p.Match(w) && !strings.ContainsRune(w, not); got != want {
							t.Fatalf("%s matches %q: got %v", show([]Pattern{p, less}), w, got)
						}
					}
				}
				if !folded.Fold().Equal(folded) {
					t.Fatalf("%s: folding twice differs", show([]Pattern{p}))
				}
			}
		})
	}
}

func isASCII(s string) bool {
	for _, r := range s {
		if r > 127 {
			return false
		}
	}
	return true
}

// TestFoldIsClosure: a folded pattern matches what differs in case only from a word of the pattern, and nothing else.
func TestFoldIsClosure(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(3, 4)), []rune("aBs"), false}
	all := words("aAbBsSſ", 3)
	for range 1000 {
		p := d.pattern(4)
		want := map[string]bool{}
		for _, w := range all {
			if p.Match(w) {
				want[fold(w)] = true
			}
		}
		for _, w := range all {
			if got := p.Fold().Match(w); got != want[fold(w)] {
				t.Fatalf("%s matches %q: got %v", show([]Pattern{p.Fold()}), w, got)
			}
		}
	}
}

func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r == 'ſ' {
			return 's'
		}
		return []rune(strings.ToLower(string(r)))[0]
	}, s)
}

// TestCoversAndMeet: covers is sound, meet is exact, over every short word.
func TestCoversAndMeet(t *testing.T) {
	for _, g := range games {
		t.Run(g.name, func(t *testing.T) {
			d := dice{rand.New(rand.NewPCG(5, 6)), []rune(g.letters), g.fold}
			all := words(g.alphabet, 4)
			for range 2000 {
				p, q := d.pattern(5), d.pattern(4)
				covers := p.prog().covers(q.prog(), nil)
				m, meets, sure := meet(p.prog(), q.prog(), nil)
				both := Pattern{compile(slices.Clone(m))}
				if !sure {
					t.Fatal("small patterns are too large")
				}
				common := false
				for _, w := range all {
					inP, inQ := p.naive(w), q.naive(w)
					common = common || inP && inQ
					if meets && both.naive(w) && !(inP && inQ) {
						t.Fatalf("%s have more in common than %q", show([]Pattern{p, q, both}), w)
					}
					if covers && inQ && !inP {
						t.Fatalf("%s does not hold %q", show([]Pattern{p, q}), w)
					}
				}
				if common && !meets {
					t.Fatalf("%s have a word in common", show([]Pattern{p, q}))
				}
				if meets && !common && p.prog().min+q.prog().min <= 4 { // the shortest common word is no longer than both together
					t.Fatalf("%s have no word in common", show([]Pattern{p, q}))
				}
				if includes, err := Includes(p, q, nil); err != nil || covers && !includes {
					t.Fatalf("%s: %v, %v", show([]Pattern{p, q}), includes, err)
				}
			}
		})
	}
}

// TestMemberAgreesWithWords: a member is in the language by the naive matcher; an empty language has no word. The
// cheap steps and the product agree.
func TestMemberAgreesWithWords(t *testing.T) {
	for _, g := range games {
		t.Run(g.name, func(t *testing.T) {
			d := dice{rand.New(rand.NewPCG(7, 8)), []rune(g.letters), g.fold}
			long, short := words(g.alphabet, 6), words(g.alphabet, 3)
			if len(long) > 6000 {
				long = words(g.alphabet, 4)
			}
			n, members := 3000, 0
			for i := range n {
				l := d.language()
				s, ok, err := l.Member(nil)
				if err != nil {
					t.Fatalf("%s: %v", l, err)
				}
				if ok && !l.naive(s) {
					t.Fatalf("%s: %q is no member", l, s)
				}
				if slow, also, err := l.product(&Budget{}); err != nil || also != ok || ok && !l.naive(slow) {
					t.Fatalf("%s: got %q, %v; the product says %q, %v, %v", l, s, ok, slow, also, err)
				}
				if ok {
					members++
					continue
				}
				all := short
				if i%10 == 0 {
					all = long
				}
				for _, w := range all {
					if l.naive(w) {
						t.Fatalf("%s: said to be empty, but has %q", l, w)
					}
				}
			}
			t.Logf("%d of %d have members", members, n)
		})
	}
}

// TestReduceKeepsTheLanguage: what reduce drops does not matter.
func TestReduceKeepsTheLanguage(t *testing.T) {
	for _, g := range games {
		d := dice{rand.New(rand.NewPCG(9, 10)), []rune(g.letters), g.fold}
		all := words(g.alphabet, 3)
		for range 1000 {
			l := d.language()
			rest, ok := reduce(l, nil)
			for _, w := range all {
				if l.naive(w) != (ok && rest.naive(w)) {
					t.Fatalf("%s became %s, %v: %q", l, rest, ok, w)
				}
			}
		}
	}
}
