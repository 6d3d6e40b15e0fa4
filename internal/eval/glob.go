package eval

import (
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/kmsguard/kmsguard/internal/policy"
)

const (
	whyDataWildcard = "whether wildcards inside the value of a policy variable are wildcards is not documented"
	whyQuestionUnit = "whether ? matches one character or one byte beyond ASCII is not documented"
)

// elem is one piece of a pattern: a character, any run of characters (*) or any one character (?).
type elem struct {
	kind elemKind
	r    rune
	data bool // from the value of a policy variable
}

type elemKind uint8

const (
	char elemKind = iota
	anyRun
	anyOne
)

// glob is a pattern of semantics.md §4.2 (StringLike) taken apart. It matches whole texts.
type glob []elem

// globText reads * and ? as wildcards and everything else as itself.
func globText(text string) glob {
	g := make(glob, 0, len(text))
	for _, r := range text {
		g = append(g, wild(r))
	}
	return g
}

func wild(r rune) elem {
	switch r {
	case '*':
		return elem{kind: anyRun, r: r}
	case '?':
		return elem{kind: anyOne, r: r}
	}
	return elem{r: r}
}

// literal returns the text in which * and ? are characters.
func (g glob) literal() string {
	b := make([]rune, len(g))
	for i, e := range g {
		b[i] = e.r
	}
	return string(b)
}

// match walks both from the left; at a mismatch the last * takes one character more.
func (g glob) match(text []rune) bool {
	i, j := 0, 0
	star, mark := -1, 0
	for j < len(text) {
		switch {
		case i < len(g) && g[i].kind == anyRun:
			star, mark = i, j
			i++
		case i < len(g) && (g[i].kind == anyOne || g[i].kind == char && g[i].r == text[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(g) && g[i].kind == anyRun {
		i++
	}
	return i == len(g)
}

// like matches the text in every reading that the documents leave open, and is in doubt where they differ.
func (g glob) like(text string) verdict {
	v := g.likeUnits(text)
	if widened, changed := g.widened(); changed {
		return v.orElse(widened.likeUnits(text), whyDataWildcard)
	}
	return v
}

// likeUnits tries the units that ? may count in.
func (g glob) likeUnits(text string) verdict {
	v := sure(g.match([]rune(text)))
	if !beyondASCII(text) || !slices.ContainsFunc(g, func(e elem) bool { return e.kind == anyOne }) {
		return v
	}
	for _, split := range []func(rune) []rune{bytesOf, utf16Of} {
		v = v.orElse(sure(g.split(split).match(splitText(text, split))), whyQuestionUnit)
	}
	return v
}

// widened reads wildcards inside the values of variables as wildcards.
func (g glob) widened() (glob, bool) {
	if !slices.ContainsFunc(g, func(e elem) bool { return e.data && (e.r == '*' || e.r == '?') }) {
		return g, false
	}
	out := slices.Clone(g)
	for i, e := range out {
		if e.data {
			out[i] = wild(e.r)
		}
	}
	return out, true
}

func (g glob) split(split func(rune) []rune) glob {
	var out glob
	for _, e := range g {
		if e.kind != char {
			out = append(out, e)
			continue
		}
		for _, r := range split(e.r) {
			out = append(out, elem{r: r, data: e.data})
		}
	}
	return out
}

func splitText(text string, split func(rune) []rune) []rune {
	var out []rune
	for _, r := range text {
		out = append(out, split(r)...)
	}
	return out
}

// bytesOf returns the UTF-8 bytes of a character. A symbol stands for a whole string and is never split.
func bytesOf(r rune) []rune {
	if policy.IsSymbol(r) {
		return []rune{r}
	}
	var out []rune
	for _, b := range utf8.AppendRune(nil, r) {
		out = append(out, rune(b))
	}
	return out
}

// utf16Of returns the UTF-16 units of a character.
func utf16Of(r rune) []rune {
	if policy.IsSymbol(r) {
		return []rune{r}
	}
	var out []rune
	for _, u := range utf16.AppendRune(nil, r) {
		out = append(out, rune(u))
	}
	return out
}
