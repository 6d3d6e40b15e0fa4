package syntax

import "strings"

// printer writes new nodes in the hand of the file's author.
type printer struct {
	f    *File
	h    *hand
	near []sample // existing collections around the place of the edit, nearest first
	keep *Node    // a node of the file that keeps its text, or nil
}

// place is where a new value goes.
type place struct {
	key    string   // of the member, "" for an item
	item   bool     // an item of a sequence
	like   []sample // the collection it goes into and those like it, best first
	indent string   // white space that starts the line of its key; in block style, that of its siblings
	flow   bool     // inside brackets
	line   bool     // inside a collection on one line
}

func (f *File) printer(path []*Node) *printer {
	p := &printer{f: f, h: f.hand()}
	for i := len(path) - 1; i >= 0 && len(p.near) < maxSamples; i-- {
		if path[i].Kind == Mapping || path[i].Kind == Sequence {
			p.near = append(p.near, family(path[:i+1])...)
		}
	}
	return p
}

// value returns the text of v from after the colon or the dash on, white space included.
func (p *printer) value(v *Node, at place) string {
	if v == p.keep {
		if text, ok := p.kept(v, at); ok {
			return text
		}
	}
	properties := ""
	if p.f.Format == YAML {
		if v.Anchor != "" && v.Kind != Alias {
			properties += "&" + v.Anchor + " "
		}
		if v.Tag != "" {
			properties += v.Tag + " "
		}
	}
	switch {
	case v.Kind == Alias && p.f.Format == YAML:
		return p.space(true) + "*" + v.Value
	case v.Kind == Alias:
		if v.Target == nil {
			return p.space(false) + "null"
		}
		return p.value(v.Target, at)
	case v.Kind == Scalar:
		return p.space(properties != "") + strings.TrimSuffix(properties+p.scalar(v, at), " ")
	}
	l, like := p.choose(v, at)
	text := p.collection(v, at, l, like)
	if long := len(at.indent) + len(at.key) + len(text); !l.block && !at.line && !strings.Contains(text, "\n") && long > max(wide, p.h.longest) {
		if wider, ok := p.spread(v, at); ok {
			l = wider
			text = p.collection(v, at, l, like)
		}
	}
	if properties == "" {
		return text
	}
	if l.block {
		if !strings.HasPrefix(text, p.h.newline) { // an item that would follow its dash
			text = p.h.newline + at.indent + strings.Repeat(" ", max(l.step, 1)) + text[l.step-1:]
		}
		return " " + strings.TrimSuffix(properties, " ") + text
	}
	return " " + properties + strings.TrimLeft(text, " \r\n\t")
}

// wide is the length in bytes up to which a collection goes on one line after its neighbours' example. Formatters break
// lines at 80 to 120.
const wide = 100

// space returns what stands between a colon and a scalar.
func (p *printer) space(needed bool) string {
	if p.h.space == "" && (needed || p.f.Format == YAML) {
		return " "
	}
	return p.h.space
}

// choose returns the layout of a new collection, and the collections like it, best first.
func (p *printer) choose(v *Node, at place) (layout, []sample) {
	l, like := p.imitate(v, at)
	if kept := p.keptIn(v); kept != nil {
		l = p.around(kept, l, at)
	}
	return l, like
}

// imitate is choose for a collection that is all new.
func (p *printer) imitate(v *Node, at place) (layout, []sample) {
	usable := func(s sample) bool { return s.node.Style == Block && !at.flow || p.f.bracketed(s.node) }
	same, others := candidates(v, at.key, at.item, at.like)
	same, others = filter(same, usable), filter(others, usable)
	like := append(same[:len(same):len(same)], others...)
	if v.size() == 0 {
		return layout{lead: p.space(true)}, like
	}
	if at.line {
		return p.oneLine(v.Kind, at), like
	}
	want, _ := shapeHeight(v)
	majority := func(form string) (layout, bool) {
		s, ok := p.h.mostly(form, usable)
		if !ok {
			return layout{}, false
		}
		l := p.of(s, at)
		if !l.block && !l.breaks() { // so are the spaces inside brackets
			near := p.oneLine(v.Kind, at)
			l.open, l.sep, l.close = near.open, near.sep, near.close
		}
		if l.block { // how far to indent is a matter of the place
			l.step = p.step(v.Kind, at)
			for _, near := range like {
				if near := p.of(near, at); near.block {
					l.step = near.step
					break
				}
			}
		}
		return l, true
	}
	for _, group := range [][]sample{same, others} {
		if len(group) > 0 && shape(group[0].node) == want {
			return p.of(group[0], at), like
		}
	}
	if l, ok := majority(want); ok {
		return l, like
	}
	for _, group := range [][]sample{same, others} {
		if len(group) > 0 {
			return p.of(group[0], at), like
		}
	}
	if l, ok := majority(kindName(v.Kind)); ok {
		return l, like
	}
	return p.invent(v, at), like
}

