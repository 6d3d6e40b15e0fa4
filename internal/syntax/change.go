package syntax

import "strings"

// Replace returns the edit that puts value in the place of old, a value or key of the file's tree. It is written as old was
// where it is of the same kind, else as its neighbours are. An anchor of old stays, since aliases may name it. Where value
// says what old says, the edit changes nothing.
func (f *File) Replace(old, value *Node) Edit {
	if Equal(old, value) {
		return Edit{Start: old.Span.Start, End: old.Span.Start}
	}
	path, ok := f.path(old)
	if !ok {
		return Edit{Start: old.Span.Start, End: old.Span.Start}
	}
	p := f.printer(path)
	return f.replace(p, path, value)
}

func (f *File) replace(p *printer, path []*Node, value *Node) Edit {
	old := path[len(path)-1]
	if old.Anchor != "" && old.Kind != Alias && value.Anchor == "" && value != old {
		anchored := *value
		anchored.Anchor = old.Anchor
		if p.keep == old {
			anchored.Anchor = "" // the kept text has it
		}
		value = &anchored
	}
	at := place{flow: f.Format == JSON}
	var parent *Node
	if len(path) > 1 {
		parent = path[len(path)-2]
		at.like = family(path[:len(path)-1])
		at.item = parent.Kind == Sequence
		for _, around := range path[:len(path)-1] {
			at.flow = at.flow || around.Style == Flow
		}
	}
	end := f.trimmedEnd(old)
	if member, isKey := memberOf(parent, old); isKey {
		return Edit{old.Span.Start, end, p.key(value, at)}
	} else if member != nil {
		at.key = member.Key.Value
		return f.replaceMember(p, parent, *member, value, at, end)
	}
	if old.Kind == value.Kind && old.size() > 0 {
		at.like = append([]sample{{node: &Node{Kind: Sequence, Style: Flow, Items: []*Node{old}}}}, at.like...)
		at.item = true
	}
	if parent != nil && parent.Style == Flow {
		at.line = f.onOneLine(parent)
	}
	at.indent = f.indentation(old.Span.Start)
	if at.flow {
		return Edit{old.Span.Start, end, p.item(value, at)}
	}
	// An item of a block sequence, or a root: its column is where it stands.
	if old.Span.Start == end && parent != nil { // an empty item stands right after its dash
		return Edit{end, end, " " + p.standing(value, at, f.column(end)+1)}
	}
	if parent == nil && f.column(old.Span.Start) >= 3 && !f.startsLine(old.Span.Start) { // on the line of its "---"
		return Edit{f.lineStart(old.Span.Start) + 3, end, p.h.newline + p.standing(value, at, 0)}
	}
	return Edit{old.Span.Start, end, p.standing(value, at, f.column(old.Span.Start))}
}

// memberOf returns the member that holds n as its key or its value.
func memberOf(parent, n *Node) (m *Member, isKey bool) {
	if parent == nil {
		return nil, false
	}
	for i := range parent.Members {
		if m := &parent.Members[i]; m.Key == n || m.Value == n {
			return m, m.Key == n
		}
	}
	return nil, false
}

// standing returns an item or root as it stands at a column, where a dash (if any) is already written.
func (p *printer) standing(v *Node, at place, column int) string {
	at.item = true
	l, like := layout{}, []sample(nil)
	if v != p.keep && (v.Kind == Mapping || v.Kind == Sequence) {
		l, like = p.choose(v, at)
	}
	if !l.block {
		return p.item(v, at)
	}
	l.step, l.lead = 2, " "
	at.indent = strings.Repeat(" ", max(column-2, 0))
	if column < 2 {
		l.step = column
	}
	text := strings.TrimLeft(p.block(v, at, l, like), " \r\n")
	if v.Anchor != "" || v.Tag != "" {
		head := strings.TrimSpace(anchorText(v) + " " + v.Tag)
		return head + p.h.newline + strings.Repeat(" ", column) + text
	}
	return text
}

func anchorText(v *Node) string {
	if v.Anchor == "" {
		return ""
	}
	return "&" + v.Anchor
}

