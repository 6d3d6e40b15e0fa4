package eval

import (
	"strings"
	"unicode"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// lowerASCII lowers A to Z alone.
func lowerASCII(s string) string {
	return strings.Map(lowerLetter, s)
}

func lowerLetter(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lowerLetter(rune(a[i])) != lowerLetter(rune(b[i])) {
			return false
		}
	}
	return true
}

// beyondASCII tells whether the text has characters, symbols apart, about whose case and units the documents are silent.
func beyondASCII(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 && !policy.IsSymbol(r) })
}

// foldAlike tells whether some rule of case folding makes the texts equal that the ASCII rule keeps apart.
func foldAlike(a, b string) bool {
	if !beyondASCII(a) && !beyondASCII(b) {
		return false
	}
	return !equalFoldASCII(a, b) && foldEach(expandSharpS(a), expandSharpS(b))
}

// expandSharpS undoes the one letter of Latin-1 that folds to two.
func expandSharpS(s string) []rune {
	return []rune(strings.NewReplacer("ß", "ss", "ẞ", "ss").Replace(s))
}

func foldEach(a, b []rune) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && unicode.ToUpper(a[i]) != unicode.ToUpper(b[i]) && unicode.ToLower(a[i]) != unicode.ToLower(b[i]) &&
			!strings.EqualFold(string(a[i]), string(b[i])) {
			return false
		}
	}
	return true
}
