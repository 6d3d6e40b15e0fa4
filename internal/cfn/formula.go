package cfn

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// truth is the value of a condition in one environment.
type truth uint8

const (
	no truth = iota
	yes
	either // it depends on what nothing in the template tells
)

func (t truth) not() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return either
}

func (t truth) String() string {
	if t == yes {
		return "true"
	}
	return "false"
}

// formula is a condition function: what it is made of, or what is known of it case by case.
type formula struct {
	op    string // "and", "or", "not", "condition", "cases", "free" or "obstacle"
	parts []*formula
	name  string // of the condition's dimension; of an obstacle, what it is
	cases []verdict
}

// verdict is what a comparison gives in the environments of its guard.
type verdict struct {
	when   policy.Guard
	result truth
}

func blocked(what string) *formula { return &formula{op: "obstacle", name: what} }

// formula reads a condition function. Source: "Condition functions" of the CloudFormation User Guide; Fn::Contains and
// Fn::Each… of its rule functions are not allowed there.
func (w *work) formula(n *syntax.Node) *formula {
	if !w.spend(1) || w.depth >= maxNesting {
		return blocked("too large")
	}
	r := n.Resolved()
	if r == nil {
		return blocked("alias *" + n.Value)
	}
	inner := *w
	inner.depth++
	c, ok := callOf(r)
	if !ok && r.Kind == syntax.Mapping && len(r.Members) == 1 && r.Members[0].Key.Value == "Condition" && r.Members[0].Value.Resolved() != nil {
		c, ok = call{"Condition", r, r.Members[0].Value.Resolved()}, true
	}
	if !ok {
		if r.Kind == syntax.Scalar && r.Type == syntax.Bool {
			return &formula{op: "cases", cases: []verdict{{nil, decided(r.Value == "true")}}}
		}
		return blocked("no condition function")
	}
	switch c.name {
	case "Condition":
		name := inner.argument(c)
		if name.Kind != policy.Text {
			return blocked("Condition with a computed name")
		}
		other := w.t.condition(name.Text)
		switch {
		case other.obstacle != "":
			return blocked(other.obstacle)
		case other.constant != "":
			return &formula{op: "cases", cases: []verdict{{nil, decided(other.constant == "true")}}}
		}
		return &formula{op: "condition", name: other.dimension}
	case "Fn::And", "Fn::Or", "Fn::Not":
		f := &formula{op: map[string]string{"Fn::And": "and", "Fn::Or": "or", "Fn::Not": "not"}[c.name]}
		for _, item := range c.items() {
			f.parts = append(f.parts, inner.formula(item))
		}
		if len(f.parts) == 0 || f.op == "not" && len(f.parts) != 1 {
			return blocked(c.name + " without conditions")
		}
		return f
	case "Fn::Equals":
		if items := c.items(); len(items) == 2 {
			return inner.equals(items[0], items[1])
		}
		return blocked("Fn::Equals without two values")
	}
	return &formula{op: "free"}
}

func decided(b bool) truth {
	if b {
		return yes
	}
	return no
}

// equals compares two values in every environment that tells them apart.
func (w *work) equals(a, b *syntax.Node) *formula {
	combinations, ok := product([]*policy.Value{w.whole(a), w.whole(b)})
	if !ok {
		return &formula{op: "free"}
	}
	f := &formula{op: "cases"}
	for _, s := range combinations {
		f.cases = append(f.cases, verdict{s.when, w.same(s.values[0], s.values[1])})
	}
	return f
}

// whole is the value of a node as a condition compares it: a list parameter is one string there.
func (w *work) whole(n *syntax.Node) *policy.Value {
	if p := w.t.parameters[w.t.refName(n)]; p != nil && p.list() && !p.stored() {
		return w.choose(n, p.name, w.t.domains[p.name], func() *policy.Value { return w.symbol(n, p.name) })
	}
	return w.value(n)
}

func (w *work) same(a, b *policy.Value) truth {
	if a.Kind != policy.Text || b.Kind != policy.Text {
		return either
	}
	x, y := deployed(a), deployed(b)
	switch {
	case x == y:
		return yes
	case !policy.HasSymbol(x) && !policy.HasSymbol(y):
		return no
	case w.apart(x, y) || w.apart(y, x) || differ(x, y) || differ(y, x):
		return no
	}
	return either
}

// apart tells whether x is one parameter whose domain lists y, so that in its case for "any other value" they differ.
func (w *work) apart(x, y string) bool {
	name, ok := w.t.loneSymbol(x)
	if !ok || policy.HasSymbol(y) {
		return false
	}
	if strings.HasPrefix(name, "AWS::") && y == "" {
		return true // what AWS fills in is not empty
	}
	d := w.t.domains[name]
	if p := w.t.parameters[name]; p != nil && p.stored() {
		return false
	}
	return d != nil && !d.many && slices.Contains(d.values, y)
}

// differ tells whether a text with symbols cannot be one without, whatever the symbols hold: by its ends.
func differ(x, y string) bool {
	first, last := strings.IndexFunc(x, policy.IsSymbol), strings.LastIndexFunc(x, policy.IsSymbol)
	if first < 0 || policy.HasSymbol(y) {
		return false
	}
	_, size := utf8.DecodeRuneInString(x[last:])
	return !strings.HasPrefix(y, x[:first]) || !strings.HasSuffix(y, x[last+size:])
}

// obstacle names the first part that could not be read.
func (f *formula) obstacle() string {
	if f.op == "obstacle" {
		return f.name
	}
	for _, p := range f.parts {
		if o := p.obstacle(); o != "" {
			return o
		}
	}
	return ""
}

// variables appends the dimensions that the formula depends on.
func (f *formula) variables(names *[]string) {
	if f.op == "condition" {
		*names = append(*names, f.name)
	}
	for _, c := range f.cases {
		for name := range c.when {
			*names = append(*names, name)
		}
	}
	for _, p := range f.parts {
		p.variables(names)
	}
}

// value is the formula's truth in an environment.
func (f *formula) value(environment policy.Guard) truth {
	switch f.op {
	case "condition":
		return decided(environment[f.name] == "true")
	case "not":
		return f.parts[0].value(environment).not()
	case "cases":
		for _, c := range f.cases {
			if within(environment, c.when) {
				return c.result
			}
		}
	case "and", "or":
		// "and" is false as soon as a part is, "or" true; else a part that may be either decides.
		stop := decided(f.op == "or")
		result := stop.not()
		for _, p := range f.parts {
			switch v := p.value(environment); v {
			case stop:
				return stop
			case either:
				result = either
			}
		}
		return result
	}
	return either
}
