package policy

import "github.com/kmsguard/kmsguard/internal/syntax"

// Kind tells what a value is.
type Kind uint8

// The kinds of value. The first three are JSON's; the others are what a template can put in their place.
const (
	Text    Kind = iota // a string, number or boolean, as text
	Object              // members
	List                // items
	Choice              // one of several values, depending on parameters and conditions of the template
	Absent              // AWS::NoValue: the member or item is not there
	Unknown             // nothing is known of it: Construct says why
)

// Value is a part of a policy after the template language has been worked out: JSON whose strings may hold symbols
// (see [Symbols]) and whose parts may be choices. A plain JSON document becomes a Value with [FromSyntax].
type Value struct {
	Kind    Kind
	Text    string      // of Text; symbols stand in it as single runes of the private range, see [Symbols]
	Type    syntax.Type // of Text: String, Bool, Number or Null as written
	Items   []*Value    // of List
	Members []Member    // of Object, in source order, duplicates included
	Options []Option    // of Choice: their guards are disjoint, and together they are everything
	// Construct names what stopped the reading of an Unknown: "Fn::Transform", "over 64 alternatives", …
	Construct string
	Node      *syntax.Node // where it was written; for a resolved intrinsic, the intrinsic. Never nil
}

// Member is one member of an object.
type Member struct {
	Key     string
	KeyNode *syntax.Node
	Value   *Value
}

// Option is one possibility of a choice.
type Option struct {
	When  Guard
	Value *Value
}

// Get returns the first member with the key, or nil.
func (v *Value) Get(key string) *Value {
	if v == nil {
		return nil
	}
	for _, m := range v.Members {
		if m.Key == key {
			return m.Value
		}
	}
	return nil
}

// Guard says in which environments of the template something holds: for each named parameter or condition, the
// value it must have. A nil guard holds always. Parameters stand with one of their possible values, conditions
// with "true" or "false".
type Guard map[string]string

// And returns the guard that holds where both do, and false where they contradict each other.
func (g Guard) And(h Guard) (Guard, bool) {
	if len(h) == 0 {
		return g, true
	}
	if len(g) == 0 {
		return h, true
	}
	both := make(Guard, len(g)+len(h))
	for k, v := range g {
		both[k] = v
	}
	for k, v := range h {
		if w, ok := both[k]; ok && w != v {
			return nil, false
		}
		both[k] = v
	}
	return both, true
}

// Unknown-valued choices: the value of a parameter that is none of those the repository shows.
const Other = "any other value"

// Dimension is one parameter or condition of a template on which the policy depends.
type Dimension struct {
	Name   string
	Values []string // all it can be, at least one; Other among them where the set is open
}

// FromSyntax turns a tree without template constructs into a Value. Aliases are followed.
func FromSyntax(n *syntax.Node) *Value {
	return fromSyntax(n, 0)
}

func fromSyntax(n *syntax.Node, depth int) *Value {
	if depth > maxDepth {
		return &Value{Kind: Unknown, Construct: "nesting", Node: n}
	}
	r := n.Resolved()
	if r == nil {
		return &Value{Kind: Unknown, Construct: "alias *" + n.Value, Node: n}
	}
	switch r.Kind {
	case syntax.Mapping:
		v := &Value{Kind: Object, Node: n}
		for _, m := range r.Members {
			v.Members = append(v.Members, Member{Key: CleanText(m.Key.Value), KeyNode: m.Key, Value: fromSyntax(m.Value, depth+1)})
		}
		return v
	case syntax.Sequence:
		v := &Value{Kind: List, Node: n}
		for _, item := range r.Items {
			v.Items = append(v.Items, fromSyntax(item, depth+1))
		}
		return v
	}
	return &Value{Kind: Text, Text: CleanText(r.Value), Type: r.Type, Node: n}
}

// maxDepth bounds the nesting of a value. Policies nest to 6 levels; intrinsics add a few.
const maxDepth = 100
