package authz

import (
	"math/big"
	"net/netip"
	"regexp"
	"time"

	"github.com/kmsguard/kmsguard/internal/glob"
)

// atom is a set of strings: what one operand of a condition matches.
type atom struct {
	kind   atomKind
	glob   glob.Pattern // of text
	order  ordering     // of number and date
	number *big.Rat     // of number, and of date as seconds since 1970
	net    netip.Prefix // of address
}

type atomKind uint8

const (
	text atomKind = iota
	number
	date
	address
)

// ordering says which side of a number lies in the set.
type ordering uint8

const (
	equal ordering = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

func (o ordering) holds(cmp int) bool {
	switch o {
	case less:
		return cmp < 0
	case lessOrEqual:
		return cmp <= 0
	case greater:
		return cmp > 0
	case greaterOrEqual:
		return cmp >= 0
	}
	return cmp == 0
}

func (a atom) has(value string) bool {
	switch a.kind {
	case number:
		v, why := parseNumber(value)
		return why == "" && a.order.holds(v.Cmp(a.number))
	case date:
		v, why := parseDate(value)
		return why == "" && a.order.holds(v.Cmp(a.number))
	case address:
		v, err := netip.ParseAddr(value)
		return err == nil && v.Zone() == "" && a.net.Contains(v)
	}
	return a.glob.Match(value)
}

// values is a set of strings: the union of atoms, or with except everything outside them.
type values struct {
	atoms  []atom
	except bool
}

var anyValue = values{except: true}

func (v values) has(s string) bool {
	for _, a := range v.atoms {
		if a.has(s) {
			return !v.except
		}
	}
	return v.except
}

func (v values) not() values { return values{v.atoms, !v.except} }

// patterns is the union of patterns, and oneOf a finite set.
func patterns(ps ...glob.Pattern) values {
	v := values{}
	for _, p := range ps {
		v.atoms = append(v.atoms, atom{glob: p})
	}
	return v
}

func oneOf(all []string) values {
	v := values{}
	for _, s := range all {
		v.atoms = append(v.atoms, atom{glob: glob.Literal(s)})
	}
	return v
}

// decimal is what every system reads as a number; loose is what some do.
var (
	decimal = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
	loose   = regexp.MustCompile(`^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$`)
)

// maxDigits bounds the cost of a comparison; nobody writes longer numbers.
const maxDigits = 100

// parseNumber reads an integer or decimal (semantics.md §4.2). why says why it is none, or whether that is not known.
func parseNumber(s string) (n *big.Rat, why string) {
	switch {
	case len(s) <= maxDigits && decimal.MatchString(s):
		n, _ = new(big.Rat).SetString(s)
		return n, ""
	case loose.MatchString(s):
		return nil, "whether a number in this form is read as one (UNVERIFIED)"
	}
	return nil, mismatch
}

// dateForms are the forms of ISO 8601 that are read. Times without a zone are UTC, and days without a time begin at midnight.
var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02", "2006-01"}

// parseDate reads a date, or seconds since 1970, as seconds since 1970 (semantics.md §4.2).
func parseDate(s string) (seconds *big.Rat, why string) {
	if decimal.MatchString(s) {
		if len(s) == 4 {
			return nil, "whether four digits are a year or seconds (UNVERIFIED)"
		}
		return parseNumber(s)
	}
	for _, form := range dateForms {
		// time.Parse takes hours of one digit; ISO 8601 does not.
		if t, err := time.Parse(form, s); err == nil && (len(s) < 14 || s[13] == ':') {
			seconds = new(big.Rat).SetInt64(t.Unix())
			return seconds.Add(seconds, big.NewRat(int64(t.Nanosecond()), 1e9)), ""
		}
	}
	return nil, mismatch
}

// parseNet reads an address or CIDR range; without a prefix length it is one address, and host bits below it are ignored (semantics.md §4.2).
func parseNet(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}
