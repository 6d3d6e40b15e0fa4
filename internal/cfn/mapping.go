package cfn

import (
	"github.com/kmsguard/kmsguard/internal/policy"
)

// findInMap is Fn::FindInMap [Map, TopKey, SecondKey, {DefaultValue}]. A key that depends on a parameter gives a choice.
// Source: "Fn::FindInMap" and "Fn::FindInMap enhancements" of the CloudFormation User Guide.
func (w *work) findInMap(c call) *policy.Value {
	items := c.items()
	if len(items) != 3 && len(items) != 4 {
		return unknown(c.node, "Fn::FindInMap without three arguments")
	}
	keys := *w
	keys.vary = true
	combinations, ok := product([]*policy.Value{keys.value(items[0]), keys.value(items[1]), keys.value(items[2])})
	if !ok {
		return unknown(c.node, overAlternatives)
	}
	var otherwise *policy.Value
	if len(items) == 4 {
		if d := items[3].Resolved().Get("DefaultValue"); d != nil {
			otherwise = w.value(d)
		}
	}
	var all []alternative
	for _, s := range combinations {
		for _, a := range alternatives(w.lookUp(c, s.values, otherwise)) {
			if both, ok := s.when.And(a.when); ok {
				all = append(all, alternative{both, a.value})
			}
		}
	}
	if len(all) > maxAlternatives {
		return unknown(c.node, overAlternatives)
	}
	return choice(c.node, all)
}

func (w *work) lookUp(c call, keys []*policy.Value, otherwise *policy.Value) *policy.Value {
	n := w.t.mappings
	for i, k := range keys {
		if k.Kind != policy.Text {
			return unknown(c.node, "Fn::FindInMap with a computed key")
		}
		if policy.HasSymbol(k.Text) {
			// A key that is none of the mapping's does not deploy; one that cannot be told may be any.
			if i > 0 && n != nil {
				return w.symbol(c.node, w.describe(c))
			}
			return unknown(c.node, "Fn::FindInMap in a computed mapping")
		}
		n = n.Get(k.Text)
	}
	switch {
	case n != nil:
		return w.value(n)
	case otherwise != nil:
		return otherwise
	}
	// A mapping that is not there may stand in a file that is merged before the template is deployed.
	return w.symbol(c.node, w.describe(c))
}
