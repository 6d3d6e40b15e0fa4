package syntax

import (
	"bytes"
	"sort"
	"strconv"
	"strings"
)

// Position returns the line and column of the offset. Offsets outside the source are clamped to it. A line ends with
// "\n" (so "\r\n" too), as for git and GitHub; YAML's other line breaks do not count. It takes O(log n) after a first
// call that takes O(n).
func (f *File) Position(offset int) Position {
	f.indexLines()
	offset = min(max(offset, 0), len(f.Source))
	line := sort.SearchInts(f.lines.starts, offset+1) // lines that start at or before the offset
	return Position{Offset: offset, Line: line, Column: offset - f.lines.starts[line-1] + 1}
}

// indexLines finds the starts of lines, once.
func (f *File) indexLines() {
	f.lines.Do(func() {
		starts := make([]int, 1, bytes.Count(f.Source, []byte{'\n'})+1)
		f.lines.breaks = []int{0}
		for i, b := range f.Source {
			switch {
			case b == '\n':
				starts = append(starts, i+1)
				f.lines.breaks = append(f.lines.breaks, i+1)
			case b == '\r' && (i+1 == len(f.Source) || f.Source[i+1] != '\n'):
				f.lines.breaks = append(f.lines.breaks, i+1)
			}
		}
		f.lines.starts = starts
	})
}

// Pointer returns the JSON pointer (RFC 6901) of the node in the first root that holds it; "" is a root, and what is
// returned for a node of another file. A member's key has the pointer of its value.
func (f *File) Pointer(n *Node) string {
	path, _ := f.path(n)
	var b strings.Builder
	for i := 1; i < len(path); i++ {
		b.WriteByte('/')
		parent := path[i-1]
		for j, item := range parent.Items {
			if item == path[i] {
				b.WriteString(strconv.Itoa(j))
			}
		}
		for _, m := range parent.Members {
			if m.Value == path[i] || m.Key == path[i] {
				b.WriteString(pointerEscape.Replace(m.Key.Value))
			}
		}
	}
	return b.String()
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// path returns the nodes from a root to n, both included, and whether n is in the file. It descends by spans and looks
// at every child only where spans are empty or equal.
func (f *File) path(n *Node) ([]*Node, bool) {
	if n == nil {
		return nil, false
	}
	var walk func(at *Node, path []*Node) []*Node
	walk = func(at *Node, path []*Node) []*Node {
		path = append(path, at)
		if at == n {
			return path
		}
		if !at.Span.Contains(n.Span) {
			return nil
		}
		for _, item := range at.Items {
			if p := walk(item, path); p != nil {
				return p
			}
		}
		for _, m := range at.Members {
			if p := walk(m.Key, path); p != nil {
				return p
			}
			if p := walk(m.Value, path); p != nil {
				return p
			}
		}
		return nil
	}
	for _, root := range f.Roots {
		if p := walk(root, nil); p != nil {
			return p, true
		}
	}
	return nil, false
}
