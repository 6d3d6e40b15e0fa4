package authz

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"regexp"
	"strings"
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
		v, ok := parseNumber(value)
		return ok && a.order.holds(v.Cmp(a.number))
	case date:
		v, ok := parseDate(value)
		return ok && a.order.holds(v.Cmp(a.number))
	case address:
		v, err := netip.ParseAddr(value)
		return err == nil && a.net.Contains(v.WithZone(""))
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

var decimal = regexp.MustCompile(`^[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?$`)

// parseNumber reads an integer or decimal (semantics.md §4.2).
func parseNumber(s string) (*big.Rat, bool) {
	if !decimal.MatchString(s) {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// dateForms are the ISO 8601 forms that IAM's guide shows.
var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02"}

// parseDate reads a date, or seconds since 1970, as seconds since 1970 (semantics.md §4.2).
func parseDate(s string) (*big.Rat, bool) {
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			seconds := new(big.Rat).SetInt64(t.Unix())
			return seconds.Add(seconds, big.NewRat(int64(t.Nanosecond()), 1e9)), true
		}
	}
	return parseNumber(s)
}

// parseNet reads an address or CIDR range; without a prefix length it is one address, and host bits below it are ignored (semantics.md §4.2).
func parseNet(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, false
		}
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil
}

// parseBinary returns the canonical base64 of a binary value.
func parseBinary(s string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return base64.StdEncoding.EncodeToString(b), err == nil
}
