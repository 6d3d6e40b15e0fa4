package glob_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// TestSymbols: no wildcard makes up an unknown value of a template, but one that a literal names is there.
func TestSymbols(t *testing.T) {
	if !policy.IsSymbol(glob.FirstSymbol) || !policy.IsSymbol(glob.LastSymbol) || policy.IsSymbol(glob.FirstSymbol-1) || policy.IsSymbol(glob.LastSymbol+1) {
		t.Fatal("the range of symbols is not package policy's")
	}
	var symbols policy.Symbols
	account := symbols.Rune("${AWS::AccountId}")
	role := "arn:aws:iam::" + account + ":role/"
	l := glob.Language{All: [][]glob.Pattern{{glob.Wildcard(role + "*")}, {glob.Wildcard("*")}}, None: []glob.Pattern{glob.Literal(role + "any"), glob.Wildcard(role + "other*")}}
	s, ok, err := l.Member(nil)
	if !ok || err != nil || !strings.HasPrefix(s, role) {
		t.Errorf("got %q, %v, %v", symbols.Show(s), ok, err)
	}
	l = glob.Language{All: [][]glob.Pattern{{glob.Wildcard("?")}}, None: []glob.Pattern{glob.Literal(account), glob.Wildcard("[a-z]")}}
	for r := range unicode.MaxASCII {
		l.None = append(l.None, glob.Literal(string(rune(r))))
	}
	s, ok, err = l.Member(nil)
	if !ok || err != nil || policy.HasSymbol(s) {
		t.Errorf("got %q, %v, %v", s, ok, err)
	}
	if s == "" || []rune(s)[0] > 0xFF {
		t.Errorf("KMS accepts no rune of %q", s)
	}
}
