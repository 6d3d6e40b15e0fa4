package cfn

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// alternative is one thing that an expression can be, in the environments of its guard: a value that is no choice.
type alternative struct {
	when  policy.Guard
	value *policy.Value
}

var overAlternatives = fmt.Sprintf("over %d alternatives", maxAlternatives)

// alternatives lists what v can be; the guards are disjoint. It is nil where there are over maxAlternatives.
func alternatives(v *policy.Value) []alternative {
	var all []alternative
	if !alternativesUnder(v, nil, &all) {
		return nil
	}
	return all
}

func alternativesUnder(v *policy.Value, when policy.Guard, all *[]alternative) bool {
	if v.Kind != policy.Choice {
		*all = append(*all, alternative{when, v})
		return len(*all) <= maxAlternatives
	}
	for _, o := range v.Options {
		if both, ok := when.And(o.When); ok && !alternativesUnder(o.Value, both, all) {
			return false
		}
	}
	return true
}

// choice makes one value of alternatives.
func choice(n *syntax.Node, all []alternative) *policy.Value {
	switch {
	case len(all) == 0:
		return unknown(n, overAlternatives)
	case len(all) == 1 && len(all[0].when) == 0:
		v := *all[0].value
		v.Node = n
		return &v
	}
	v := &policy.Value{Kind: policy.Choice, Node: n}
	for _, a := range all {
		v.Options = append(v.Options, policy.Option{When: a.when, Value: a.value})
	}
	return v
}

// each works on every alternative of v by itself.
func each(n *syntax.Node, v *policy.Value, f func(*policy.Value) *policy.Value) *policy.Value {
	all := alternatives(v)
	if all == nil {
		return unknown(n, overAlternatives)
	}
	for i := range all {
		if all[i].value.Kind != policy.Unknown {
			all[i].value = f(all[i].value)
		}
	}
	return choice(n, all)
}

// only is the value in the environments of the guard, and nothing in the others.
func (w *work) only(when policy.Guard, v *policy.Value) *policy.Value {
	return w.t.otherwise(when, v, &policy.Value{Kind: policy.Absent, Node: v.Node})
}

// otherwise is one value in the environments of the guard and another one in all others.
func (t *Template) otherwise(when policy.Guard, v, other *policy.Value) *policy.Value {
	if len(when) == 0 {
		return v
	}
	all := []alternative{{when, v}}
	before := policy.Guard{}
	for _, name := range slices.Sorted(maps.Keys(when)) {
		for _, s := range t.dimension(name).Values {
			if s != when[name] {
				g := maps.Clone(before)
				g[name] = s
				all = append(all, alternative{g, other})
			}
		}
		before[name] = when[name]
	}
	return choice(v.Node, all)
}

// product lists the combinations of the parts: sequences of values that are no choices, in disjoint environments.
func product(parts []*policy.Value) ([]sequence, bool) {
	all := []sequence{{}}
	for _, p := range parts {
		if p.Kind != policy.Choice {
			for i := range all {
				all[i].values = append(all[i].values, p)
			}
			continue
		}
		options := alternatives(p)
		if options == nil {
			return nil, false
		}
		var next []sequence
		for _, s := range all {
			for _, o := range options {
				both, ok := s.when.And(o.when)
				if !ok {
					continue
				}
				if len(next) >= maxAlternatives {
					return nil, false
				}
				next = append(next, sequence{both, append(s.values[:len(s.values):len(s.values)], o.value)})
			}
		}
		all = next
	}
	return all, true
}

type sequence struct {
	when   policy.Guard
	values []*policy.Value
}

// concatenate joins the parts with the delimiter between them; absent parts and their delimiters fall out. what names the function in an Unknown.
func (w *work) concatenate(n *syntax.Node, what, delimiter string, parts []*policy.Value) *policy.Value {
	if len(parts) == 1 && parts[0].Kind == policy.Text {
		return text(n, w.t.dynamic(deployed(parts[0])))
	}
	combinations, ok := product(parts)
	if !ok {
		return unknown(n, overAlternatives)
	}
	var all []alternative
	for _, s := range combinations {
		v := concatenateTexts(n, what, delimiter, s.values)
		if !w.spend(len(v.Text) / 64) {
			return unknown(n, fmt.Sprintf("over %d steps", maxSteps))
		}
		if v.Kind == policy.Text {
			v.Text = w.t.dynamic(v.Text) // its name may be put together here
		}
		all = append(all, alternative{s.when, v})
	}
	return choice(n, all)
}

func concatenateTexts(n *syntax.Node, what, delimiter string, parts []*policy.Value) *policy.Value {
	var b strings.Builder
	first := true
	for _, p := range parts {
		switch p.Kind {
		case policy.Absent:
			continue
		case policy.Unknown:
			return unknown(n, p.Construct)
		case policy.Text:
		default:
			return unknown(n, what+" of something that is no string")
		}
		if !first {
			b.WriteString(delimiter)
		}
		first = false
		b.WriteString(deployed(p))
		if b.Len() > maxText {
			return unknown(n, fmt.Sprintf("a text over %d bytes", maxText))
		}
	}
	return text(n, b.String())
}

// deployed is a text as CloudFormation passes it on inside another one: the digits of a plain number as YAML reads them (code-style.md §8.3), booleans in lower case.
func deployed(v *policy.Value) string {
	if v.Type == syntax.Number {
		if changed, ok := v.Node.Resolved().CanonicalNumber(); ok {
			return changed
		}
	}
	return v.Text
}
