package syntax

import (
	"bytes"
	"sort"
)

// The functions of this file find places in the source around nodes. They rely on spans that this package made.

// size returns the number of children of a collection.
func (n *Node) size() int { return len(n.Items) + len(n.Members) }

// child returns the span of child i of a collection: an item without its dash, a member from its key to its value.
func (n *Node) child(i int) Span {
	if n.Kind == Sequence {
		return n.Items[i].Span
	}
	m := n.Members[i]
	return Span{m.Key.Span.Start, m.Value.Span.End}
}

// childStart returns the offset at which child i starts, its dash or question mark included.
func (f *File) childStart(n *Node, i int) int {
	at := f.interior(n)
	if i > 0 {
		at = n.child(i - 1).End
	}
	for at = skipTrivia(f.Source, at); n.Style == Flow && at < len(f.Source) && f.Source[at] == ','; at = skipTrivia(f.Source, at) {
		at++
	}
	return min(at, n.child(i).Start)
}

// interior returns the offset at which the children of a collection may start: after its properties and its bracket.
func (f *File) interior(n *Node) int {
	at := n.Span.Start
	anchor, tag := n.Anchor != "", n.Tag != ""
	for at < n.Span.End && (anchor || tag) {
		at = skipTrivia(f.Source, at)
		switch {
		case anchor && f.Source[at] == '&':
			at += 1 + len(n.Anchor)
			anchor = false
		case tag && f.Source[at] == '!':
			at += len(n.Tag)
			tag = false
		default:
			return at
		}
	}
	if n.Style != Flow {
		return at
	}
	at = skipTrivia(f.Source, at)
	if at < n.Span.End && (f.Source[at] == '{' && n.Kind == Mapping || f.Source[at] == '[' && n.Kind == Sequence) {
		at++
	}
	return at
}

// bracketed tells whether a flow collection has brackets; the implicit pair of [a: b] has none.
func (f *File) bracketed(n *Node) bool {
	end := n.Span.End - 1
	return n.Style == Flow && end >= 0 && (f.Source[end] == '}' || f.Source[end] == ']') && f.interior(n) > n.Span.Start &&
		(f.Source[f.interior(n)-1] == '{' || f.Source[f.interior(n)-1] == '[')
}

// skipTrivia returns the offset of the first byte from at on that is no white space, line break or YAML comment.
func skipTrivia(src []byte, at int) int {
	for at < len(src) {
		switch b := src[at]; {
		case b == ' ' || b == '\t':
			at++
		case b == '#':
			at = breakFrom(src, at)
		default:
			size := breakLen(src, at)
			if size == 0 {
				return at
			}
			at += size
		}
	}
	return at
}

// breakFrom returns the offset of the first line break from at on, or the end.
func breakFrom(src []byte, at int) int {
	for at < len(src) && breakLen(src, at) == 0 {
		at++
	}
	return at
}

// lineStart returns the offset of the first byte of the line that holds the offset, a byte order mark apart.
func (f *File) lineStart(at int) int {
	f.indexLines()
	start := f.lines.breaks[sort.SearchInts(f.lines.breaks, at+1)-1]
	if start == 0 && bytes.HasPrefix(f.Source, []byte(byteOrderMark)) && at >= len(byteOrderMark) {
		return len(byteOrderMark)
	}
	return start
}

// column returns the column of the offset in bytes from 0.
func (f *File) column(at int) int { return at - f.lineStart(at) }

// indentation returns the white space that starts the line of the offset, up to the offset.
func (f *File) indentation(at int) string {
	start := f.lineStart(at)
	end := start
	for end < at && (f.Source[end] == ' ' || f.Source[end] == '\t') {
		end++
	}
	return string(f.Source[start:end])
}

// startsLine tells whether only white space stands before the offset on its line.
func (f *File) startsLine(at int) bool { return len(f.indentation(at)) == f.column(at) }

// afterBreak tells whether the offset is the first of a line and not of the file.
func (f *File) afterBreak(at int) bool {
	return at > 0 && (f.Source[at-1] == '\n' || f.Source[at-1] == '\r')
}

// tailEnd returns where the lines of a block child end that ends at the offset: after a comment on its line and the comment
// lines below it that are indented deeper than its siblings. What it returns is a line's end, without the break, but for a
// block scalar, whose end is the start of the next line.
func (f *File) tailEnd(end, column int) int {
	at := end
	if !f.afterBreak(end) {
		at = breakFrom(f.Source, end)
	}
	for {
		line := at
		if !f.afterBreak(at) || at != end {
			line += breakLen(f.Source, at)
		}
		if line == at && at != end {
			return at
		}
		text := line
		for text < len(f.Source) && (f.Source[text] == ' ' || f.Source[text] == '\t') {
			text++
		}
		if text >= len(f.Source) || f.Source[text] != '#' || text-line <= column {
			return at
		}
		at = breakFrom(f.Source, text)
	}
}

// headStart returns the start of the line of a block child, or of the comment lines right above it. It does not go above floor.
func (f *File) headStart(start, floor int) int {
	top := f.lineStart(start)
	for top > floor {
		above := f.lineStart(top - breakBefore(f.Source, top))
		if above < floor || above >= top || !bytes.HasPrefix(bytes.TrimLeft(f.Source[above:top], " \t"), []byte("#")) {
			break
		}
		top = above
	}
	return top
}

// breakBefore returns the length of the line break that ends right before the offset.
func breakBefore(src []byte, at int) int {
	if at >= 2 && src[at-2] == '\r' && src[at-1] == '\n' {
		return 2
	}
	if at >= 1 {
		return 1
	}
	return 0
}

// trimmedEnd returns the end of the node's text without the line breaks that end a block scalar.
func (f *File) trimmedEnd(n *Node) int {
	end := n.Span.End
	for end > n.Span.Start && (f.Source[end-1] == '\n' || f.Source[end-1] == '\r') {
		end--
	}
	return end
}
