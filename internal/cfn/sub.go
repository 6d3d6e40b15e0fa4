package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// subCall works Fn::Sub out: a text, or a list of a text and a mapping of variables. "${!x}" is the literal "${x}".
// Source: "Fn::Sub" of the CloudFormation User Guide.
func (w *work) subCall(c call) *policy.Value {
	if s, ok := c.text(); ok {
		return w.substitute(w.unloop(s), c.node)
	}
	items := c.items()
	if len(items) == 0 || len(items) > 2 {
		return unknown(c.node, "Fn::Sub without a text")
	}
	template := items[0].Resolved()
	if template == nil || template.Kind != syntax.Scalar || template.Tag != "" {
		return unknown(c.node, "Fn::Sub of something that is no string")
	}
	inner := *w
	if len(items) == 2 {
		variables := items[1].Resolved()
		if variables == nil || variables.Kind != syntax.Mapping {
			return unknown(c.node, "Fn::Sub with variables that are no mapping")
		}
		if construct := inner.bind(variables); construct != "" {
			return unknown(c.node, construct)
		}
	}
	return inner.substitute(w.unloop(template.Value), c.node)
}

// bind makes the members of a mapping the variables of an Fn::Sub; it names what stops it.
func (w *work) bind(variables *syntax.Node) string {
	v := w.object(variables, variables)
	if v.Kind == policy.Unknown {
		return v.Construct
	}
	w.locals = map[string]*policy.Value{}
	for _, m := range v.Members {
		w.locals[m.Key] = m.Value
	}
	return ""
}

// substitute puts values in the place of the variables of a text that [work.unloop] returned.
func (w *work) substitute(s string, node *syntax.Node) *policy.Value {
	var parts []*policy.Value
	literal := func(s string) {
		if s != "" {
			parts = append(parts, text(node, s))
		}
	}
	for {
		before, rest, found := strings.Cut(s, "${")
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			break
		}
		if len(parts) > maxItems {
			return unknown(node, "Fn::Sub with over 1000 variables")
		}
		literal(before)
		if strings.HasPrefix(name, "!") {
			literal("${" + name[1:] + "}")
		} else {
			parts = append(parts, w.variable(strings.TrimSpace(name), node))
		}
		s = after
	}
	literal(s)
	return w.concatenate(node, "Fn::Sub", "", parts)
}

// variable is the value of one ${…}: a variable of the Fn::Sub, a parameter or resource, or an attribute.
func (w *work) variable(name string, node *syntax.Node) *policy.Value {
	if v, ok := w.locals[name]; ok {
		return v
	}
	if !w.spend(1) || w.depth >= maxNesting {
		return unknown(node, "Fn::Sub over the limit of steps or nesting")
	}
	inner := *w
	inner.depth++
	inner.locals = nil
	resource, attribute, dotted := strings.Cut(w.t.Symbols.Show(name), ".")
	if dotted {
		return inner.attribute(resource, attribute, node)
	}
	return inner.ref(resource, node)
}

// dynamic replaces dynamic references ({{resolve:ssm:…}}) by symbols: nothing in the repository tells their value.
func (t *Template) dynamic(s string) string {
	const open = "{{resolve:"
	if !strings.Contains(s, open) {
		return s
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, open)
		name, after, closed := strings.Cut(rest, "}}")
		if !found || !closed {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(before)
		b.WriteString(t.Symbols.Rune("{{resolve:" + t.Symbols.Show(name) + "}}"))
		s = after
	}
}
