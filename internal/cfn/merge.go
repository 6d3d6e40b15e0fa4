package cfn

import (
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// flat is a mapping with the members of its YAML merge keys ("<<"), which "aws cloudformation package" and SAM resolve. Members
// of the mapping itself come before merged ones, and of two merged mappings the first wins. A node without merge keys is
// returned as it is.
func flat(f *syntax.File, n *syntax.Node) *syntax.Node {
	return flatTo(f, n, 0)
}

func flatTo(f *syntax.File, n *syntax.Node, depth int) *syntax.Node {
	if n == nil || n.Kind != syntax.Mapping || f.Format != syntax.YAML || depth > maxNesting {
		return n
	}
	merges := false
	for _, m := range n.Members {
		merges = merges || isMerge(m)
	}
	if !merges {
		return n
	}
	all := *n
	all.Members = nil
	for _, m := range n.Members {
		if !isMerge(m) {
			all.Members = append(all.Members, m)
		}
	}
	for _, m := range n.Members {
		if !isMerge(m) {
			continue
		}
		for _, from := range oneOrMore(m.Value) {
			if from = flatTo(f, from, depth+1); from.Kind != syntax.Mapping {
				continue
			}
			for _, more := range from.Members {
				if len(all.Members) < maxResources && all.Member(more.Key.Value) == nil {
					all.Members = append(all.Members, more)
				}
			}
		}
	}
	return &all
}

func isMerge(m syntax.Member) bool { return m.Key.Value == "<<" && m.Key.Style == syntax.Plain }
