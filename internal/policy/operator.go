package policy

import "strings"

// Base is a condition operator without its prefix and suffix (semantics.md §4.2). Negated operators are bases of their own.
type Base string

// The operators that IAM documents.
const (
	StringEquals              Base = "StringEquals"
	StringNotEquals           Base = "StringNotEquals"
	StringEqualsIgnoreCase    Base = "StringEqualsIgnoreCase"
	StringNotEqualsIgnoreCase Base = "StringNotEqualsIgnoreCase"
	StringLike                Base = "StringLike"
	StringNotLike             Base = "StringNotLike"
	ArnEquals                 Base = "ArnEquals"
	ArnNotEquals              Base = "ArnNotEquals"
	ArnLike                   Base = "ArnLike"
	ArnNotLike                Base = "ArnNotLike"
	NumericEquals             Base = "NumericEquals"
	NumericNotEquals          Base = "NumericNotEquals"
	NumericLessThan           Base = "NumericLessThan"
	NumericLessThanEquals     Base = "NumericLessThanEquals"
	NumericGreaterThan        Base = "NumericGreaterThan"
	NumericGreaterThanEquals  Base = "NumericGreaterThanEquals"
	DateEquals                Base = "DateEquals"
	DateNotEquals             Base = "DateNotEquals"
	DateLessThan              Base = "DateLessThan"
	DateLessThanEquals        Base = "DateLessThanEquals"
	DateGreaterThan           Base = "DateGreaterThan"
	DateGreaterThanEquals     Base = "DateGreaterThanEquals"
	Bool                      Base = "Bool"
	BinaryEquals              Base = "BinaryEquals"
	IPAddress                 Base = "IpAddress"
	NotIPAddress              Base = "NotIpAddress"
	NullTest                  Base = "Null"
)

var bases = map[string]Base{}

func init() {
	for _, b := range []Base{StringEquals, StringNotEquals, StringEqualsIgnoreCase, StringNotEqualsIgnoreCase, StringLike,
		StringNotLike, ArnEquals, ArnNotEquals, ArnLike, ArnNotLike, NumericEquals, NumericNotEquals, NumericLessThan,
		NumericLessThanEquals, NumericGreaterThan, NumericGreaterThanEquals, DateEquals, DateNotEquals, DateLessThan,
		DateLessThanEquals, DateGreaterThan, DateGreaterThanEquals, Bool, BinaryEquals, IPAddress, NotIPAddress, NullTest} {
		bases[string(b)] = b
	}
}

// Quantifier is the set operator before a condition operator.
type Quantifier string

// The set operators.
const (
	NoQuantifier Quantifier = ""
	ForAllValues Quantifier = "ForAllValues"
	ForAnyValue  Quantifier = "ForAnyValue"
)

// Operator is a condition operator taken apart. The zero Base means that the text names no documented operator.
type Operator struct {
	Quantifier Quantifier
	Base       Base
	IfExists   bool
}

// ParseOperator reads an operator in its documented spelling; what AWS does with other letter case is UNVERIFIED (semantics.md §4.1).
func ParseOperator(text string) Operator {
	var op Operator
	rest := text
	for _, q := range []Quantifier{ForAllValues, ForAnyValue} {
		if after, ok := strings.CutPrefix(rest, string(q)+":"); ok {
			op.Quantifier, rest = q, after
		}
	}
	if b, ok := bases[rest]; ok {
		op.Base = b
		return op
	}
	if before, ok := strings.CutSuffix(rest, "IfExists"); ok && before != string(NullTest) {
		if b, ok := bases[before]; ok {
			op.Base, op.IfExists = b, true
		}
	}
	return op
}

// Negated tells whether the operator holds where none of its values match, and where the key is absent (semantics.md §4.2).
func (b Base) Negated() bool {
	switch b {
	case StringNotEquals, StringNotEqualsIgnoreCase, StringNotLike, ArnNotEquals, ArnNotLike, NumericNotEquals, DateNotEquals, NotIPAddress:
		return true
	}
	return false
}

// Positive returns the operator that b negates, or b itself.
func (b Base) Positive() Base {
	switch b {
	case StringNotEquals:
		return StringEquals
	case StringNotEqualsIgnoreCase:
		return StringEqualsIgnoreCase
	case StringNotLike:
		return StringLike
	case ArnNotEquals:
		return ArnEquals
	case ArnNotLike:
		return ArnLike
	case NumericNotEquals:
		return NumericEquals
	case DateNotEquals:
		return DateEquals
	case NotIPAddress:
		return IPAddress
	}
	return b
}

// String returns the operator as it is written in a policy.
func (o Operator) String() string {
	s := string(o.Base)
	if o.IfExists {
		s += "IfExists"
	}
	if o.Quantifier != NoQuantifier {
		s = string(o.Quantifier) + ":" + s
	}
	return s
}
