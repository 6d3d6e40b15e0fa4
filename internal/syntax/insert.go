package syntax

import "strings"

// InsertItem returns the edit that makes value the item at the index of the sequence; indexes outside 0..len are clamped.
func (f *File) InsertItem(seq *Node, index int, value *Node) Edit {
	if seq.Kind != Sequence {
		return Edit{Start: seq.Span.Start, End: seq.Span.Start}
	}
	if len(seq.Items) == 0 {
		return f.refill(seq, &Node{Kind: Sequence, Tag: seq.Tag, Anchor: seq.Anchor, Items: []*Node{value}})
	}
	index = min(max(index, 0), len(seq.Items))
	return f.insert(seq, index, func(p *printer, at place) string {
		if seq.Style == Block {
			return "-" + p.dashed(value, at)
		}
		return p.item(value, at)
	})
}

// refill replaces an empty collection.
func (f *File) refill(n, full *Node) Edit {
	path, ok := f.path(n)
	if !ok {
		return Edit{Start: n.Span.Start, End: n.Span.Start}
	}
	return f.replace(f.printer(path), path, full)
}

// insert returns the edit that puts a new child at the index of a collection that has children.
func (f *File) insert(n *Node, index int, write func(*printer, place) string) Edit {
	path, ok := f.path(n)
	if !ok {
		return Edit{Start: n.Span.Start, End: n.Span.Start}
	}
	p := f.printer(path)
	at := place{item: n.Kind == Sequence, like: family(path), flow: n.Style == Flow}
	if n.Style == Block {
		return f.insertBlock(p, n, index, at, write)
	}
	return f.insertFlow(p, n, index, at, write)
}

func (f *File) insertBlock(p *printer, n *Node, index int, at place, write func(*printer, place) string) Edit {
	first := f.childStart(n, 0)
	at.indent = strings.Repeat(" ", f.column(first))
	text := write(p, at)
	if index == 0 {
		if !f.startsLine(first) {
			return Edit{first, first, text + p.h.newline + at.indent}
		}
		top := f.headStart(first, 0)
		return Edit{top, top, at.indent + text + p.h.newline}
	}
	end := n.child(index - 1).End
	if f.unfinishedBlock(n, end) {
		return f.finishBlock(p, n, index, at.indent+text)
	}
	tail := f.tailEnd(end, f.column(first))
	if tail == end && f.afterBreak(end) {
		return Edit{tail, tail, at.indent + text + p.h.newline}
	}
	return Edit{tail, tail, p.h.newline + at.indent + text}
}

// unfinishedBlock tells whether a block scalar ends at the end of the file without a line break: one put there would become
// a part of its value.
func (f *File) unfinishedBlock(n *Node, end int) bool {
	if end != len(f.Source) || f.afterBreak(end) {
		return false
	}
	last := lastScalar(n)
	return last.Span.End == end && (last.Style == Literal || last.Style == Folded) && !strings.HasSuffix(last.Value, "\n")
}

func lastScalar(n *Node) *Node {
	for n.size() > 0 && n.Style == Block {
		if n.Kind == Sequence {
			n = n.Items[len(n.Items)-1]
		} else {
			n = n.Members[len(n.Members)-1].Value
		}
	}
	return n
}

// finishBlock inserts at the end of a file after an unfinished block scalar and makes the scalar strip its last line break.
func (f *File) finishBlock(p *printer, n *Node, index int, text string) Edit {
	last := lastScalar(n)
	header := last.Span.Start
	for f.Source[header] != '|' && f.Source[header] != '>' {
		header++
	}
	end := header + 1
	for end < len(f.Source) && strings.IndexByte("+-123456789", f.Source[end]) >= 0 {
		end++
	}
	marks := strings.Map(func(r rune) rune {
		if r == '+' || r == '-' {
			return -1
		}
		return r
	}, string(f.Source[header:end]))
	return Edit{header, len(f.Source), marks + "-" + string(f.Source[end:]) + p.h.newline + text}
}

func (f *File) insertFlow(p *printer, n *Node, index int, at place, write func(*printer, place) string) Edit {
	if !f.bracketed(n) { // [a: b] becomes [{a: b, c: d}]
		at.indent = f.indentation(n.Span.Start)
		at.line = true
		texts := []string{f.Text(n.Span), write(p, at)}
		if index == 0 {
			texts[0], texts[1] = texts[1], texts[0]
		}
		return Edit{n.Span.Start, n.Span.End, "{" + texts[0] + "," + p.h.comma + texts[1] + "}"}
	}
	neighbour := max(index-1, 0)
	start := f.childStart(n, neighbour)
	at.indent = f.indentation(start)
	at.line = f.onOneLine(n)
	sep := p.separatorAt(n, index)
	text := write(p, at)
	if index == 0 {
		open := f.interior(n)
		if before := string(f.Source[open:start]); strings.Contains(before, "#") {
			if first := breakFrom(f.Source, open); strings.Contains(string(f.Source[open:first]), "#") {
				open = first // a comment on the line of the bracket is the collection's
			}
			return Edit{open, open, p.h.newline + at.indent + text + ","}
		}
		return Edit{start, start, text + p.broken(sep, at.indent)}
	}
	end := n.child(neighbour).End
	line := breakFrom(f.Source, end)
	rest := strings.TrimLeft(string(f.Source[end:line]), " \t")
	comma := strings.HasPrefix(rest, ",")
	if f.Format == YAML && strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(rest, ","), " \t"), "#") {
		inserted := p.h.newline + at.indent + text
		switch next := skipTrivia(f.Source, line); {
		case comma:
			return Edit{line, line, inserted + ","}
		case next < len(f.Source) && f.Source[next] == ',':
			return Edit{line, line, p.h.newline + at.indent + ", " + text}
		}
		return Edit{end, line, "," + string(f.Source[end:line]) + inserted}
	}
	return Edit{end, end, p.broken(sep, at.indent) + text}
}

// separatorAt returns what stands between children around the index: what most have, of equals the nearest.
func (p *printer) separatorAt(n *Node, index int) string {
	if n.size() == 1 {
		l := p.f.layoutOf(sample{node: n})
		if strings.Contains(l.open, "\n") {
			return ",\n"
		}
		_, comma := p.spacing(n.Kind, nil)
		return "," + comma
	}
	counts := map[string]int{}
	nearest := min(max(index, 1), n.size()-1)
	low, high := max(1, nearest-maxSamples), min(n.size()-1, nearest+maxSamples)
	best := p.f.separator(n, nearest)
	for i := low; i <= high; i++ {
		counts[p.f.separator(n, i)]++
	}
	for i := low; i <= high; i++ {
		if sep := p.f.separator(n, i); counts[sep] > counts[best] {
			best = sep
		}
	}
	return best
}
