package syntax

import (
	"cmp"
	"slices"
	"strings"
)

// sample is a collection of the file that shows how its author lays such collections out.
type sample struct {
	node   *Node
	parent *Node // the collection around it, nil for a root
	key    *Node // its key where the parent is a mapping
	index  int   // its number among the parent's children
}

// maxSamples bounds the neighbours that are looked at for one edit; the nearest come first.
const maxSamples = 64

// shape describes the form of a tree without its keys and counts, such as "m(q(s))"; trees of more than three levels are all
// "M" or "Q".
func shape(n *Node) string {
	s, _ := shapeHeight(n)
	return s
}

func shapeHeight(n *Node) (string, int) {
	if n == nil || n.Kind == Scalar || n.Kind == Alias {
		return "s", 0
	}
	if intrinsic(n) {
		return "f", 0
	}
	var inner []string
	height := 0
	for child := range n.children() {
		s, h := shapeHeight(child)
		height = max(height, h)
		if s == "f" {
			s = "s"
		}
		if !slices.Contains(inner, s) {
			inner = append(inner, s)
		}
	}
	return shapeOf(n.Kind, inner, height+1), height + 1
}

// intrinsic tells whether the node is a CloudFormation function in its long form, {"Ref": …}: it stands for a scalar, and
// people write it on one line where they give mappings lines of their own.
func intrinsic(n *Node) bool {
	if len(n.Members) != 1 {
		return false
	}
	key := n.Members[0].Key.Value
	return key == "Ref" || strings.HasPrefix(key, "Fn::")
}

func shapeOf(kind Kind, inner []string, height int) string {
	letter := "m"
	if kind == Sequence {
		letter = "q"
	}
	if height > 3 {
		return strings.ToUpper(letter)
	}
	slices.Sort(inner)
	return letter + "(" + strings.Join(inner, "") + ")"
}

// children returns the items or the values of a collection.
func (n *Node) children() func(yield func(*Node) bool) {
	return func(yield func(*Node) bool) {
		for _, item := range n.Items {
			if !yield(item) {
				return
			}
		}
		for _, m := range n.Members {
			if !yield(m.Value) {
				return
			}
		}
	}
}

// family returns the collections that stand where the last node of the path stands, that node first: then what has the same
// key in the family of its parent, then its siblings of the same kind, nearest first.
func family(path []*Node) []sample {
	if len(path) == 0 {
		return nil
	}
	n := path[len(path)-1]
	if len(path) == 1 {
		return []sample{{node: n}}
	}
	parent := path[len(path)-2]
	all := []sample{{n, parent, keyOf(parent, n), indexOf(parent, n)}}
	key := all[0].key
	if key != nil {
		for _, uncle := range family(path[:len(path)-1])[1:] {
			if m := uncle.node.Member(key.Value); m != nil && m.Value.Kind == n.Kind {
				all = append(all, sample{m.Value, uncle.node, m.Key, indexOf(uncle.node, m.Value)})
			}
		}
	}
	siblings := siblingsOf(parent, n)
	all = append(all, siblings...)
	if key == nil {
		for _, uncle := range family(path[:len(path)-1])[1:] {
			for i, item := range uncle.node.Items {
				if item.Kind == n.Kind && len(all) < maxSamples {
					all = append(all, sample{node: item, parent: uncle.node, index: i})
				}
			}
		}
	}
	return all[:min(len(all), maxSamples)]
}

// siblingsOf returns the other children of the parent that are collections of n's kind, nearest first.
func siblingsOf(parent, n *Node) []sample {
	var before, after []sample
	seen := false
	add := func(i int, child, key *Node) {
		switch {
		case child == n:
			seen = true
		case child.Kind != n.Kind || child.size() == 0:
		case seen:
			after = append(after, sample{child, parent, key, i})
		default:
			before = append(before, sample{child, parent, key, i})
		}
	}
	for i, item := range parent.Items {
		add(i, item, nil)
	}
	for i, m := range parent.Members {
		add(i, m.Value, m.Key)
	}
	slices.Reverse(before)
	var all []sample
	for i := 0; i < max(len(before), len(after)) && len(all) < maxSamples; i++ {
		if i < len(after) {
			all = append(all, after[i])
		}
		if i < len(before) {
			all = append(all, before[i])
		}
	}
	return all
}

func keyOf(parent, n *Node) *Node {
	for _, m := range parent.Members {
		if m.Value == n {
			return m.Key
		}
	}
	return nil
}

// candidates returns the collections of v's kind after which a new child v of a collection like these may be modelled, best
// first: same key (or any item), then the other children. Those of v's own shape come first within each.
func candidates(v *Node, key string, item bool, like []sample) (same, others []sample) {
	for _, s := range like {
		for i, child := range s.node.Items {
			if child.Kind == v.Kind && child.size() > 0 && item && len(same) < maxSamples {
				same = append(same, sample{child, s.node, nil, i})
			}
		}
		for i, m := range s.node.Members {
			switch {
			case m.Value.Kind != v.Kind || m.Value.size() == 0:
			case !item && m.Key.Value == key && len(same) < maxSamples:
				same = append(same, sample{m.Value, s.node, m.Key, i})
			case !item && len(others) < maxSamples:
				others = append(others, sample{m.Value, s.node, m.Key, i})
			}
		}
	}
	want, height := shapeHeight(v)
	rank := func(all []sample) {
		type ranked struct {
			sample
			score, distance int
		}
		list := make([]ranked, len(all))
		for i, s := range all {
			list[i] = ranked{s, 0, max(v.size()-s.node.size(), s.node.size()-v.size())}
			if got, h := shapeHeight(s.node); got == want {
				list[i].score = 2
			} else if h == height {
				list[i].score = 1
			}
		}
		slices.SortStableFunc(list, func(a, b ranked) int {
			return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.distance, b.distance))
		})
		for i := range list {
			all[i] = list[i].sample
		}
	}
	rank(same)
	rank(others)
	return same, others
}
