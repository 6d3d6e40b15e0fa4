package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// survey walks the template once before anything is worked out. It gives parameters and pseudo parameters the values
// that conditions compare them with and that mappings have for them, so that a condition and a value that depend on one
// parameter agree in every environment.
func (t *Template) survey(n *syntax.Node, depth int) {
	if n = n.Resolved(); n == nil || depth > maxNesting {
		return
	}
	if c, ok := callOf(n); ok {
		switch c.name {
		case "Fn::Equals":
			if items := c.items(); len(items) == 2 {
				t.compared(items[0], items[1])
				t.compared(items[1], items[0])
			}
		case "Fn::FindInMap":
			t.lookedUp(c.items())
		}
	}
	for _, m := range n.Members {
		if m.Value.Kind != syntax.Alias { // what an alias stands for is walked where it is written
			t.survey(m.Value, depth+1)
		}
	}
	for _, item := range n.Items {
		if item.Kind != syntax.Alias {
			t.survey(item, depth+1)
		}
	}
}

// compared notes the literal that an Fn::Equals compares a parameter with.
func (t *Template) compared(a, b *syntax.Node) {
	b = b.Resolved()
	if b == nil || b.Kind != syntax.Scalar || b.Tag != "" {
		return
	}
	t.widen(t.refName(a), defaultText(b))
}

// lookedUp notes the keys of a mapping that a parameter picks from.
func (t *Template) lookedUp(items []*syntax.Node) {
	if len(items) < 3 || items[0].Resolved() == nil {
		return
	}
	table := t.mappings.Get(items[0].Resolved().Value)
	if table == nil {
		return
	}
	if name := t.refName(items[1]); name != "" {
		for _, m := range table.Members {
			t.widen(name, policy.CleanText(m.Key.Value))
		}
	}
	if name := t.refName(items[2]); name != "" {
		for _, row := range table.Members {
			if row := row.Value.Resolved(); row != nil {
				for _, m := range row.Members {
					t.widen(name, policy.CleanText(m.Key.Value))
				}
			}
		}
	}
}

// refName returns the parameter or pseudo parameter that a node refers to, "" where it is anything else.
func (t *Template) refName(n *syntax.Node) string {
	if n = n.Resolved(); n == nil {
		return ""
	}
	c, ok := callOf(n)
	if !ok {
		return ""
	}
	s, ok := c.text()
	if ok && c.name == "Fn::Sub" && strings.HasPrefix(s, "${") && strings.IndexByte(s, '}') == len(s)-1 {
		return strings.TrimSuffix(s[2:], "}")
	}
	if !ok || c.name != "Ref" {
		return ""
	}
	return s
}

// widen adds a value to an open domain. A list or stored parameter is compared as a whole, which no literal fixes.
func (t *Template) widen(name, value string) {
	if name == "" || name == "AWS::NoValue" {
		return
	}
	d := t.domains[name]
	if d == nil {
		if !strings.HasPrefix(name, "AWS::") {
			return
		}
		d = &domain{open: true}
		t.domains[name] = d
	}
	if p := t.parameters[name]; p != nil && p.stored() {
		return
	}
	if !d.open || d.many {
		return
	}
	d.add(value)
	if len(d.values) >= maxAlternatives {
		// Too many to split over: the parameter is one symbol again, and conditions on it are free.
		d.values, d.many = nil, true
	}
}
