package glob

// Limits of a question that needs the product (decision-procedure.md §1.8). The cheaper steps have none.
const (
	maxPatterns = 500
	maxLength   = 2048 // tokens of one pattern
)

// Member returns a string of the language. With ok false and err nil it is proved that there is none. err is an
// *[OverBudget] where the question was given up.
//
// It tries, in this order: the strings of Prefer; the strings of a finite element of All, which settles it; some
// readable strings for each pattern; whether patterns of All exclude each other or are covered by one of None; at
// last a search through the product of the patterns, which settles everything within the budget. The result depends
// on the arguments alone. A member names no rune of Unicode's private plane 15 that no literal of All has.
func (l Language) Member(b *Budget) (member string, ok bool, err error) {
	if b == nil {
		b = &Budget{}
	}
	if member, ok, err = l.member(b); err == nil && b.over() {
		err = b.error("product states")
	}
	if err != nil {
		return "", false, err
	}
	return member, ok, nil
}

// member is [Language.Member] but for the case that the budget ran out on the way: then the result means nothing.
func (l Language) member(b *Budget) (string, bool, error) {
	for _, s := range l.Prefer {
		if s = valid(s); l.has(s, b) {
			return s, true, nil
		}
	}
	for _, group := range l.All {
		if finite(group) {
			return l.first(group, b)
		}
	}
	c := candidates{language: l, budget: b}
	if s, ok := c.plain(); ok {
		return s, true, nil
	}
	rest, ok := reduce(l, b)
	if !ok || b.over() {
		return "", false, nil
	}
	for _, group := range rest.All {
		if finite(group) {
			return rest.first(group, b)
		}
	}
	c = candidates{language: rest, budget: b}
	if s, ok := c.search(); ok || b.over() {
		return s, ok, nil
	}
	return rest.product(b)
}

// finite tells whether the patterns hold one string each.
func finite(group []Pattern) bool {
	for _, p := range group {
		if !p.prog().isLit {
			return false
		}
	}
	return true
}

// first returns the first string of a finite element of All that is in the language.
func (l Language) first(group []Pattern, b *Budget) (string, bool, error) {
	for _, p := range group {
		if s := p.prog().lit; l.has(s, b) {
			return s, true, nil
		}
	}
	return "", false, nil
}