func (f *File) onOneLine(n *Node) bool {
	return !strings.ContainsAny(f.Text(n.Span), "\r\n")
}

// replaceMember replaces the value of a member.
func (f *File) replaceMember(p *printer, parent *Node, m Member, value *Node, at place, end int) Edit {
	old := m.Value
	colon := f.colonEnd(m)
	missing := colon == m.Key.Span.End
	_, lead := f.colon(m)
	if missing {
		lead = ""
	}
	start := f.childStart(parent, indexOf(parent, old))
	at.indent = f.indentation(start)
	if parent.Style == Block {
		at.indent = strings.Repeat(" ", f.column(start))
	} else {
		at.line = f.onOneLine(parent)
	}
	text := p.value(value, at)
	scalars := old.Kind != Mapping && old.Kind != Sequence && value.Kind != Mapping && value.Kind != Sequence
	switch flowing := !strings.HasPrefix(text, p.h.newline); {
	case missing && f.Source[start] == '?' && parent.Style == Block:
		return Edit{colon, colon, p.h.newline + at.indent + ":" + p.atLeastSpace(text)}
	case missing && m.Key.Kind == Alias:
		return Edit{colon, colon, " :" + p.atLeastSpace(text)}
	case missing:
		return Edit{colon, colon, ":" + p.atLeastSpace(text)}
	case scalars && !strings.ContainsAny(lead, "\r\n"):
		if old.Span.Start == old.Span.End && lead == "" && f.Format == YAML {
			return Edit{old.Span.Start, end, p.atLeastSpace(p.scalarLike(old, value, at))}
		}
		return Edit{old.Span.Start, end, strings.TrimLeft(p.scalarLike(old, value, at), " ")}
	case strings.Contains(lead, "#"):
		column := f.lineStart(old.Span.Start)
		if flowing {
			indent := at.indent + p.h.unit
			if parent.Style == Flow {
				return Edit{old.Span.Start, end, strings.TrimLeft(text, " ")}
			}
			return Edit{column, end, indent + strings.TrimLeft(text, " ")}
		}
		return Edit{column, end, strings.TrimPrefix(text, p.h.newline)}
	case flowing && value.Kind == old.Kind && !strings.ContainsAny(lead, "\r\n"):
		return Edit{old.Span.Start, end, strings.TrimLeft(text, " ")}
	}
	return Edit{colon, end, text}
}

func (p *printer) atLeastSpace(text string) string {
	if strings.HasPrefix(text, " ") || strings.HasPrefix(text, p.h.newline) {
		return text
	}
	return " " + text
}

// scalarLike returns value with the quotes of old, where it has some or can do without as old does.
func (p *printer) scalarLike(old, value *Node, at place) string {
	if p.f.Format == YAML && value.Kind == Scalar && old.Kind == Scalar && value.Type == String && value.Tag == "" && value.Anchor == "" && old.Type == String {
		switch {
		case old.Style == SingleQuoted || old.Style == DoubleQuoted:
			return yamlQuoted(value.Value, old.Style)
		case old.Style == Plain && old.Tag == "" && plainSafe(value.Value, at.flow):
			return value.Value
		}
	}
	return p.value(value, at)
}

// SetMember returns the edit that gives the mapping m of the file the member. Where m has the key its value is replaced (an
// equal one is left alone), else the member is put after the member with the key after, or at the end where after is "" or
// missing.
func (f *File) SetMember(m *Node, key string, value *Node, after string) Edit {
	if m.Kind != Mapping {
		return Edit{Start: m.Span.Start, End: m.Span.Start}
	}
	index := len(m.Members)
	for i, member := range m.Members {
		if member.Key.Kind != Scalar {
			continue
		}
		if member.Key.Value == key {
			return f.Replace(member.Value, value)
		}
		if after != "" && member.Key.Value == after && index == len(m.Members) {
			index = i + 1
		}
	}
	member := Member{NewString(key), value}
	if len(m.Members) == 0 {
		return f.refill(m, &Node{Kind: Mapping, Tag: m.Tag, Anchor: m.Anchor, Members: []Member{member}})
	}
	return f.insert(m, index, func(p *printer, at place) string { return p.member(member, at) })
}
