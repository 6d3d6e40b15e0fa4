package syntax

import "strings"

// layout is how a collection is written. In its texts "\n" stands for a line break followed by the indentation that the
// place asks for.
type layout struct {
	block bool
	lead  string // between the colon and the value: "", " ", or "\n" where it has a line of its own
	step  int    // block: columns from the parent's children to these; from a dash to its item; flow: to a bracket on its own line
	// The rest is about flow.
	open, sep, close string // after the opening bracket, between children with the comma, before the closing bracket
	unit             string // indentation of the children's lines against that of the closing bracket's
}

// classes are the kinds of layout that votes tell apart, in the order of preference among equals.
var classes = []string{"block", "allman", "lines", "line"}

func (l layout) class() string {
	switch {
	case l.block:
		return "block"
	case !l.breaks():
		return "line"
	case strings.Contains(l.lead, "\n"):
		return "allman"
	}
	return "lines"
}

// breaks tells whether there is a line break between the brackets.
func (l layout) breaks() bool { return strings.Contains(l.open+l.sep+l.close, "\n") }

// layoutOf reads the layout of a collection that has children.
func (f *File) layoutOf(s sample) layout {
	n := s.node
	l := layout{lead: " "}
	if s.key != nil {
		_, after := f.colon(Member{s.key, n})
		l.lead = normalBreaks(after)
	} else if s.parent != nil && s.parent.Style == Block {
		if start := f.childStart(s.parent, s.index); start < n.Span.Start {
			l.lead = normalBreaks(string(f.Source[start+1 : n.Span.Start]))
		}
	}
	if n.Style == Block {
		l.block = true
		if s.parent != nil && s.parent.Style == Block && s.parent.size() > 0 {
			l.step = f.column(f.childStart(n, 0)) - f.column(f.childStart(s.parent, 0))
		}
		return l
	}
	if s.parent != nil && s.parent.Style == Block && strings.Contains(l.lead, "\n") {
		l.step = f.column(n.Span.Start) - f.column(f.childStart(s.parent, 0))
	}
	first, last := f.childStart(n, 0), n.child(n.size()-1)
	l.open = normalBreaks(string(f.Source[f.interior(n):first]))
	l.close = normalBreaks(string(f.Source[min(last.End, n.Span.End-1) : n.Span.End-1]))
	inner := f.indentation(first)
	if n.size() > 1 {
		l.sep = f.separator(n, 1)
		if !strings.Contains(l.open, "\n") && strings.Contains(l.sep, "\n") {
			inner = f.indentation(f.childStart(n, 1))
			if strings.HasPrefix(l.sep, ",") {
				l.sep = ", " // aligned under the first child: its column means nothing elsewhere
			}
		}
	} else if l.sep = "," + f.habits.hand.comma; strings.Contains(l.open, "\n") {
		l.sep = ",\n"
	}
	if outer := f.indentation(n.Span.End - 1); strings.HasPrefix(inner, outer) {
		l.unit = inner[len(outer):]
	}
	return l
}

func indexOf(parent, n *Node) int {
	i := 0
	for child := range parent.children() {
		if child == n {
			return i
		}
		i++
	}
	return 0
}

// separator returns what stands between child i-1 and child i of a flow collection, in layout's terms.
func (f *File) separator(n *Node, i int) string {
	return normalBreaks(string(f.Source[n.child(i-1).End:f.childStart(n, i)]))
}

// normalBreaks drops comments and turns line breaks, with the indentation after them, into one "\n".
func normalBreaks(text string) string {
	if !strings.ContainsAny(text, "\r\n#") {
		return text
	}
	var b strings.Builder
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' })
	if text[0] == '\r' || text[0] == '\n' {
		lines = append([]string{""}, lines...)
	}
	if last := text[len(text)-1]; last == '\r' || last == '\n' {
		lines = append(lines, "")
	}
	for i, line := range lines {
		comment := strings.IndexByte(line, '#')
		if comment >= 0 {
			line = strings.TrimRight(line[:comment], " \t")
		}
		if i > 0 {
			line = strings.TrimLeft(line, " \t")
			if !strings.HasSuffix(b.String(), "\n") {
				b.WriteByte('\n')
			}
		}
		b.WriteString(line)
	}
	return b.String()
}

// colon returns what stands between a key and its colon, and between the colon and the value.
func (f *File) colon(m Member) (before, after string) {
	end := f.colonEnd(m)
	if end <= m.Key.Span.End {
		return "", " "
	}
	return string(f.Source[m.Key.Span.End : end-1]), string(f.Source[end:max(end, m.Value.Span.Start)])
}

// colonEnd returns the offset after the colon of a member, or the end of its key where it has none.
func (f *File) colonEnd(m Member) int {
	at := skipTrivia(f.Source, m.Key.Span.End)
	if at < m.Value.Span.Start && f.Source[at] == ':' {
		return at + 1
	}
	return m.Key.Span.End
}
