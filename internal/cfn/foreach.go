package cfn

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// entry is one member of a section or mapping after loops are unrolled.
type entry struct {
	key     string
	keyNode *syntax.Node
	value   *syntax.Node
	loops   map[string]string
}

// entries lists the members of a section, its Fn::ForEach loops unrolled. Loops that cannot be are noted.
func (t *Template) entries(section *syntax.Node) []entry {
	return t.newWork(t.account(), "aws").entries(section)
}

func (w *work) entries(section *syntax.Node) []entry {
	var all []entry
	for _, m := range section.Members {
		if !strings.HasPrefix(m.Key.Value, "Fn::ForEach::") {
			all = append(all, entry{w.unloop(m.Key.Value), m.Key, m.Value.Resolved(), w.loops})
			continue
		}
		bodies, construct := w.unroll(m)
		if construct != "" {
			w.t.unread(m.Value, construct)
		}
		all = append(all, bodies...)
		if len(all) > maxResources {
			w.t.unread(section, fmt.Sprintf("over %d entries in one section", maxResources))
			return all[:maxResources]
		}
	}
	return all
}

// unroll repeats the body of one Fn::ForEach: {"Fn::ForEach::Name": [identifier, collection, {key: value}]}. Loops nest.
// construct says why it could not be. Source: "Fn::ForEach" of the CloudFormation User Guide.
func (w *work) unroll(m syntax.Member) (all []entry, construct string) {
	loop := m.Value.Resolved()
	if loop == nil || loop.Kind != syntax.Sequence || len(loop.Items) != 3 || w.depth >= maxNesting {
		return nil, "Fn::ForEach without identifier, collection and body"
	}
	identifier, body := loop.Items[0].Resolved(), loop.Items[2].Resolved()
	if identifier == nil || body == nil || identifier.Kind != syntax.Scalar || body.Kind != syntax.Mapping {
		return nil, "Fn::ForEach without identifier, collection and body"
	}
	items, construct := w.collection(loop.Items[1])
	if construct != "" {
		return nil, construct
	}
	inner := *w
	inner.depth++
	for _, item := range items {
		inner.loops = maps.Clone(w.loops)
		if inner.loops == nil {
			inner.loops = map[string]string{}
		}
		inner.loops[identifier.Value] = item
		for _, b := range body.Members {
			if !w.spend(1) || len(all) > maxResources {
				return nil, "Fn::ForEach that makes too many entries"
			}
			if strings.HasPrefix(b.Key.Value, "Fn::ForEach::") {
				more, construct := inner.unroll(b)
				if construct != "" {
					return nil, construct
				}
				all = append(all, more...)
				continue
			}
			if value := b.Value.Resolved(); value != nil {
				all = append(all, entry{inner.unloop(b.Key.Value), b.Key, value, inner.loops})
			}
		}
	}
	return all, ""
}

// collection lists what a loop runs over: strings, or a list parameter with its default.
func (w *work) collection(n *syntax.Node) (items []string, construct string) {
	v := w.value(n)
	if v.Kind == policy.Choice {
		// A list parameter: its first value, the default, shows the resources that the loop makes.
		v = v.Options[0].Value
	}
	if v.Kind != policy.List || w.openName(v) != "" {
		return nil, "Fn::ForEach over a collection that is not known here"
	}
	if len(v.Items) > maxItems {
		return nil, fmt.Sprintf("Fn::ForEach over %d items", maxItems)
	}
	for _, item := range v.Items {
		switch {
		case item.Kind == policy.List: // a list parameter inside the list
			for _, i := range item.Items {
				items = append(items, i.Text)
			}
		case item.Kind == policy.Text:
			items = append(items, item.Text)
		default:
			return nil, "Fn::ForEach over a collection that is not known here"
		}
	}
	return items, ""
}

// unloop replaces the identifiers of the loops in a text: ${Name}, and &{Name}, which drops what no logical id may hold.
// The result holds no symbols but those of the loops' values.
func (w *work) unloop(s string) string {
	s = policy.CleanText(s)
	if len(w.loops) == 0 || !strings.Contains(s, "{") {
		return s
	}
	for _, name := range slices.Sorted(maps.Keys(w.loops)) {
		value := w.loops[name]
		if strings.Count(s, "{"+name+"}")*len(value) > maxText {
			continue // a text that no template needs: it stays as it is written
		}
		s = strings.ReplaceAll(s, "${"+name+"}", value)
		s = strings.ReplaceAll(s, "&{"+name+"}", alphanumeric(value))
	}
	return s
}

func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || policy.IsSymbol(r) {
			return r
		}
		return -1
	}, s)
}
