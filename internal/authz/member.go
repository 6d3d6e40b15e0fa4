package authz

import (
	"math/big"
	"net/netip"
	"slices"
	"time"

	"github.com/kmsguard/kmsguard/internal/glob"
)

// member returns a string that lies in all the sets, or proves that there is none. whole asks for whole numbers alone,
// which is what KMS's numeric keys hold. sure is false where neither was reached: the budget ran out, or wildcards and
// numbers meet on one key in a way that is not decided; then why says so.
func member(all []values, whole bool, budget *glob.Budget) (found string, ok, sure bool, why string) {
	typed := false
	for _, v := range all {
		for _, a := range v.atoms {
			typed = typed || a.kind != text
		}
	}
	if !typed {
		s, ok, err := language(all).Member(budget)
		if err != nil {
			return "", false, false, err.Error()
		}
		return s, ok, true, ""
	}
	for _, c := range candidates(all, whole) {
		if inAll(all, c) {
			return c, true, true, ""
		}
	}
	// The candidates meet every region that numbers, dates and addresses cut, and every literal. A wildcard cuts more.
	if !wild(all) {
		return "", false, true, ""
	}
	if s, ok, err := language(textOnly(all)).Member(budget); err == nil {
		if !ok {
			return "", false, true, ""
		}
		if inAll(all, s) {
			return s, true, true, ""
		}
	}
	return "", false, false, "wildcards together with numbers, dates or addresses on one key"
}

func inAll(all []values, s string) bool {
	for _, v := range all {
		if !v.has(s) {
			return false
		}
	}
	return true
}

func language(all []values) glob.Language {
	var l glob.Language
	for _, v := range all {
		patterns := make([]glob.Pattern, 0, len(v.atoms))
		for _, a := range v.atoms {
			patterns = append(patterns, a.glob)
		}
		if v.except {
			l.None = append(l.None, patterns...)
		} else {
			l.All = append(l.All, patterns)
		}
	}
	return l
}

// textOnly drops the sets that hold numbers, dates or addresses: what remains is a superset.
func textOnly(all []values) []values {
	return slices.DeleteFunc(slices.Clone(all), func(v values) bool {
		return slices.ContainsFunc(v.atoms, func(a atom) bool { return a.kind != text })
	})
}

func wild(all []values) bool {
	for _, v := range all {
		for _, a := range v.atoms {
			if a.kind == text {
				if _, literal := a.glob.IsLiteral(); !literal {
					return true
				}
			}
		}
	}
	return false
}

// candidates returns strings of which one lies in the intersection of the sets if any string does, wildcards apart.
func candidates(all []values, whole bool) []string {
	var numbers, dates []*big.Rat
	var addresses []netip.Addr
	found := []string{"any"}
	for _, v := range all {
		for _, a := range v.atoms {
			switch a.kind {
			case number:
				numbers = append(numbers, a.number)
			case date:
				dates = append(dates, a.number)
			case address:
				addresses = append(addresses, borders(a.net)...)
			case text:
				if s, ok := a.glob.IsLiteral(); ok {
					found = append(found, s)
				}
			}
		}
	}
	for _, n := range between(numbers, whole) {
		found = append(found, n.decimal())
	}
	for _, n := range between(dates, false) {
		found = append(found, n.date(), n.decimal())
	}
	for _, a := range append(addresses, netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("2001:db8::1")) {
		found = append(found, a.String())
	}
	return found
}

// borders returns the first and last address of a range and their neighbours.
func borders(p netip.Prefix) []netip.Addr {
	first, last := p.Addr(), p.Addr()
	b := last.AsSlice()
	for bit := p.Bits(); bit < len(b)*8; bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ = netip.AddrFromSlice(b)
	all := []netip.Addr{first, last}
	for _, a := range []netip.Addr{first.Prev(), last.Next()} {
		if a.IsValid() {
			all = append(all, a)
		}
	}
	return all
}

// point is a number among the cut points of a line.
type point struct{ *big.Rat }

// between returns each cut point, one number between each two, and one before and after all.
func between(cuts []*big.Rat, whole bool) []point {
	if len(cuts) == 0 {
		return nil
	}
	slices.SortFunc(cuts, func(a, b *big.Rat) int { return a.Cmp(b) })
	one := big.NewRat(1, 1)
	var all []point
	add := func(r *big.Rat) {
		if !whole || r.IsInt() {
			all = append(all, point{r})
		}
	}
	for i, c := range cuts {
		add(c)
		for _, near := range []*big.Rat{floor(c), floor(new(big.Rat).Add(c, one)), floor(new(big.Rat).Sub(c, one))} {
			add(near)
		}
		if i > 0 && c.Cmp(cuts[i-1]) > 0 {
			mid := new(big.Rat).Add(c, cuts[i-1])
			add(mid.Quo(mid, big.NewRat(2, 1)))
		}
	}
	add(new(big.Rat).Sub(cuts[0], one))
	add(new(big.Rat).Add(cuts[len(cuts)-1], one))
	return all
}

func floor(r *big.Rat) *big.Rat {
	q := new(big.Int)
	m := new(big.Int)
	q.DivMod(r.Num(), r.Denom(), m)
	return new(big.Rat).SetInt(q)
}

// decimal writes the number as a decimal that [parseNumber] reads back as the same number: cut points are decimals, and so are their halves.
func (p point) decimal() string {
	if p.IsInt() {
		return p.Num().String()
	}
	precision, exact := p.FloatPrec()
	if !exact {
		precision = 40
	}
	return p.FloatString(min(precision, 40))
}

// date writes the seconds as an ISO 8601 date where the year has four digits, else as a number.
func (p point) date() string {
	if p.IsInt() && p.Num().IsInt64() {
		if t := time.Unix(p.Num().Int64(), 0).UTC(); t.Year() >= 0 && t.Year() <= 9999 {
			return t.Format(time.RFC3339)
		}
	}
	return p.decimal()
}
