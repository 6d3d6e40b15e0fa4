package glob

import (
	"strings"
	"testing"
)

// naive matches by the definition, rune by rune with every choice of a run: the law that Match is held to. It reads
// the tokens of a pattern and shares nothing else with the package.
func naive(ts []token, s []rune) bool {
	if len(ts) == 0 {
		return len(s) == 0
	}
	fits := func(t token, r rune) bool {
		if strings.ContainsRune(t.not, r) {
			return false
		}
		return t.kind != literal || t.r == r || t.fold && strings.EqualFold(string(t.r), string(r))
	}
	if ts[0].kind == run {
		if naive(ts[1:], s) {
			return true
		}
		return len(s) > 0 && fits(ts[0], s[0]) && naive(ts, s[1:])
	}
	return len(s) > 0 && fits(ts[0], s[0]) && naive(ts[1:], s[1:])
}

func (p Pattern) naive(s string) bool { return naive(p.prog().tokens, []rune(s)) }

func TestMatch(t *testing.T) {
	arn := func(s string) Pattern {
		p, ok := ARN(s)
		if !ok {
			t.Fatalf("ARN(%q) is no pattern", s)
		}
		return p
	}
	tests := []struct {
		name string
		p    Pattern
		s    string
		want bool
	}{
		{"wildcards of StringEquals are literal", Literal("a*"), "ab", false},
		{"wildcards of StringEquals are literal", Literal("a*"), "a*", true},
		{"a run may be empty", Wildcard("a*"), "a", true},
		{"a run spans colons and slashes", Wildcard("a*z"), "a:/:z", true},
		{"one is exactly one", Wildcard("a?"), "a", false},
		{"one is a rune", Wildcard("a?"), "aü", true},
		{"both ends are anchored", Wildcard("b*"), "ab", false},
		{"a bad byte is one rune", Wildcard("a?b"), "a\xffb", true},
		{"a bad byte is U+FFFD", Literal("a\xff"), "a\uFFFD", true},
		{"two bad bytes are two", Wildcard("a?b"), "a\xff\xffb", false},
		{"a role of the account", arn("arn:aws:iam::111122223333:role/*"), "arn:aws:iam::111122223333:role/a/b", true},
		{"a run of the first five ends at a colon", arn("arn:aws:*:r:1:x"), "arn:aws:iam::r:1:x", false},
		{"the sixth has colons", arn("arn:aws:sns:*:*:*"), "arn:aws:sns:r:a:t:u:v", true},
		{"StringLike crosses colons", Wildcard("arn:aws:*:111122223333:*"), "arn:aws:s3:::b:111122223333:x", true},
		{"ArnLike does not", arn("arn:aws:*:*:111122223333:*"), "arn:aws:s3:::b:111122223333:x", false},
		{"one of the first five is no colon", arn("arn:aws:iam:?:1:x"), "arn:aws:iam:::1:x", false},
		{"no slash in a path-less name", WildcardExcept("role/*", '/'), "role/a/b", false},
		{"no slash in a path-less name", WildcardExcept("role/*", '/'), "role/ab", true},
		{"case matters", Wildcard("Ab*"), "aB", false},
		{"case is ignored", Wildcard("Ab*").Fold(), "aBcD", true},
		{"case is ignored beyond ASCII", Literal("straßE").Fold(), "STRAẞe", true},
		{"signs have no case", Literal("a[").Fold(), "a{", false},
	}
	for _, tt := range tests {
		if got := tt.p.Match(tt.s); got != tt.want {
			t.Errorf("%s: %s matches %q: got %v", tt.name, tt.p, tt.s, got)
		}
		if got := tt.p.naive(string([]rune(tt.s))); got != tt.want {
			t.Errorf("%s: the naive matcher says %v", tt.name, got)
		}
	}
}

func TestARNNeedsSixComponents(t *testing.T) {
	for _, s := range []string{"", "*", "arn:*", "arn:aws:iam::111122223333"} {
		if _, ok := ARN(s); ok {
			t.Errorf("ARN(%q) is a pattern", s)
		}
	}
}

func TestLiteral(t *testing.T) {
	for _, tt := range []struct {
		p    Pattern
		want string
		ok   bool
	}{
		{Pattern{}, "", true},
		{Literal("a*"), "a*", true},
		{Wildcard("abc"), "abc", true},
		{Wildcard("a*"), "", false},
		{Literal("abc").Fold(), "", false},
		{Literal("123").Fold(), "123", true},
		{Concat(Wildcard("a"), Literal("*"), Wildcard("b")), "a*b", true},
	} {
		if got, ok := tt.p.IsLiteral(); got != tt.want || ok != tt.ok {
			t.Errorf("%s: got %q, %v", tt.p, got, ok)
		}
	}
}

func TestString(t *testing.T) {
	for _, tt := range []struct {
		p    Pattern
		want string
	}{
		{Wildcard("a**?b"), "a?*b"},
		{Concat(Wildcard("a*"), Literal("*")), "a*${*}"},
		{Literal("?${x}$"), "${?}${$}{x}$"},
	} {
		if got := tt.p.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestMatchesAll(t *testing.T) {
	for s, want := range map[string]bool{"*": true, "***": true, "*?": false, "": false, "a*": false} {
		if got := Wildcard(s).MatchesAll(); got != want {
			t.Errorf("%q: got %v", s, got)
		}
	}
	if WildcardExcept("*", ':').MatchesAll() {
		t.Error("a run that excludes a rune matches all")
	}
	if !Concat(WildcardExcept("*", ':'), Wildcard("*"), WildcardExcept("*", '/')).MatchesAll() {
		t.Error("a run swallows narrower ones beside it")
	}
}

// TestMembersReadWell is about what people see in a report.
func TestMembersReadWell(t *testing.T) {
	w := func(ss ...string) []Pattern {
		var ps []Pattern
		for _, s := range ss {
			if p, ok := ARN(s); ok {
				ps = append(ps, p)
			} else {
				ps = append(ps, Wildcard(s))
			}
		}
		return ps
	}
	for _, tt := range []struct {
		l    Language
		want string
	}{
		{Language{}, "any"},
		{Language{None: w("any*")}, "other"},
		{Language{All: [][]Pattern{w("arn:aws:iam::111122223333:role/*")}, None: w("arn:aws:iam::111122223333:role/Admin")}, "arn:aws:iam::111122223333:role/any"},
		{Language{All: [][]Pattern{w("arn:aws:iam::111122223333:role/*"), w("*:role/app-*")}}, "arn:aws:iam::111122223333:role/app-any"},
		{Language{All: [][]Pattern{w("arn:*:iam::*:user/*")}}, "arn:aws:iam::444455556666:user/any"},
		{Language{All: [][]Pattern{w("arn:aws:logs:*:111122223333:log-group:*")}}, "arn:aws:logs:eu-west-1:111122223333:log-group:any"},
		{Language{All: [][]Pattern{w("????????????")}, None: w("111122223333")}, "444455556666"},
		{Language{All: [][]Pattern{w("o-*")}, None: w("o-a1b2c3d4e5")}, "o-any"},
		{Language{All: [][]Pattern{w("*")}, None: []Pattern{WildcardExcept("*", '/')}}, "any/any"},
		{Language{All: [][]Pattern{w("*")}, None: w("any", "other"), Prefer: []string{"any", "444455556666"}}, "444455556666"},
	} {
		got, ok, err := tt.l.Member(nil)
		if !ok || err != nil || got != tt.want {
			t.Errorf("%v: got %q, %v, %v; want %q", tt.l, got, ok, err, tt.want)
		}
	}
}
