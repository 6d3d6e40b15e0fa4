package syntax

import "strings"

// block returns a block collection with what leads to it: after a key it starts on the next line, after a dash on the same
// line unless the file does otherwise.
func (p *printer) block(v *Node, at place, l layout, like []sample) string {
	indent := at.indent + strings.Repeat(" ", max(l.step, 0))
	var b strings.Builder
	if at.item && !strings.Contains(l.lead, "\n") {
		b.WriteString(strings.Repeat(" ", max(l.step-1, 1)))
	} else {
		b.WriteString(p.h.newline + indent)
	}
	inner := place{item: v.Kind == Sequence, like: like, indent: indent}
	for i, item := range v.Items {
		if i > 0 {
			b.WriteString(p.h.newline + indent)
		}
		b.WriteString("-" + p.dashed(item, inner))
	}
	for i, m := range v.Members {
		if i > 0 {
			b.WriteString(p.h.newline + indent)
		}
		b.WriteString(p.member(m, inner))
	}
	return b.String()
}

// dashed returns an item with the white space between its dash and it.
func (p *printer) dashed(v *Node, at place) string {
	text := p.value(v, at)
	if text == "" || !strings.HasPrefix(text, " ") && !strings.HasPrefix(text, p.h.newline) {
		text = " " + text
	}
	if p.h.gap > 2 && strings.HasPrefix(text, " ") && !strings.HasPrefix(text, "  ") && (v.Kind == Scalar || v.Kind == Alias) {
		text = strings.Repeat(" ", p.h.gap-2) + text
	}
	return text
}
