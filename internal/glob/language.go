package glob

// Language is a set of strings: those that match at least one pattern of each element of All and no pattern of None.
// The zero Language holds every string; one with an empty element in All holds none.
type Language struct {
	All  [][]Pattern
	None []Pattern
	// Prefer are whole strings that make good members; Member tries them first, in order.
	Prefer []string
}

// Has tells whether the string is in the language.
func (l Language) Has(s string) bool { return l.has(valid(s), nil) }

// has is [Language.Has] of valid text within the budget: false where that ran out.
func (l Language) has(s string, b *Budget) bool {
	for _, group := range l.All {
		if !anyMatch(group, s, b) {
			return false
		}
	}
	return !anyMatch(l.None, s, b) && !b.over()
}

func anyMatch(ps []Pattern, s string, b *Budget) bool {
	for _, p := range ps {
		if p.prog().match(s, b) {
			return true
		}
	}
	return false
}
