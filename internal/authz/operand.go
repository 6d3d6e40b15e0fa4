package authz

import (
	"math/big"
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// operands compiles the values of a condition to the set that its positive operator matches; why says what hides it.
// fixed tells that it is the same in every case.
func (e *Engine) operands(c *policy.Condition, variables bool, s *situation) (set values, fixed bool, why string) {
	fixed = true
	positive := c.Operator.Base.Positive()
	for _, v := range c.Values {
		value := v.Text
		var pieces []glob.Pattern
		if variables && strings.Contains(value, "${") {
			if strings.EqualFold(c.Key, arnKey) {
				value = ownAccount(positive, value, s)
			}
			fixed = false
			if !textual(positive) {
				return set, fixed, "a policy variable under " + string(positive) + " (UNVERIFIED)"
			}
			x := e.expand(value, s)
			switch {
			case x.why != "":
				return set, fixed, x.why
			case x.null:
				continue
			}
			value = x.text
			if !x.plain || positive == policy.StringLike {
				pieces = x.pieces
			}
		}
		if v.Type == syntax.Number && textual(positive) && !plainInteger(value) {
			return set, fixed, "how a number becomes text that is no plain integer (UNVERIFIED)"
		}
		a, fit := operand(positive, value, pieces)
		switch {
		case fit == "":
			set.atoms = append(set.atoms, a)
		case fit != mismatch || c.Operator.Base.Negated():
			return set, fixed, fit
		}
	}
	return set, fixed, ""
}

// mismatch is of values that are not of the operator's type. They match nothing; of negated operators nobody says it (semantics.md §4.2 note 4).
const mismatch = "a value that is not of the operator's type (UNVERIFIED)"

// textual tells whether the operator compares text, in which variables work.
func textual(op policy.Base) bool {
	return strings.HasPrefix(string(op), "String") || strings.HasPrefix(string(op), "Arn")
}

// plainInteger tells whether every system writes the number so.
func plainInteger(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == "" && (digits[0] != '0' || text == "0")
}

// operand compiles one value. pieces, where there are any, are the value with its escapes worked out.
func operand(op policy.Base, value string, pieces []glob.Pattern) (a atom, why string) {
	switch op {
	case policy.StringEquals:
		return atom{glob: glob.Literal(value)}, ""
	case policy.StringEqualsIgnoreCase:
		if strings.ContainsFunc(value, func(r rune) bool { return r > 0x7F && !policy.IsSymbol(r) }) {
			return a, "how letter case folds beyond ASCII (UNVERIFIED)"
		}
		return atom{glob: glob.Literal(value).Fold()}, ""
	case policy.StringLike:
		if pieces != nil {
			return atom{glob: glob.Concat(pieces...)}, ""
		}
		return atom{glob: glob.Wildcard(value)}, ""
	case policy.ArnEquals, policy.ArnLike:
		if pieces != nil {
			return a, "an escaped wildcard in an ARN"
		}
		if g, ok := glob.ARN(value); ok {
			return atom{glob: g}, ""
		}
		if policy.HasSymbol(value) { // a symbol may be a whole ARN
			return atom{glob: glob.Wildcard(value)}, ""
		}
		return a, "what an ARN operator makes of a value that is no ARN (UNVERIFIED)"
	case policy.Bool:
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return a, mismatch
		}
		return atom{glob: glob.Literal(value).Fold()}, ""
	case policy.BinaryEquals:
		return a, "BinaryEquals, which no key of KMS is for"
	case policy.IPAddress:
		n, ok := parseNet(value)
		if !ok {
			return a, mismatch
		}
		return atom{kind: address, net: n}, ""
	}
	return ordered(string(op), value)
}

// ordered compiles a value of the numeric and date operators.
func ordered(op, value string) (a atom, why string) {
	a = atom{kind: number, order: orderOf(op)}
	parse := parseNumber
	if strings.HasPrefix(op, "Date") {
		a.kind, parse = date, parseDate
	}
	var n *big.Rat
	if n, why = parse(value); why != "" {
		return a, why
	}
	a.number = n
	return a, ""
}

func orderOf(op string) ordering {
	switch {
	case strings.HasSuffix(op, "LessThan"):
		return less
	case strings.HasSuffix(op, "LessThanEquals"):
		return lessOrEqual
	case strings.HasSuffix(op, "GreaterThan"):
		return greater
	case strings.HasSuffix(op, "GreaterThanEquals"):
		return greaterOrEqual
	}
	return equal
}
