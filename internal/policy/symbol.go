package policy

import (
	"strings"
)

// Symbols are the unknown strings of one template: its own account, its Region, parameters without a known value,
// attributes of resources, imports. Each stands in the texts of the policy as one rune of Unicode's private plane 15,
// so that it is equal to itself and to nothing else, is matched by wildcards, and splits no ARN. DESIGN section 3:
// what nothing in the repository fixes counts as one string of its own.
//
// The zero value is empty and ready. Symbols of two templates that are compared must come from one table.
type Symbols struct {
	names []string
	index map[string]rune
}

const (
	firstSymbol = 0xF0000
	lastSymbol  = 0xFFFFD
)

// Rune returns the symbol with the name as a one-rune string, making it where it is new. Names are shown to people as
// they are, so they read like the template's: "${AWS::AccountId}", "${AdminRoleArn}", "${Table.StreamArn}".
func (s *Symbols) Rune(name string) string {
	if r, ok := s.index[name]; ok {
		return string(r)
	}
	if s.index == nil {
		s.index = map[string]rune{}
	}
	r := rune(firstSymbol + len(s.names))
	if r > lastSymbol {
		r = lastSymbol // 65,000 symbols in one template: the last ones are one
	}
	s.names = append(s.names, name)
	s.index[name] = r
	return string(r)
}

// Show returns the text with its symbols by name.
func (s *Symbols) Show(text string) string {
	if s == nil || !strings.ContainsFunc(text, IsSymbol) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if i := int(r) - firstSymbol; IsSymbol(r) && i < len(s.names) {
			b.WriteString(s.names[i])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// IsSymbol tells whether the rune stands for a symbol.
func IsSymbol(r rune) bool { return r >= firstSymbol && r <= lastSymbol }

// HasSymbol tells whether a symbol stands in the text.
func HasSymbol(text string) bool { return strings.ContainsFunc(text, IsSymbol) }

// CleanText replaces runes of the private range, so that no text of a repository can pass for a symbol. KMS accepts no rune over U+00FF (semantics.md §1.1).
func CleanText(text string) string {
	if !HasSymbol(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if IsSymbol(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

// RegionSymbol is the name of the symbol for the Region in which a template's resources are made.
const RegionSymbol = "${AWS::Region}"

// Region returns the symbol of the template's own Region where it stands in the text, else "". A key that the template makes is in that Region.
func (s *Symbols) Region(text string) string {
	for _, r := range text {
		if IsSymbol(r) && s.Show(string(r)) == RegionSymbol {
			return string(r)
		}
	}
	return ""
}

// AccountSymbol is the name of the symbol for a template's own account.
const AccountSymbol = "${AWS::AccountId}"
