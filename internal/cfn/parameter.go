package cfn

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	tree "github.com/kmsguard/kmsguard/internal/syntax"
)

// parameter is one entry of the Parameters section. Source: "Parameters" of the CloudFormation User Guide.
type parameter struct {
	name    string
	typ     string
	node    *tree.Node
	initial *string // Default, as CloudFormation reads it
}

// list tells whether the value is a list.
func (p *parameter) list() bool {
	return p.typ == "CommaDelimitedList" || strings.HasPrefix(p.typ, "List<") || strings.Contains(p.typ, "Value<List<") || strings.Contains(p.typ, "Value<CommaDelimitedList")
}

// stored tells that the value is the name of an entry in the Parameter Store, so that nothing here tells what it holds.
func (p *parameter) stored() bool { return strings.HasPrefix(p.typ, "AWS::SSM::Parameter::Value<") }

// domain is what a parameter or pseudo parameter can be, as far as the repository tells: the values of one [policy.Dimension].
type domain struct {
	values []string // in the order of the source, without policy.Other
	open   bool     // it can also be something else
	many   bool     // there are over maxAlternatives
	// texts has what values mean that hold symbols; values are texts as people see them.
	texts map[string]string
	own   []string // values that not only the parents of a nested stack give
}

func (d *domain) add(s string) {
	if !slices.Contains(d.values, s) {
		d.values = append(d.values, s)
	}
}

func (t *Template) readParameters(section *tree.Node) {
	if section == nil || section.Kind != tree.Mapping {
		return
	}
	for _, m := range section.Members {
		n := m.Value.Resolved()
		if n == nil || n.Kind != tree.Mapping || t.parameters[m.Key.Value] != nil {
			continue
		}
		p := &parameter{name: policy.CleanText(m.Key.Value), typ: "String", node: n}
		if typ := n.Get("Type"); typ != nil {
			p.typ = typ.Value
		}
		if d := n.Get("Default"); d != nil && d.Kind == tree.Scalar {
			s := defaultText(d)
			p.initial = &s
		}
		t.parameters[m.Key.Value] = p
		t.domains[p.name] = t.parameterDomain(p)
	}
}

func defaultText(n *tree.Node) string {
	if changed, ok := n.CanonicalNumber(); ok {
		return policy.CleanText(changed)
	}
	return policy.CleanText(n.Value)
}

// parameterDomain is AllowedValues, or the strings of an AllowedPattern that has few, or the Default and whatever else.
func (t *Template) parameterDomain(p *parameter) *domain {
	d := &domain{}
	if p.stored() {
		d.open = true
		return d
	}
	if allowed := p.node.Get("AllowedValues"); allowed != nil && allowed.Kind == tree.Sequence && len(allowed.Items) > 0 && !p.list() {
		d.many = len(allowed.Items) > maxAlternatives
		for _, item := range allowed.Items {
			if item = item.Resolved(); item != nil && item.Kind == tree.Scalar && len(d.values) < maxAlternatives {
				d.add(defaultText(item))
			}
		}
		return d
	}
	if pattern := p.node.Get("AllowedPattern"); pattern != nil && !p.list() {
		if few := language(pattern.Value); len(few) > 0 {
			d.values = few
			return d
		}
	}
	d.open = true
	if p.initial != nil {
		d.add(*p.initial)
	}
	return d
}

// language lists the strings that an AllowedPattern allows, nil where they are many. CloudFormation takes Java's regular
// expressions and matches the whole value; a pattern that Go reads otherwise, or not, is not listed.
func language(pattern string) []string {
	if len(pattern) > 500 {
		return nil
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	all, ok := enumerate(re.Simplify())
	if !ok || len(all) > maxAlternatives {
		return nil
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func enumerate(re *syntax.Regexp) ([]string, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine:
		return []string{""}, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return nil, false
		}
		return []string{string(re.Rune)}, true
	case syntax.OpCapture:
		return enumerate(re.Sub[0])
	case syntax.OpQuest:
		all, ok := enumerate(re.Sub[0])
		return append([]string{""}, all...), ok
	case syntax.OpCharClass:
		var all []string
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if all = append(all, string(r)); len(all) > maxAlternatives {
					return nil, false
				}
			}
		}
		return all, true
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			more, ok := enumerate(sub)
			if !ok || len(all)+len(more) > maxAlternatives {
				return nil, false
			}
			all = append(all, more...)
		}
		return all, true
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			more, ok := enumerate(sub)
			if !ok || len(all)*len(more) > maxAlternatives {
				return nil, false
			}
			var next []string
			for _, a := range all {
				for _, m := range more {
					next = append(next, a+m)
				}
			}
			all = next
		}
		return all, true
	}
	return nil, false
}

// parameter is the value of Ref to a parameter: a choice of what it can be, or one symbol where
// nothing in the repository fixes it (DESIGN section 3).
func (w *work) parameter(p *parameter, n *tree.Node) *policy.Value {
	rest := func() *policy.Value {
		if p.list() {
			return w.openList(n, p.name)
		}
		return w.symbol(n, p.name)
	}
	d := w.t.domains[p.name]
	if d == nil || p.stored() {
		return rest()
	}
	if d.many {
		return unknown(n, fmt.Sprintf("parameter %s with over %d values", p.name, maxAlternatives))
	}
	v := w.choose(n, p.name, d, rest)
	if !p.list() {
		return v
	}
	return each(n, v, func(v *policy.Value) *policy.Value {
		if v.Kind != policy.Text {
			return v
		}
		list := &policy.Value{Kind: policy.List, Node: n}
		if name, lone := w.t.loneSymbol(v.Text); lone {
			return w.openList(n, name)
		}
		for i, s := range strings.Split(v.Text, ",") {
			if i >= maxItems {
				return unknown(n, fmt.Sprintf("a list of over %d items", maxItems))
			}
			list.Items = append(list.Items, text(n, strings.TrimSpace(s)))
		}
		return list
	})
}

// choose makes the choice over a domain; rest is the value where it is none of the domain's.
func (w *work) choose(n *tree.Node, name string, d *domain, rest func() *policy.Value) *policy.Value {
	if len(d.values) == 0 || d.many {
		return rest()
	}
	var all []alternative
	if len(d.values) == 1 && !d.open {
		return text(n, w.domainText(d, d.values[0]))
	}
	for _, s := range d.values {
		all = append(all, alternative{policy.Guard{name: s}, text(n, w.domainText(d, s))})
	}
	if d.open {
		all = append(all, alternative{policy.Guard{name: policy.Other}, rest()})
	}
	return choice(n, all)
}
