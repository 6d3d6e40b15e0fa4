// Package glob treats IAM's wildcard patterns as languages: whether a string matches one, whether one pattern holds
// another, and whether any string matches some patterns and none of others, with such a string.
//
// Strings are sequences of runes; a byte that is no valid UTF-8 counts as U+FFFD. What * and ? mean is in
// semantics.md §1.5 (actions, resources) and §4.2 (StringLike, ArnLike, IgnoreCase); that ? stands for one rune
// beyond ASCII too, and that case folds by Unicode's simple folding, are readings of what AWS leaves open (§9 no. 2).
// How emptiness is decided is in decision-procedure.md §1.7; see [Language.Member].
package glob

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Pattern is a set of strings: literal runes, wildcards for one rune and wildcards for any run of runes, where a
// wildcard may exclude runes. It is immutable. The zero Pattern is Literal("").
type Pattern struct{ p *program }

// program is a pattern in normal form, with what the fast tests want to know.
type program struct {
	tokens []token
	// body is what stands between prefix and suffix.
	body []token
	// key is the same for patterns of the same tokens.
	key string
	// lit is the only string, where isLit.
	lit   string
	isLit bool
	// free: no run of runes excludes any, so the leftmost match of each piece between runs is as good as any.
	free bool
	// prefix and suffix are what every string of the pattern starts and ends with; they do not overlap where isLit is false.
	prefix, suffix string
	// min is the least length in runes.
	min int
	// used has a bit for each ASCII rune that a token names; wide are the others, some more than once.
	used [2]uint64
	wide []rune
}

var empty = compile(nil)

func (p Pattern) prog() *program {
	if p.p == nil {
		return empty
	}
	return p.p
}

// Literal returns the pattern of one string.
func Literal(s string) Pattern {
	var ts []token
	for _, r := range s {
		ts = append(ts, token{kind: literal, r: r})
	}
	return Pattern{compile(ts)}
}

// Wildcard returns the pattern in which * is any run of runes and ? any one rune, as in Action, Resource and
// StringLike.
func Wildcard(s string) Pattern { return Pattern{compile(tokens(nil, s, ""))} }

// WildcardExcept is [Wildcard] with wildcards that never match the rune not.
func WildcardExcept(s string, not rune) Pattern {
	return Pattern{compile(tokens(nil, s, string(not)))}
}

// ARN returns the pattern of an ArnLike or ArnEquals value: six components between colons, each matched on its own,
// of which the sixth is the rest and may have colons (semantics.md §4.2). It is false where s has fewer than six.
func ARN(s string) (Pattern, bool) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 {
		return Pattern{}, false
	}
	var ts []token
	for _, part := range parts[:5] {
		ts = append(tokens(ts, part, ":"), token{kind: literal, r: ':'})
	}
	return Pattern{compile(tokens(ts, parts[5], ""))}, true
}

func tokens(ts []token, s, not string) []token {
	for _, r := range s {
		switch r {
		case '*':
			ts = append(ts, token{kind: run, not: not})
		case '?':
			ts = append(ts, token{kind: one, not: not})
		default:
			ts = append(ts, token{kind: literal, r: r})
		}
	}
	return ts
}

// Concat returns the strings that are a string of the first pattern, then one of the second, and so on.
func Concat(ps ...Pattern) Pattern {
	if len(ps) == 1 {
		return ps[0]
	}
	var ts []token
	for _, p := range ps {
		ts = append(ts, p.prog().tokens...)
	}
	return Pattern{compile(ts)}
}

// Fold returns the strings that differ from one of the pattern's in letter case only, as
// StringEqualsIgnoreCase compares.
func (p Pattern) Fold() Pattern {
	ts := slices.Clone(p.prog().tokens)
	for i, t := range ts {
		if t.kind == literal {
			ts[i] = token{kind: literal, r: t.r, fold: cased(t.r)}
			continue
		}
		ts[i].not = strings.Map(func(r rune) rune {
			for _, c := range orbit(r) {
				if t.has(c) {
					return -1 // the excluded rune differs in case only from one that is not
				}
			}
			return r
		}, t.not)
	}
	return Pattern{compile(ts)}
}

