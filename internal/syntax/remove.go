package syntax

import (
	"slices"
	"strings"
)

// RemoveItem returns the edit that takes the item out of the sequence, with the comments that are its own. Where it is the
// last one, an empty sequence stays. An index outside the sequence changes nothing.
func (f *File) RemoveItem(seq *Node, index int) Edit { return f.remove(seq, index) }

// RemoveMember returns the edit that takes the first member with the key out of the mapping, as RemoveItem does.
func (f *File) RemoveMember(m *Node, key string) Edit {
	for i, member := range m.Members {
		if member.Key.Kind == Scalar && member.Key.Value == key {
			return f.remove(m, i)
		}
	}
	return f.remove(m, -1)
}

func (f *File) remove(n *Node, index int) Edit {
	switch {
	case index < 0 || index >= n.size():
		return Edit{Start: n.Span.Start, End: n.Span.Start}
	case n.size() == 1:
		return f.refill(n, &Node{Kind: n.Kind, Tag: n.Tag, Anchor: n.Anchor})
	case n.Style == Block:
		return f.removeBlock(n, index)
	}
	start, end := f.childStart(n, index), n.child(index).End
	if index+1 < n.size() {
		next := f.childStart(n, index+1)
		if !strings.Contains(string(f.Source[end:next]), "#") {
			return Edit{Start: start, End: next}
		}
		return Edit{Start: start, End: f.pastOwnComment(end)}
	}
	previous := n.child(index - 1).End
	if !strings.Contains(string(f.Source[previous:start]), "#") {
		return Edit{Start: previous, End: end}
	}
	if after := skipTrivia(f.Source, end); after < n.Span.End && f.Source[after] == ',' {
		end = after + 1
	}
	return Edit{Start: start, End: end}
}

// pastOwnComment returns the offset of what follows a flow child, its comma and the comment on its line.
func (f *File) pastOwnComment(end int) int {
	at := end
	for at < len(f.Source) && (f.Source[at] == ' ' || f.Source[at] == '\t' || f.Source[at] == ',') {
		at++
	}
	if at < len(f.Source) && f.Source[at] == '#' {
		at = breakFrom(f.Source, at)
	}
	line := at
	for at < len(f.Source) && (f.Source[at] == ' ' || f.Source[at] == '\t' || breakLen(f.Source, at) > 0) {
		at += max(1, breakLen(f.Source, at))
	}
	if at < len(f.Source) && f.Source[at] == '#' {
		return line // a comment needs white space before it
	}
	if at < len(f.Source) && f.Source[at] == ',' { // a comma that stood after the comment
		at = skipTrivia(f.Source, at+1)
	}
	return at
}

func (f *File) removeBlock(n *Node, index int) Edit {
	start := f.childStart(n, index)
	column := f.column(f.childStart(n, 0))
	end := f.tailEnd(n.child(index).End, column)
	if !f.startsLine(start) { // the first child, after a dash
		end += breakLen(f.Source, end)
		for end < len(f.Source) && (f.Source[end] == ' ' || breakLen(f.Source, end) > 0) {
			end++
		}
		return Edit{Start: start, End: end}
	}
	floor := 0
	if index == 0 && slices.Contains(f.Roots, n) {
		floor = n.Span.Start // the comments at the head of a file are the file's
	}
	if index > 0 {
		floor = n.child(index - 1).End // lines of a block scalar may look like comments
	}
	top := f.headStart(start, floor)
	if f.afterBreak(end) && end == n.child(index).End {
		return Edit{Start: top, End: end}
	}
	if end < len(f.Source) {
		return Edit{Start: top, End: end + breakLen(f.Source, end)}
	}
	if index > 0 && n.child(index-1).End == top {
		return Edit{Start: top, End: end} // the line break before is a part of a block scalar
	}
	return Edit{Start: top - breakBefore(f.Source, top), End: end}
}