func filter(all []sample, usable func(sample) bool) (kept []sample) {
	for _, s := range all {
		if usable(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// of returns the layout of a sample, fitted to the place.
func (p *printer) of(s sample, at place) layout {
	l := p.f.layoutOf(s)
	if s.key == nil != at.item || s.parent == nil {
		l.lead = p.space(true)
		l.step = 0
		if !at.item && strings.Contains(p.other(s), "\n") {
			l.lead = "\n"
		}
	}
	if s.parent != nil && s.parent.Style == Flow && l.lead == "" && at.item {
		l.lead = " "
	}
	if l.block && (l.step <= 0 && (at.item || s.node.Kind == Mapping) || s.parent == nil || s.key == nil != at.item) {
		l.step = p.step(s.node.Kind, at)
	}
	if l.block && at.item && !strings.Contains(l.lead, "\n") {
		l.step = max(l.step, 2) // the dash and a space
	}
	if l.open == "" && l.breaks() && !strings.Contains(l.sep, "\n") {
		return l // [{ … }]: the brackets hug
	}
	if l.breaks() && l.unit == "" && strings.Contains(l.open, "\n") {
		l.unit = p.h.unit
	}
	return l
}

// other returns the lead of the majority of collections that are no items and have line breaks, for a sample that has none.
func (p *printer) other(s sample) string {
	if s.node.Style == Block || !p.f.layoutOf(s).breaks() {
		return ""
	}
	if p.h.counts["mapping"]["allman"]+p.h.counts["sequence"]["allman"] > 0 {
		return "\n"
	}
	return ""
}

// step returns the columns that a block collection is moved to the right.
func (p *printer) step(kind Kind, at place) int {
	switch {
	case at.item:
		return p.h.gap
	case kind == Sequence:
		return p.h.dash
	}
	return max(len(p.h.unit), 1)
}

// oneLine returns the layout of a collection on one line.
func (p *printer) oneLine(kind Kind, at place) layout {
	pad, comma := p.spacing(kind, at.like)
	return layout{lead: p.h.space, open: pad, sep: "," + comma, close: pad}
}

// spacing returns what stands inside the brackets of collections on one line, and after their commas. The nearest that shows
// it decides: the children of the collections around the place, and those collections themselves, else the whole file.
func (p *printer) spacing(kind Kind, like []sample) (pad, comma string) {
	pad, comma = p.h.padding[kind], p.h.comma
	padded, parted := false, false
	for _, s := range append(like[:len(like):len(like)], p.near...) {
		group := votes{}
		count := 0
		for child := range s.node.children() {
			if count++; count > maxSamples {
				break
			}
			p.f.voteLine(group, child)
		}
		for range 2 { // the collection itself where no child shows it
			if question := "pad " + kindName(kind); !padded && len(group[question]) > 0 {
				pad, padded = group.winner(question, pad), true
			}
			if !parted && len(group["comma"]) > 0 {
				comma, parted = group.winner("comma", comma), true
			}
			if padded && parted {
				return pad, comma
			}
			p.f.voteLine(group, s.node)
		}
	}
	return pad, comma
}

// voteLine casts the votes of a collection that stands in brackets on one line, as far as its first children show.
func (f *File) voteLine(v votes, n *Node) {
	if n.size() == 0 || !f.bracketed(n) {
		return
	}
	open, sep := string(f.Source[f.interior(n):f.childStart(n, 0)]), ""
	if n.size() > 1 {
		sep = f.separator(n, 1)
	}
	if shut := f.Source[min(n.child(n.size()-1).End, n.Span.End-1) : n.Span.End-1]; strings.ContainsAny(open+sep+string(shut), "\r\n#") {
		return
	}
	v.add("pad "+kindName(n.Kind), open)
	if i := strings.IndexByte(sep, ','); i >= 0 {
		v.add("comma", sep[i+1:])
	}
}

// invent returns a layout for a kind of collection that the file has none of.
func (p *printer) invent(v *Node, at place) layout {
	if p.f.Format == YAML && !at.flow {
		return layout{block: true, lead: "\n", step: p.step(v.Kind, at)}
	}
	other := Mapping + Sequence - v.Kind
	if s, ok := p.h.mostly(kindName(other), func(s sample) bool { return s.node.Style == Flow }); ok {
		if l := p.of(s, at); l.breaks() {
			return l
		}
		return p.oneLine(v.Kind, at)
	}
	if p.f.Format == JSON && strings.Contains(string(p.f.Source), "\n") {
		return layout{lead: p.space(true), open: "\n", sep: ",\n", close: "\n", unit: p.h.unit}
	}
	return p.oneLine(v.Kind, at)
}

// spread returns the layout with line breaks that collections of v's shape have in this file, if any has.
func (p *printer) spread(v *Node, at place) (layout, bool) {
	for _, class := range []string{"lines", "allman"} {
		if s, ok := p.h.samples[shape(v)][class]; ok {
			return p.of(s, at), true
		}
	}
	return layout{}, false
}

func (p *printer) collection(v *Node, at place, l layout, like []sample) string {
	if l.block {
		return p.block(v, at, l, like)
	}
	return p.flow(v, at, l, like)
}
