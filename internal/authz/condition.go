package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// verdict is what a part of a statement says in one case: a constant, a literal, or nothing sure.
type verdict struct {
	constant bool // holds where literal is 0 and unknown is ""
	literal  literal
	unknown  string // the construct, or the undocumented fact
}

func isTrue(b bool) verdict      { return verdict{constant: b} }
func unknown(why string) verdict { return verdict{unknown: why} }

// condition compiles one condition for a case (semantics.md §4).
func (e *Engine) condition(p *policy.Policy, c policy.Condition, s situation) verdict {
	op := c.Operator
	switch {
	case c.Unknown != "":
		return unknown(c.Unknown)
	case op.Base == "":
		return unknown("the operator " + c.OperatorText)
	}
	key := strings.ToLower(c.Key)
	info, known := kms.ConditionKey(c.Key)
	t := test{key: key, many: known && info.Multi, all: op.Quantifier == policy.ForAllValues}
	if op.Base == policy.NullTest {
		return e.presence(c, t, s)
	}
	if t.many && op.Quantifier == policy.NoQuantifier {
		return unknown("whether " + string(op.Base) + " without ForAllValues or ForAnyValue matches " + c.Key + ", which has many values (UNVERIFIED)")
	}
	if op.Quantifier == policy.ForAnyValue && op.IfExists && !e.always(key, s) {
		return unknown("what ForAnyValue with IfExists says of an absent key (UNVERIFIED)")
	}
	switch op.Quantifier {
	case policy.ForAllValues:
		t.absent = true
	case policy.NoQuantifier:
		t.absent = op.IfExists || op.Base.Negated()
	}
	if c.Empty {
		switch {
		case t.all || op.IfExists:
			return e.place(t, s)
		case op.Quantifier == policy.ForAnyValue:
			return isTrue(false)
		}
		return unknown("an empty list of values")
	}
	var why string
	if t.values, why = e.operands(p, c, s); why != "" {
		return unknown(why)
	}
	if op.Base.Negated() {
		t.values.except = true
	}
	return e.place(t, s)
}

// presence compiles the Null operator: "true" asks that the key is absent, "false" that it is present.
func (e *Engine) presence(c policy.Condition, t test, s situation) verdict {
	if c.Operator.Quantifier != policy.NoQuantifier {
		return isTrue(c.Operator.Quantifier == policy.ForAllValues) // semantics.md §4.3
	}
	var absent, present bool
	for _, v := range c.Values {
		switch strings.ToLower(v.Text) {
		case "true":
			absent = true
		case "false":
			present = true
		default:
			return unknown("the value " + v.Text + " of Null")
		}
	}
	t.absent = absent
	t.values = values{except: present}
	t.all = !present
	if absent && present || !absent && !present {
		return isTrue(absent)
	}
	return e.place(t, s)
}

// place ties a test to the case: to a constant where the key's value follows from it, to the caller's ARN where the key is a part of it, else to a literal.
func (e *Engine) place(t test, s situation) verdict {
	if value, ok := s.fixed[t.key]; ok {
		return isTrue(t.values.has(value))
	}
	if t.key == "aws:username" {
		if s.caller != kms.IAMUser {
			return isTrue(t.absent)
		}
		return e.userName(t, s)
	}
	if s.caller == kms.ServiceCaller {
		if t.key == "aws:principalservicename" {
			t.key = serviceKey
		}
	}
	may, sure := e.carries(t.key, s)
	switch {
	case !sure:
		whose := "requests that a service passes on"
		if s.caller == kms.ServiceCaller {
			whose = "a service's requests"
		}
		return unknown("whether " + whose + " carry " + t.key + " (UNVERIFIED)")
	case may == 0:
		return isTrue(t.absent)
	}
	return verdict{literal: e.tests.literal(t)}
}

// userName turns a test on aws:username into one on the ARN, whose last part it is.
func (e *Engine) userName(t test, s situation) verdict {
	prefix := glob.Literal("arn:" + e.partition + ":iam::" + s.account + ":user/")
	onARN := test{key: arnKey, absent: t.absent, values: values{except: t.values.except}}
	for _, a := range t.values.atoms {
		if a.kind != text {
			return unknown("an operator for numbers, dates or addresses on aws:username")
		}
		name, ok := a.glob.Except('/')
		if !ok {
			continue // no name has a slash
		}
		for _, path := range []glob.Pattern{prefix, glob.Concat(prefix, glob.Wildcard("*"), glob.Literal("/"))} {
			onARN.values.atoms = append(onARN.values.atoms, atom{glob: glob.Concat(path, name)})
		}
	}
	return verdict{literal: e.tests.literal(onARN)}
}

// always tells whether every request of the case carries the key.
func (e *Engine) always(key string, s situation) bool {
	if _, ok := s.fixed[key]; ok {
		return true
	}
	k, ok := kms.ConditionKey(key)
	if !ok {
		return false
	}
	for _, a := range kms.Actions() {
		if k.Presence(s.caller, s.via, a.Index) != kms.Always {
			return false
		}
	}
	return true
}

// carries returns the actions whose requests can carry the key in the case. sure is false where that is not documented.
func (e *Engine) carries(key string, s situation) (may kms.ActionSet, sure bool) {
	p := e.presences(key, s)
	return p.may, !p.unverified
}

// carriage is which actions' requests can carry a key, and which can lack it.
type carriage struct {
	may, mayNot kms.ActionSet
	unverified  bool
}

// presences looks a key's presence up. An unknown key is in no request (semantics.md §1.6).
func (e *Engine) presences(key string, s situation) carriage {
	id := presenceID{key, s.caller, s.via}
	if c, ok := e.carriages[id]; ok {
		return c
	}
	var c carriage
	switch k, ok := kms.ConditionKey(key); {
	case strings.HasPrefix(key, "@") || key == arnKey && s.caller != kms.ServiceCaller:
		c.may = kms.All
	case !ok:
		c.mayNot = kms.All
	default:
		for _, a := range kms.Actions() {
			bit := kms.ActionSet(1) << a.Index
			switch k.Presence(s.caller, s.via, a.Index) {
			case kms.Never:
				c.mayNot |= bit
			case kms.Always:
				c.may |= bit
			case kms.Sometimes:
				c.may |= bit
				c.mayNot |= bit
			default:
				c.unverified = true
			}
		}
	}
	e.carriages[id] = c
	return c
}

type presenceID struct {
	key    string
	caller kms.Caller
	via    bool
}
