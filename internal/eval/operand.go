package eval

import (
	"encoding/base64"
	"net/netip"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

const (
	whyFolding      = "how IgnoreCase folds letters beyond ASCII is not documented"
	whyMismatch     = "what a negated operator does with a value of another type is not documented"
	whyBoolVariable = "the documents disagree about policy variables under Bool"
	whyNumberText   = "how a JSON number that is no plain integer becomes text is not documented"
)

// match tells whether one value of the request matches one operand, before negation (semantics.md §4.2).
func (a *ask) match(base policy.Base, value string, operand policy.Operand) verdict {
	positive := base.Positive()
	switch positive {
	case policy.Bool:
		return a.matchBool(value, operand.Text)
	}
	var v verdict
	var ok bool
	switch positive {
	case policy.StringEquals, policy.StringEqualsIgnoreCase, policy.StringLike, policy.ArnEquals, policy.ArnLike:
		v, ok = a.matchText(positive, value, operand)
	case policy.IPAddress:
		v, ok = matchIP(value, operand.Text)
	case policy.BinaryEquals:
		v, ok = matchBinary(value, operand.Text)
	case policy.DateEquals, policy.DateLessThan, policy.DateLessThanEquals, policy.DateGreaterThan, policy.DateGreaterThanEquals:
		v, ok = matchDate(positive, value, operand.Text)
	default:
		v, ok = matchNumber(positive, value, operand.Text)
	}
	if ok {
		return v
	}
	// A value that is not of the operator's type never matches (§4.2 note 4); of negated operators nobody says it.
	if base.Negated() {
		return maybe(whyMismatch)
	}
	return no
}

// matchText is the operators whose values may hold policy variables.
func (a *ask) matchText(positive policy.Base, value string, operand policy.Operand) (v verdict, ok bool) {
	if operand.Type == syntax.Number && !plainInteger(operand.Text) {
		return maybe(whyNumberText), true
	}
	x := a.expand(operand.Text)
	switch {
	case x.doubt != "":
		return maybe(x.doubt), true
	case x.null:
		return no, true
	}
	switch positive {
	case policy.StringEquals:
		return sure(x.glob.literal() == value), true
	case policy.StringEqualsIgnoreCase:
		if foldAlike(x.glob.literal(), value) {
			return maybe(whyFolding), true
		}
		return sure(equalFoldASCII(x.glob.literal(), value)), true
	case policy.StringLike:
		return x.glob.like(value), true
	}
	return matchARN(x.glob, value)
}

// plainInteger tells whether the number is written as every system writes it.
func plainInteger(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == "" && (digits[0] != '0' || text == "0")
}

func (a *ask) matchBool(value, operand string) verdict {
	v := sure(sameBool(value, operand))
	if a.variables && strings.Contains(operand, "${") {
		x := a.expand(operand)
		if x.doubt != "" {
			return v.orElse(maybe(x.doubt), whyBoolVariable)
		}
		return v.orElse(sure(!x.null && sameBool(value, x.glob.literal())), whyBoolVariable)
	}
	return v
}

func sameBool(value, operand string) bool {
	v, ok := parseBool(value)
	w, also := parseBool(operand)
	return ok && also && v == w
}

// parseBool reads true and false in any letter case.
func parseBool(text string) (value, ok bool) {
	switch lowerASCII(text) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// matchIP: an operand without prefix length is one address, bits beyond the prefix count for nothing, and IPv4 never matches IPv6.
func matchIP(value, operand string) (v verdict, ok bool) {
	addr, err := netip.ParseAddr(value)
	if err != nil || addr.Zone() != "" {
		return no, false
	}
	prefix, err := netip.ParsePrefix(operand)
	if err != nil {
		one, err := netip.ParseAddr(operand)
		if err != nil || one.Zone() != "" {
			return no, false
		}
		prefix = netip.PrefixFrom(one, one.BitLen())
	}
	if prefix.Addr().Is4() != addr.Is4() {
		return no, true
	}
	common, of := addr.AsSlice(), prefix.Addr().AsSlice()
	for bit := range prefix.Bits() {
		if mask := byte(0x80) >> (bit % 8); common[bit/8]&mask != of[bit/8]&mask {
			return no, true
		}
	}
	return yes, true
}

func matchBinary(value, operand string) (v verdict, ok bool) {
	a, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return no, false
	}
	b, err := base64.StdEncoding.DecodeString(operand)
	if err != nil {
		return no, false
	}
	return sure(string(a) == string(b)), true
}
