package syntax

import "strings"

// flow returns a bracketed collection with what leads to it.
func (p *printer) flow(v *Node, at place, l layout, like []sample) string {
	var b strings.Builder
	if p.f.Format == YAML && !at.flow && strings.Contains(l.lead, "\n") {
		at.indent += strings.Repeat(" ", max(l.step, 1)) // YAML wants it deeper than the key
	}
	if at.item {
		b.WriteString(p.space(true))
	} else {
		if l.lead == "" {
			l.lead = p.space(false)
		}
		b.WriteString(p.broken(l.lead, at.indent))
	}
	brackets := "{}"
	if v.Kind == Sequence {
		brackets = "[]"
	}
	b.WriteByte(brackets[0])
	inner := place{item: v.Kind == Sequence, like: like, indent: at.indent, flow: true, line: !l.breaks()}
	if strings.Contains(l.open+l.sep, "\n") {
		inner.indent += l.unit
	}
	if v.size() > 0 {
		b.WriteString(p.broken(l.open, inner.indent))
	}
	for i, item := range v.Items {
		if i > 0 {
			b.WriteString(p.broken(l.sep, inner.indent))
		}
		b.WriteString(p.item(item, inner))
	}
	for i, m := range v.Members {
		if i > 0 {
			b.WriteString(p.broken(l.sep, inner.indent))
		}
		b.WriteString(p.member(m, inner))
	}
	if v.size() > 0 {
		b.WriteString(p.broken(l.close, at.indent))
	}
	b.WriteByte(brackets[1])
	return b.String()
}

// broken puts the file's line break and the indentation in the place of every "\n".
func (p *printer) broken(text, indent string) string {
	return strings.ReplaceAll(text, "\n", p.h.newline+indent)
}

// item returns an item without its dash and what would lead to it.
func (p *printer) item(v *Node, at place) string {
	return strings.TrimLeft(p.value(v, at), " \t\r\n")
}

// member returns a key with its value. The place is that of the member: its key is filled in here.
func (p *printer) member(m Member, at place) string {
	at.key, at.item = m.Key.Value, false
	key := p.key(m.Key, at)
	value := p.value(m.Value, at)
	if !at.flow {
		return key + ":" + value
	}
	return key + p.h.before + ":" + value
}

func (p *printer) key(k *Node, at place) string {
	if p.f.Format == JSON {
		return jsonQuoted(k.Value)
	}
	if k.Kind == Scalar && k.Tag == "" && k.Type != String {
		return k.Value
	}
	return p.quoted(k, at.flow, func(tally func(*Node)) {
		for _, s := range append(at.like[:len(at.like):len(at.like)], p.near...) {
			for _, m := range s.node.Members[:min(len(s.node.Members), maxSamples)] {
				tally(m.Key)
			}
			tally(nil)
		}
	}, p.h.keys)
}

// scalar returns the text of a scalar that is a value.
func (p *printer) scalar(v *Node, at place) string {
	if p.f.Format == JSON {
		return jsonScalar(v)
	}
	if v.Type == Null && v.Value == "" && v.Tag == "" && (at.flow || v == p.keep) {
		return "null"
	}
	if v.Type != String && v.Tag == "" && plainType(v.Value) == v.Type {
		return v.Value
	}
	if v.Value == "" && v.Tag != "" {
		return ""
	}
	file := p.h.values
	if own := p.h.tagged[v.Tag]; own != nil {
		file = *own
	}
	if own := p.h.tagged[at.key]; own != nil && v.Tag == "" && strings.HasPrefix(at.key, "Fn::") {
		return p.quoted(v, at.flow, func(func(*Node)) {}, *own)
	}
	return p.quoted(v, at.flow, func(tally func(*Node)) {
		for _, s := range at.like {
			if m := s.node.Member(at.key); m != nil && !at.item {
				tally(m.Value)
				tally(nil)
			}
		}
		for _, s := range append(at.like[:len(at.like):len(at.like)], p.near...) {
			if intrinsic(s.node) {
				continue // its operand is quoted as functions' operands are
			}
			count := 0
			for child := range s.node.children() {
				if count++; count > maxSamples {
					break
				}
				tally(child)
			}
			tally(nil)
		}
	}, file)
}

// quoted writes a string as the neighbours are: scan tallies them, nearest first, with nil after each group; the first group
// that shows a preference decides. Quotes that are needed are of the nearest kind.
func (p *printer) quoted(v *Node, flow bool, scan func(tally func(*Node)), file quoting) string {
	tag := v.Tag
	var group quoting
	var decided, quoted, marked bool
	mark := DoubleQuoted
	judge := func(q quoting) {
		if want, ok := q.decided(); ok && !decided {
			decided, quoted = true, want
		}
		if m, ok := q.mark(); ok && !marked {
			marked, mark = true, m
		}
	}
	scan(func(n *Node) {
		if n != nil {
			if n.Tag == tag {
				group.see(n)
			}
			return
		}
		judge(group)
		group = quoting{}
	})
	if tag != "" && tag != "!Sub" {
		decided = true // !Ref and !GetAtt take names, which nobody quotes
	}
	judge(file)
	if !marked && p.h.values.single > p.h.values.double {
		mark = SingleQuoted
	}
	if !quoted && (tag != "" && plainTagged(v.Value, flow) || plainSafe(v.Value, flow)) {
		return v.Value
	}
	return yamlQuoted(v.Value, mark)
}

// plainTagged tells whether a string may stand plain after a tag, which makes it a string whatever type it looks like.
func plainTagged(text string, flow bool) bool {
	if plainType(text) != String || consistsOf(text, "0123456789") {
		return text != "" && text != "~"
	}
	return plainSafe(text, flow)
}
