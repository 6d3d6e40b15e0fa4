package glob

import (
	"errors"
	"strings"
	"testing"
)

// FuzzMatch: Match is the naive matcher's answer, for every kind of pattern that callers make, and so are the pattern's
// properties.
func FuzzMatch(f *testing.F) {
	f.Add("a*b?c", "axxbyc", uint8(0))
	f.Add("arn:aws:*:*:1:*", "arn:aws:s3::1:x", uint8(1))
	f.Add("*K*", "ſk\u212a", uint8(2))
	f.Add("*a*a*a*b", "aaaaaaaaaaa", uint8(3))
	f.Add("\xff?", "\ufffd\xfe", uint8(4))
	f.Fuzz(func(t *testing.T, pattern, s string, how uint8) {
		if len(pattern) > 24 || len(s) > 24 {
			return // the naive matcher is exponential
		}
		p := Wildcard(pattern)
		switch how % 5 {
		case 1:
			if q, ok := ARN(pattern); ok {
				p = q
			}
		case 2:
			p = p.Fold()
		case 3:
			p = WildcardExcept(pattern, 'a')
		case 4:
			p = Concat(WildcardExcept(pattern, '/'), Literal(pattern), Wildcard(pattern).Fold())
			if len(pattern) > 8 {
				return
			}
		}
		want := p.naive(s)
		if got := p.Match(s); got != want {
			t.Fatalf("%s matches %q: got %v", show([]Pattern{p}), s, got)
		}
		if only, ok := p.IsLiteral(); ok && want != (string([]rune(s)) == only) {
			t.Fatalf("%s is not only %q", show([]Pattern{p}), only)
		}
		if p.MatchesAll() && !want {
			t.Fatalf("%s does not match %q", show([]Pattern{p}), s)
		}
		if want && !p.Fold().Match(s) {
			t.Fatalf("%s folded does not match %q", show([]Pattern{p}), s)
		}
		if strings.EqualFold(pattern, s) != Literal(pattern).Fold().Match(s) {
			t.Fatalf("%q and %q: folding is not strings.EqualFold's", pattern, s)
		}
	})
}

// FuzzMember: a member is in the language; an empty language holds none of the words; the product agrees. Lines of text
// are patterns: those that start with + of All (with +~ of its first element), the others of None.
func FuzzMember(f *testing.F) {
	f.Add("+*a??\n?*a??\na??", "aaaa")
	f.Add("+arn:aws:iam::1:role/*\n+*:role/a*\narn:aws:iam::1:role/any", "arn:aws:iam::1:role/app")
	f.Add("+*\n!:*\n!/*", "a:b/c")
	f.Add("+~aB*\n~AB\nab*", "aBc")
	f.Add("*?\n", "")
	f.Fuzz(func(t *testing.T, text, word string) {
		if len(text) > 120 || len(word) > 12 {
			return
		}
		var l Language
		for line := range strings.SplitSeq(text, "\n") {
			line, positive := strings.CutPrefix(line, "+")
			line, folded := strings.CutPrefix(line, "~")
			p := Wildcard(line)
			if rest, ok := strings.CutPrefix(line, "!"); ok && rest != "" {
				rs := []rune(rest)
				p = WildcardExcept(string(rs[1:]), rs[0])
			}
			if folded {
				p = p.Fold()
			}
			switch {
			case positive && folded && len(l.All) > 0:
				l.All[0] = append(l.All[0], p)
			case positive:
				l.All = append(l.All, []Pattern{p})
			default:
				l.None = append(l.None, p)
			}
		}
		s, ok, err := l.Member(nil)
		var over *OverBudget
		if err != nil {
			if !errors.As(err, &over) {
				t.Fatal(err)
			}
			return
		}
		if ok && !l.Has(s) {
			t.Fatalf("%s: %q is no member", l, s)
		}
		if !ok && l.Has(word) {
			t.Fatalf("%s: said to be empty, but has %q", l, word)
		}
		if slow, also, err := l.product(&Budget{}); err == nil && (also != ok || ok && !l.Has(slow)) {
			t.Fatalf("%s: got %q, %v; the product says %q, %v", l, s, ok, slow, also)
		}
	})
}

// FuzzARN: an ARN pattern matches a text if and only if each of the first five components matches on its own, without a
// colon, and the sixth matches the rest (semantics.md §4.2).
func FuzzARN(f *testing.F) {
	f.Add("arn:aws:iam::*:role/a*", "arn:aws:iam::111122223333:role/app")
	f.Add("arn:*:x", "arn:a:b:c:d:x")
	f.Add("arn:aws:s3:::b*", "arn:aws:s3:::b:c")
	f.Add("*:*:*:*:*:*", "a:b:c:d:e:f:g")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 30 || len(s) > 30 {
			return // the naive matcher is exponential
		}
		p, ok := ARN(pattern)
		parts := strings.SplitN(pattern, ":", 6)
		if ok != (len(parts) == 6) {
			t.Fatalf("%q is an ARN pattern: got %v", pattern, ok)
		}
		if !ok {
			return
		}
		texts := strings.SplitN(s, ":", 6)
		want := len(texts) == 6
		for i := 0; want && i < 6; i++ {
			want = Wildcard(parts[i]).naive(texts[i])
		}
		if got := p.Match(s); got != want {
			t.Fatalf("%q matches %q: got %v, want %v", pattern, s, got, want)
		}
	})
}