// IsLiteral returns the only string of the pattern.
func (p Pattern) IsLiteral() (string, bool) {
	c := p.prog()
	return c.lit, c.isLit
}

// MatchesAll tells whether every string matches.
func (p Pattern) MatchesAll() bool {
	ts := p.prog().tokens
	return len(ts) == 1 && ts[0] == token{kind: run}
}

// Len returns the length of the pattern in tokens.
func (p Pattern) Len() int { return len(p.prog().tokens) }

// Equal tells whether two patterns have the same normal form. Patterns that are equal as sets may differ in it.
func (p Pattern) Equal(q Pattern) bool { return p.prog().key == q.prog().key }

// String returns the pattern as one writes it in a policy, with literal *, ? and ${ as IAM escapes them. It does not
// show which wildcards exclude runes, nor that case is ignored.
func (p Pattern) String() string {
	var b strings.Builder
	ts := p.prog().tokens
	for i, t := range ts {
		switch {
		case t.kind == run:
			b.WriteByte('*')
		case t.kind == one:
			b.WriteByte('?')
		case t.r == '*' || t.r == '?' || t.r == '$' && i+1 < len(ts) && ts[i+1].kind == literal && ts[i+1].r == '{':
			b.WriteString("${" + string(t.r) + "}")
		default:
			b.WriteRune(t.r)
		}
	}
	return b.String()
}

// compile brings tokens to normal form. It owns the slice. Cost: linear.
func compile(ts []token) *program {
	ts = normal(ts)
	c := &program{tokens: ts, free: true, isLit: true}
	key := make([]byte, 0, len(ts)+8)
	for _, t := range ts {
		switch {
		case t.kind == run:
			c.free = c.free && t.not == ""
			c.isLit = false
		case t.kind == one || t.fold:
			c.isLit = false
			c.min++
		default:
			c.min++
		}
		for _, r := range t.not {
			c.name(r)
		}
		if t.kind != literal || t.fold {
			key = append(key, 0xFF, byte(t.kind)) // 0xFF is no byte of UTF-8, so literal text cannot look like it
			key = append(append(key, t.not...), 0xFF)
		}
		if t.kind != literal {
			continue
		}
		key = utf8.AppendRune(key, t.r)
		c.name(t.r)
		if t.fold {
			for _, r := range orbit(t.r)[1:] {
				c.name(r)
			}
		}
	}
	c.key = string(key)
	i := 0
	for i < len(ts) && ts[i].kind == literal && !ts[i].fold {
		i++
	}
	c.prefix = text(ts[:i])
	if c.isLit {
		c.lit, c.suffix = c.prefix, ""
		return c
	}
	j := len(ts)
	for j > i && ts[j-1].kind == literal && !ts[j-1].fold {
		j--
	}
	c.suffix = text(ts[j:])
	c.body = ts[i:j]
	return c
}

// name notes that a token names the rune.
func (c *program) name(r rune) {
	if r < utf8.RuneSelf {
		c.used[r>>6] |= 1 << (r & 63)
	} else {
		c.wide = append(c.wide, r)
	}
}

// normal joins neighbouring runs and puts single wildcards before runs of the same kind: ** is *, *? is ?*.
func normal(ts []token) []token {
	out := ts[:0]
	for _, t := range ts {
		switch n := len(out); {
		case n == 0 || out[n-1].kind != run || t.kind == literal:
			out = append(out, t)
		case t.kind == one:
			out = append(out, t)
			if out[n-1].not == t.not {
				out[n-1], out[n] = out[n], out[n-1]
			}
		default: // a run after a run: the one that takes more swallows the other
			for len(out) > 0 && out[len(out)-1].kind == run && out[len(out)-1].in(t) {
				out = out[:len(out)-1]
			}
			if n := len(out); n == 0 || out[n-1].kind != run || !t.in(out[n-1]) {
				out = append(out, t)
			}
		}
	}
	return out
}

func text(ts []token) string {
	var b strings.Builder
	for _, t := range ts {
		b.WriteRune(t.r)
	}
	return b.String()
}
