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
	value   *syntax.Node // what it stands for, where it is an alias
	written *syntax.Node
	loops   map[string]string
	when    policy.Guard // the value of the list parameter that makes the entry; nil where every value does, or several
	// open tells of a loop whose other values are known that there are more, in the environments of the guard: nothing tells
	// what it makes then.
	open policy.Guard
}

// entries lists the members of a section, its Fn::ForEach loops unrolled. Loops that cannot be are noted.
func (t *Template) entries(section *syntax.Node) []entry {
	return t.newWork(t.account(), "aws").entries(section)
}

func (w *work) entries(section *syntax.Node) []entry {
	var all []entry
	for _, m := range flat(w.file, section).Members {
		if !strings.HasPrefix(m.Key.Value, "Fn::ForEach::") {
			all = append(all, entry{key: w.unloop(m.Key.Value), keyNode: m.Key, value: m.Value.Resolved(), written: m.Value, loops: w.loops})
			continue
		}
		bodies, construct := w.unroll(m)
		if construct != "" {
			w.t.unread(m.Value, construct)
		}
		for _, e := range bodies {
			e.key = w.t.Symbols.Show(e.key) // an item of a list that nothing tells is a symbol
			if e.open == nil {
				all = append(all, e)
			}
		}
		if len(all) > maxResources {
			w.t.unread(section, fmt.Sprintf("over %d entries in one section", maxResources))
			return all[:maxResources]
		}
	}
	return all
}

// unroll repeats the body of one Fn::ForEach: {"Fn::ForEach::Name": [identifier, collection, {key: value}]}. Loops nest.
// construct says why it could not be. Source: "Fn::ForEach" of the CloudFormation User Guide.
//
// A collection that depends on parameters gives the entries of all its values: those that one value alone makes have it as
// their guard. One known value, a default, shows what any other makes, and where nothing is known one item does, a symbol.
func (w *work) unroll(m syntax.Member) (all []entry, construct string) {
	loop := m.Value.Resolved()
	if loop == nil || loop.Kind != syntax.Sequence || len(loop.Items) != 3 || w.depth >= maxNesting {
		return nil, "Fn::ForEach without identifier, collection and body"
	}
	identifier, body := loop.Items[0].Resolved(), loop.Items[2].Resolved()
	if identifier == nil || body == nil || identifier.Kind != syntax.Scalar || body.Kind != syntax.Mapping {
		return nil, "Fn::ForEach without identifier, collection and body"
	}
	collections, construct := w.collections(loop.Items[1])
	if construct != "" {
		return nil, construct
	}
	times, known := map[string]int{}, 0 // of an item, of the values of the collection
	for _, c := range collections {
		if c.open && len(collections) > 1 {
			all = append(all, entry{open: c.when})
			continue
		}
		known++
		for _, item := range slices.Compact(slices.Sorted(slices.Values(c.items))) {
			times[item]++
		}
	}
	done := map[string]bool{}
	for _, c := range collections {
		for _, item := range c.items {
			if c.open && len(collections) > 1 {
				break
			}
			if len(collections) > 1 && done[item] {
				continue
			}
			done[item] = true
			when := c.when
			if times[item] > 1 || known == 1 {
				when = nil
			}
			bodies, construct := w.body(body, identifier.Value, item, when)
			if construct != "" {
				return nil, construct
			}
			if all = append(all, bodies...); len(all) > maxResources {
				return nil, "Fn::ForEach that makes too many entries"
			}
		}
	}
	return all, ""
}

// body is the body of a loop for one item.
func (w *work) body(body *syntax.Node, identifier, item string, when policy.Guard) (all []entry, construct string) {
	inner := *w
	inner.depth++
	inner.loops = maps.Clone(w.loops)
	if inner.loops == nil {
		inner.loops = map[string]string{}
	}
	inner.loops[identifier] = item
	for _, b := range body.Members {
		if !w.spend(1) || len(all) > maxResources {
			return nil, "Fn::ForEach that makes too many entries"
		}
		bodies := []entry{{key: inner.unloop(b.Key.Value), keyNode: b.Key, value: b.Value.Resolved(), written: b.Value, loops: inner.loops}}
		if strings.HasPrefix(b.Key.Value, "Fn::ForEach::") {
			if bodies, construct = inner.unroll(b); construct != "" {
				return nil, construct
			}
		}
		for _, e := range bodies {
			both, ok := when.And(e.when)
			if ok && e.open != nil {
				e.open, ok = when.And(e.open)
			}
			if (e.value != nil || e.open != nil) && ok {
				e.when = both
				all = append(all, e)
			}
		}
	}
	return all, ""
}

const hiddenCollection = "Fn::ForEach over a collection that is not known here"

// collection is what a loop runs over in some environments.
type collection struct {
	when  policy.Guard
	items []string
	open  bool // nothing tells the items; a symbol stands for them
}

// collections lists what a loop can run over.
func (w *work) collections(n *syntax.Node) (all []collection, construct string) {
	options := alternatives(w.value(n))
	if options == nil {
		return nil, hiddenCollection
	}
	for _, o := range options {
		if o.value.Kind != policy.List {
			return nil, hiddenCollection
		}
		c := collection{when: o.when, open: w.openName(o.value) != ""}
		for _, item := range o.value.Items {
			options := alternatives(item)
			for _, a := range options {
				switch {
				case a.value.Kind == policy.Text:
					c.items = append(c.items, a.value.Text)
				case a.value.Kind != policy.List:
					return nil, hiddenCollection
				case w.openName(a.value) == "" || len(options) == 1: // a list parameter inside the list
					c.items = append(c.items, texts(a.value)...)
				}
			}
		}
		if len(c.items) > maxItems {
			return nil, fmt.Sprintf("Fn::ForEach over %d items", len(c.items))
		}
		all = append(all, c)
	}
	return all, ""
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
