package syntax

import "strings"

// WrapInSequence returns the edit that turns the bare value n of the file into a sequence of it and more. n keeps its text,
// moved to the right where its lines need it.
func (f *File) WrapInSequence(n *Node, more ...*Node) Edit {
	path, ok := f.path(n)
	if !ok {
		return Edit{Start: n.Span.Start, End: n.Span.Start}
	}
	p := f.printer(path)
	p.keep = n
	return f.replace(p, path, NewSequence(append([]*Node{n}, more...)...))
}

// kept returns the text of the kept node for its new place, or false where it must be written anew.
func (p *printer) kept(n *Node, at place) (string, bool) {
	f := p.f
	end := f.trimmedEnd(n)
	text := string(f.Source[n.Span.Start:end])
	if f.unfinishedBlock(n, n.Span.End) || n.Span.End > end+breakLen(f.Source, end) {
		return "", false // its last lines are part of a value and would get lost or doubled
	}
	if n.Kind == Scalar && (text == "" || n.Style == Literal || n.Style == Folded || strings.ContainsAny(text, "\r\n") || at.flow && n.Style == Plain && !plainSafe(n.Value, true)) {
		return "", false
	}
	from, to := f.indentation(n.Span.Start), at.indent
	if n.Style == Block {
		from = strings.Repeat(" ", f.column(f.childStart(n, 0)))
		to = at.indent + strings.Repeat(" ", p.h.gap)
	}
	space := " "
	if n.Style == Block && n.Tag == "" && n.Anchor == "" {
		space = strings.Repeat(" ", p.h.gap-1)
	}
	var b strings.Builder
	b.WriteString(space)
	source := []byte(text)
	for at := 0; at < len(text); {
		end := breakFrom(source, at)
		if rest, ok := strings.CutPrefix(text[at:end], from); at > 0 && ok && rest != "" {
			b.WriteString(to + rest)
		} else {
			b.WriteString(text[at:end])
		}
		at = end + breakLen(source, end)
		b.WriteString(text[end:at])
	}
	return b.String(), true
}

// keptIn returns the kept node where it is an item of v.
func (p *printer) keptIn(v *Node) *Node {
	if p.keep != nil && len(v.Items) > 0 && v.Items[0] == p.keep {
		return p.keep
	}
	return nil
}

// around returns the layout of the sequence around the kept node: the one chosen, but a node in block style stays so, and
// one of several lines gets lines of its own.
func (p *printer) around(kept *Node, l layout, at place) layout {
	switch {
	case kept.Style == Block && !l.block:
		return layout{block: true, lead: "\n", step: p.step(Sequence, at)}
	case kept.Style == Flow && kept.size() > 0 && !l.block && !l.breaks() && !p.f.onOneLine(kept):
		s := sample{node: kept}
		if near := p.near[0]; near.node == kept {
			s = near
		}
		own := p.f.layoutOf(s)
		if own.sep == ", " || !strings.Contains(own.sep, "\n") {
			own.sep = ",\n"
		}
		return own
	}
	return l
}
