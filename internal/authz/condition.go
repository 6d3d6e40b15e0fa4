package authz

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// verdict is what a part of a statement says in one case: a constant, a test, or a fact that nobody knows.
type verdict struct {
	constant bool // holds where the literals are 0
	literal  literal
	doubt    literal
}

func isTrue(b bool) verdict { return verdict{constant: b} }

// compiled is a condition of a policy that is the same in all cases.
type compiled struct {
	test    test
	literal literal
}

// condition compiles one condition for a case (semantics.md §4); known remembers what is the same in all cases.
func (e *Engine) condition(c *policy.Condition, variables bool, s *situation, known map[*policy.Condition]compiled) verdict {
	if done, ok := known[c]; ok {
		return e.place(done.test, done.literal, c, s)
	}
	op := c.Operator
	switch {
	case c.Unknown != "":
		return verdict{doubt: e.tests.doubt("hidden "+describe(c)+nodeText(c.Node), c.Unknown)}
	case op.Base == "":
		return e.unclearCondition(c, "the operator "+c.OperatorText)
	}
	name := canonical(strings.ToLower(c.Key))
	info := e.tests.key(name).info
	t := test{key: name, many: info.Multi, all: info.Multi && op.Quantifier == policy.ForAllValues}
	if op.Base == policy.NullTest {
		return e.presence(c, t, s)
	}
	switch {
	case t.many && op.Quantifier == policy.NoQuantifier:
		return e.unclearCondition(c, fmt.Sprintf("whether %s without ForAllValues or ForAnyValue matches %s, which has many values (UNVERIFIED)", op.Base, c.Key))
	case op.Quantifier == policy.ForAnyValue && op.IfExists && s.carriage(e.tests.key(name)).mayNot != 0:
		return e.unclearCondition(c, "what ForAnyValue with IfExists says of an absent key (UNVERIFIED)")
	case op.Base.Negated() && !comparable(op.Base, info):
		return e.unclearCondition(c, fmt.Sprintf("what %s says of values of another type (UNVERIFIED)", op.Base))
	case info.Type == "Date" && !countsSeconds(name) && strings.HasPrefix(string(op.Base), "Numeric"):
		return e.unclearCondition(c, "in which form a date is compared as a number (UNVERIFIED)")
	case op.Quantifier == policy.ForAllValues:
		t.absent = true
	case op.Quantifier == policy.NoQuantifier:
		t.absent = op.IfExists || op.Base.Negated()
	}
	if c.Empty {
		switch {
		case op.Quantifier == policy.ForAnyValue:
			return isTrue(false)
		case op.Quantifier == policy.ForAllValues || op.IfExists:
			return e.place(t, 0, c, s)
		}
		return e.unclearCondition(c, "an empty list of values")
	}
	set, fixed, why := e.operands(c, variables, s)
	if why != "" {
		return e.unclearCondition(c, why)
	}
	t.values = set
	t.values.except = op.Base.Negated()
	if !fixed || op.Quantifier == policy.ForAnyValue && op.IfExists {
		return e.place(t, 0, c, s)
	}
	done := compiled{t, e.tests.literal(t)}
	known[c] = done
	return e.place(t, done.literal, c, s)
}

// comparable tells whether all values of the key are of the operator's type; of others nobody says what a negated operator does (semantics.md §4.2 note 4).
func comparable(op policy.Base, k kms.Key) bool {
	switch op.Positive() {
	case policy.ArnEquals, policy.ArnLike:
		return k.Type == "ARN"
	case policy.IPAddress:
		return k.Type == "IPAddress"
	case policy.NumericEquals:
		return k.Type == "Numeric"
	case policy.DateEquals:
		return k.Type == "Date"
	}
	return true
}

// unclearCondition is a condition of which nobody knows what it says. Written again in the same way, it says the same.
func (e *Engine) unclearCondition(c *policy.Condition, why string) verdict {
	return verdict{doubt: e.tests.doubt(describe(c), why)}
}

func describe(c *policy.Condition) string {
	s := fmt.Sprintf("%s %s %t", c.OperatorText, strings.ToLower(c.Key), c.Empty)
	for _, v := range c.Values {
		s += fmt.Sprintf(" %d%q", v.Type, v.Text)
	}
	return s
}

// presence compiles the Null operator: "true" asks that the key is absent, "false" that it is present.
func (e *Engine) presence(c *policy.Condition, t test, s *situation) verdict {
	if c.Operator.Quantifier != policy.NoQuantifier {
		return isTrue(c.Operator.Quantifier == policy.ForAllValues) // semantics.md §4.3
	}
	if len(c.Values) == 0 {
		return e.unclearCondition(c, "an empty list of values")
	}
	var absent, present bool
	for _, v := range c.Values {
		absent = absent || strings.EqualFold(v.Text, "true")
		present = present || strings.EqualFold(v.Text, "false")
	}
	if absent == present {
		return isTrue(absent)
	}
	t.absent, t.all = absent, t.many && absent
	t.values = values{except: present}
	return e.place(t, 0, c, s)
}

// place ties a test to the case: to a constant where the key's value follows from it, to the caller's ARN where the key
// is a part of that, else to a literal.
func (e *Engine) place(t test, l literal, c *policy.Condition, s *situation) verdict {
	if value, ok := s.fixed[t.key]; ok {
		return isTrue(t.values.has(value))
	}
	k := e.tests.key(t.key)
	switch {
	case s.carriage(k).may == 0:
		return isTrue(t.absent)
	case s.caller == kms.ServiceCaller && t.key == "aws:principalservicename":
		t.key = serviceKey
		return verdict{literal: e.tests.literal(t)}
	case s.caller != kms.ServiceCaller:
		if part, ok := e.partOfARN(t.key, s); ok {
			on, ok := part(t)
			if !ok {
				return e.unclearCondition(c, fmt.Sprintf("%s on %s, which is part of the caller's ARN", c.OperatorText, c.Key))
			}
			return verdict{literal: e.tests.literal(on)}
		}
	}
	if l == 0 {
		l = e.tests.literal(t)
	}
	return verdict{literal: l}
}
