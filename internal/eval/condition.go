package eval

import "github.com/kmsguard/kmsguard/internal/policy"

const (
	whyNoSetOperator = "how a key with several values is compared without a set operator is not documented"
	whyForAnyIfExist = "whether ForAnyValue with IfExists holds for an absent key is not documented"
	whyEmptyList     = "what an empty list of values means is not documented"
	whyOperator      = "what an unknown condition operator does is not documented"
)

// conditions is the conjunction of all conditions of the statement (semantics.md §4.1).
func (a *ask) conditions(s *policy.Statement) verdict {
	v := yes
	for _, c := range s.Conditions {
		if v = v.and(a.condition(c)); v.truth == No {
			return no
		}
	}
	return v
}

// condition is one key under one operator.
func (a *ask) condition(c policy.Condition) verdict {
	switch {
	case c.Unknown != "":
		return maybe("a condition is hidden by " + c.Unknown)
	case c.Operator.Base == "":
		return maybe(whyOperator)
	}
	e := a.lookup(c.Key)
	switch {
	case e.present == Maybe:
		return maybe(e.why)
	case c.Operator.Base == policy.NullTest:
		return null(c, e)
	case len(c.Values) == 0:
		return emptyList(c.Operator, e)
	case e.present == No:
		return absent(c.Operator)
	}
	return a.present(c, e.values)
}

// absent is the column "missing key" of semantics.md §4.2 and "key absent" of §4.3.
func absent(op policy.Operator) verdict {
	switch op.Quantifier {
	case policy.ForAllValues:
		return yes
	case policy.ForAnyValue:
		if op.IfExists {
			return maybe(whyForAnyIfExist)
		}
		return no
	}
	return sure(op.IfExists || op.Base.Negated())
}

// present quantifies over the values of the request (semantics.md §4.3).
func (a *ask) present(c policy.Condition, values []string) verdict {
	switch c.Operator.Quantifier {
	case policy.ForAllValues:
		v := yes
		for _, value := range values {
			v = v.and(a.compare(c, value))
		}
		return v
	case policy.ForAnyValue:
		v := no
		for _, value := range values {
			v = v.or(a.compare(c, value))
		}
		return v
	}
	if multiValued(c.Key) || len(values) != 1 {
		return maybe(whyNoSetOperator)
	}
	return a.compare(c, values[0])
}

// compare sets one value of the request against all values of the condition: OR, and NOR for negated operators (semantics.md §4.1).
func (a *ask) compare(c policy.Condition, value string) verdict {
	v := no
	for _, operand := range c.Values {
		v = v.or(a.match(c.Operator.Base, value, operand))
	}
	if c.Operator.Base.Negated() {
		return v.not()
	}
	return v
}

// null tests for presence (semantics.md §4.2); its set operators are in §4.3.
func null(c policy.Condition, e entry) verdict {
	switch {
	case c.Operator.Quantifier == policy.ForAllValues:
		return yes
	case c.Operator.Quantifier == policy.ForAnyValue:
		return no
	case len(c.Values) == 0:
		return maybe(whyEmptyList)
	}
	isAbsent := sure(e.present == No)
	if e.present == Yes && len(e.values) == 0 {
		isAbsent = maybe("whether a key with no values counts as null is not documented")
	}
	v := no
	for _, operand := range c.Values {
		switch b, ok := parseBool(operand.Text); {
		case !ok:
		case b:
			v = v.or(isAbsent)
		default:
			v = v.or(isAbsent.not())
		}
	}
	return v
}

// emptyList is the value list [] (semantics.md §4.1): with ForAllValues or IfExists it holds only where the key is
// missing, with ForAnyValue never; without either the documents contradict themselves.
func emptyList(op policy.Operator, e entry) verdict {
	missing := e.present == No
	switch {
	case op.Quantifier == policy.ForAnyValue && op.IfExists && missing:
		return maybe(whyForAnyIfExist)
	case op.Quantifier == policy.ForAnyValue:
		return no
	case op.Quantifier == policy.ForAllValues && !missing && len(e.values) == 0:
		return maybe(whyEmptyList) // §4.3 says true of an empty set, §4.1 says the key must be missing
	case op.Quantifier == policy.ForAllValues || op.IfExists:
		return sure(missing)
	}
	return maybe(whyEmptyList)
}
