package syntax

import (
	"bytes"
	"strconv"
	"strings"
)

// hand is how the author of a file writes, over the whole file: what is done where no neighbour shows how.
type hand struct {
	newline string          // "\n" or "\r\n"
	unit    string          // one level of indentation
	space   string          // between a colon and what follows on its line
	before  string          // between a key and its colon, in flow
	comma   string          // after a comma, on one line
	padding map[Kind]string // inside the brackets of collections on one line
	dash    int             // YAML: columns of a dash to the right of its key
	gap     int             // YAML: columns from a dash to its item
	longest int             // longest line that ends with a collection on one line, in bytes
	values  quoting
	keys    quoting
	tagged  map[string]*quoting          // of values, by tag or, in the long form, function
	samples map[string]map[string]sample // by form and class: the first sample of each
	counts  map[string]map[string]int
}

// hand returns the file's, made on first use.
func (f *File) hand() *hand {
	f.habits.Do(func() {
		f.habits.hand = hand{newline: "\n", unit: "  ", space: " ", comma: " ", gap: 2, padding: map[Kind]string{}, tagged: map[string]*quoting{},
			samples: map[string]map[string]sample{}, counts: map[string]map[string]int{}}
		f.habits.hand.learn(f)
	})
	return &f.habits.hand
}

func (h *hand) learn(f *File) {
	if crlf := bytes.Count(f.Source, []byte("\r\n")); crlf > 0 && 2*crlf >= bytes.Count(f.Source, []byte("\n")) {
		h.newline = "\r\n"
	}
	votes := votes{}
	for _, root := range f.Roots {
		h.study(f, votes, sample{node: root})
	}
	if f.Format == JSON {
		h.unit = "    "
	}
	h.unit = votes.winner("unit", h.unit)
	h.space = votes.winner("space", h.space)
	h.before = votes.winner("before", "")
	h.comma = votes.winner("comma", h.space)
	h.padding[Mapping] = votes.winner("pad mapping", "")
	h.padding[Sequence] = votes.winner("pad sequence", "")
	h.gap = max(votes.number("gap", h.gap), 2)
	h.dash = votes.number("dash", len(h.unit))
}

// quotesOf returns how the operands of a function are quoted, by its tag or long name.
func (h *hand) quotesOf(function string) *quoting {
	if h.tagged[function] == nil {
		h.tagged[function] = &quoting{}
	}
	return h.tagged[function]
}

// study casts the votes of a collection and of what is in it, and returns its shape and height.
func (h *hand) study(f *File, v votes, s sample) (string, int) {
	n := s.node
	if n.Kind != Mapping && n.Kind != Sequence {
		switch {
		case n.Kind != Scalar || f.Format == JSON:
		case n.Tag != "":
			h.quotesOf(n.Tag).see(n)
		case s.key != nil && strings.HasPrefix(s.key.Value, "Fn::"):
			h.quotesOf(s.key.Value).see(n)
		default:
			h.values.see(n)
		}
		return "s", 0
	}
	var inner []string
	height := 0
	see := func(child sample) {
		form, high := h.study(f, v, child)
		height = max(height, high)
		if form == "f" {
			form = "s"
		}
		for _, known := range inner {
			if known == form {
				return
			}
		}
		inner = append(inner, form)
	}
	for i, item := range n.Items {
		see(sample{node: item, parent: n, index: i})
	}
	for i, m := range n.Members {
		if m.Key.Kind == Scalar && f.Format == YAML {
			h.keys.see(m.Key)
		}
		see(sample{m.Value, n, m.Key, i})
	}
	height++
	form := shapeOf(n.Kind, inner, height)
	if intrinsic(n) {
		form, height = "f", 0
	}
	if n.size() == 0 || n.Style == Flow && !f.bracketed(n) {
		return form, height
	}
	l := f.layoutOf(s)
	h.vote(f, v, s, l)
	for _, name := range []string{form, kindName(n.Kind)} {
		if h.samples[name] == nil {
			h.samples[name], h.counts[name] = map[string]sample{}, map[string]int{}
		}
		class := l.class()
		if h.counts[name][class]++; h.counts[name][class] == 1 {
			h.samples[name][class] = s
		}
	}
	return form, height
}

func kindName(k Kind) string { return [...]string{"scalar", "mapping", "sequence", "alias"}[k] }

func (h *hand) vote(f *File, v votes, s sample, l layout) {
	n := s.node
	if n.Style == Block {
		switch {
		case s.parent == nil || s.parent.Style != Block:
		case s.parent.Kind == Mapping && n.Kind == Mapping && l.step > 0:
			v.add("unit", strings.Repeat(" ", l.step))
		case s.parent.Kind == Mapping && n.Kind == Sequence:
			v.add("dash", strconv.Itoa(l.step))
		case s.parent.Kind == Sequence && l.step > 0:
			v.add("gap", strconv.Itoa(l.step))
		}
		return
	}
	if strings.Contains(l.open, "\n") && l.unit != "" {
		v.add("unit", l.unit)
	}
	if !l.breaks() {
		v.add("pad "+kindName(n.Kind), l.open)
		if n.size() > 1 {
			v.add("comma", l.sep[strings.IndexByte(l.sep, ',')+1:])
		}
		h.longest = max(h.longest, n.Span.End-f.lineStart(n.Span.Start))
	}
	for _, m := range n.Members {
		before, after := f.colon(m)
		if !strings.ContainsAny(after, "\r\n#") && m.Value.Span.Start < m.Value.Span.End {
			v.add("space", after)
			v.add("before", before)
		}
	}
}

// mostly returns the sample of the class that most collections of the form have, and whether there is one that may be used.
func (h *hand) mostly(form string, usable func(sample) bool) (best sample, ok bool) {
	most := 0
	for _, class := range classes {
		if s, seen := h.samples[form][class]; seen && h.counts[form][class] > most && usable(s) {
			best, ok, most = s, true, h.counts[form][class]
		}
	}
	return best, ok
}

// votes counts what the author does, by question.
type votes map[string]map[string]int

func (v votes) add(question, answer string) {
	if v[question] == nil {
		v[question] = map[string]int{}
	}
	v[question][answer]++
}

// winner returns the answer given most often, of equals the shortest and first in order, or the fallback.
func (v votes) winner(question, fallback string) string {
	best, most := fallback, 0
	for answer, count := range v[question] {
		if count > most || count == most && (len(answer) < len(best) || len(answer) == len(best) && answer < best) {
			best, most = answer, count
		}
	}
	return best
}

func (v votes) number(question string, fallback int) int {
	n, err := strconv.Atoi(v.winner(question, ""))
	if err != nil {
		return fallback
	}
	return n
}

// quoting counts how strings that need no quotes are written, and which quotes those have that have some.
type quoting struct{ plain, single, double, needless int }

func (q *quoting) see(n *Node) {
	if n.Type != String || n.Kind != Scalar {
		return
	}
	switch n.Style {
	case Plain:
		q.plain++
		return
	case SingleQuoted:
		q.single++
	case DoubleQuoted:
		q.double++
	default:
		return
	}
	if plainSafe(n.Value, false) {
		q.needless++
	}
}

// decided tells whether what was seen shows the author's preference, and which: quotes where none are needed, or none.
func (q quoting) decided() (quoted, ok bool) { return q.needless > q.plain, q.needless+q.plain > 0 }

// mark returns the quotes that are used, and whether any are.
func (q quoting) mark() (Style, bool) {
	if q.single > q.double {
		return SingleQuoted, true
	}
	return DoubleQuoted, q.double > 0
}
