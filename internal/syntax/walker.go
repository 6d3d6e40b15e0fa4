package syntax

import (
	"bytes"

	"go.yaml.in/yaml/v4"
)

// walker gives yaml's nodes their exact spans. yaml knows only where a node starts, in runes, and for a tagged node only
// where its tag is; but it knows what every node is. So the walker goes through the source once, in document order, and
// reads at each place just what the tree says must stand there.
type walker struct {
	file     *File
	src      []byte
	pos      int // next byte to read
	line     int // offset of the first byte of the line that holds pos, the byte order mark apart
	nodes    int
	aliases  int
	anchored map[*yaml.Node]*anchored
}

// anchored is a node that aliases may name, with its size when every alias in it is followed.
type anchored struct {
	node  *Node
	open  bool // its end was not read yet: an alias to it is a cycle
	size  int
	start int // size counted when it was opened
}

func newWalker(f *File) *walker {
	w := &walker{file: f, src: f.Source, anchored: map[*yaml.Node]*anchored{}}
	if bytes.HasPrefix(w.src, []byte(byteOrderMark)) {
		w.pos, w.line = len(byteOrderMark), len(byteOrderMark)
	}
	return w
}

// context is what a node stands in.
type context struct {
	indent int  // column from 0 of the innermost block collection, -1 at the root
	flow   bool // inside brackets
	depth  int
	size   *int // nodes of this document, aliases followed
}

// document reads the directives and markers of a document, its root, and its end.
func (w *walker) document(doc *yaml.Node) error {
	ended := w.betweenDocuments()
	switch {
	case w.marker("---"):
		w.pos += 3
	case len(w.file.Roots) > 0 && !ended:
		return w.lost("start of the document")
	}
	size := 0
	for _, y := range doc.Content {
		n, err := w.node(y, context{indent: -1, size: &size})
		if err != nil {
			return err
		}
		w.file.Roots = append(w.file.Roots, n)
	}
	return nil
}

// end checks that nothing is left after the last document.
func (w *walker) end() error {
	w.betweenDocuments()
	if w.pos < len(w.src) {
		return w.lost("end of the file")
	}
	return nil
}

// betweenDocuments skips the end markers and directives before a document, and tells whether there was an end marker.
func (w *walker) betweenDocuments() (ended bool) {
	w.trivia()
	for w.marker("...") || w.peek() == '%' {
		ended = ended || w.peek() == '.'
		w.skipLine()
		w.trivia()
	}
	return ended
}

// marker tells whether a document marker stands at pos.
func (w *walker) marker(text string) bool {
	return w.pos == w.line && bytes.HasPrefix(w.src[w.pos:], []byte(text)) && w.blankAt(w.pos+len(text))
}

// node reads one node. Before an empty one nothing is skipped, so that its span stands right after what announced it.
func (w *walker) node(y *yaml.Node, c context) (*Node, error) {
	if w.nodes++; w.nodes > maxNodes {
		return nil, w.file.errorAt(w.pos, "the file has more than %d values and was not read; exclude it or split it", maxNodes)
	}
	if *c.size++; *c.size > maxExpanded {
		return nil, w.file.errorAt(w.pos, "aliases expand to more than %d values and were not followed; write the values out", maxExpanded)
	}
	n := &Node{Anchor: y.Anchor, Span: Span{w.pos, w.pos}}
	var mark *anchored
	if y.Anchor != "" {
		mark = &anchored{node: n, open: true, start: *c.size - 1}
		w.anchored[y] = mark
	}
	empty := y.Kind == yaml.ScalarNode && y.Value == "" && y.Style&^yaml.TaggedStyle == 0
	tagged := y.Style&yaml.TaggedStyle != 0 || y.Tag == "!"
	if !empty || tagged || y.Anchor != "" {
		w.trivia()
		n.Span.Start = w.pos
		w.properties(n, y, tagged, empty)
	}
	var err error
	switch {
	case empty:
		n.Type = Null
		if n.Tag != "" {
			n.Type = String
		}
	case y.Kind == yaml.MappingNode:
		err = w.mapping(n, y, c)
	case y.Kind == yaml.SequenceNode:
		err = w.sequence(n, y, c)
	case y.Kind == yaml.AliasNode:
		err = w.alias(n, y, c)
	default:
		err = w.scalar(n, y, c)
	}
	if err != nil {
		return nil, err
	}
	n.Span.End = w.pos
	if mark != nil {
		mark.open, mark.size = false, *c.size-mark.start
	}
	return n, nil
}

// properties reads the anchor and the tag of a node, in either order.
func (w *walker) properties(n *Node, y *yaml.Node, tagged, empty bool) {
	anchor := y.Anchor != ""
	for {
		switch {
		case anchor && w.peek() == '&':
			w.pos += 1 + len(y.Anchor)
			anchor = false
		case tagged && w.peek() == '!':
			start := w.pos
			w.pos += tagLen(w.src[w.pos:])
			n.Tag = string(w.src[start:w.pos])
			tagged = false
		default:
			return
		}
		if empty && !anchor && !tagged {
			return
		}
		w.trivia()
	}
}

// tagLen returns the length of the tag that starts the text.
func tagLen(text []byte) int {
	if bytes.HasPrefix(text, []byte("!<")) {
		if end := bytes.IndexByte(text, '>'); end >= 0 {
			return end + 1
		}
	}
	for i, b := range text {
		switch b {
		case ' ', '\t', '\r', '\n', ',', '[', ']', '{', '}':
			return i
		}
		if breakLen(text, i) > 0 {
			return i
		}
	}
	return len(text)
}

func (w *walker) alias(n *Node, y *yaml.Node, c context) error {
	if w.aliases++; w.aliases > maxAliases {
		return w.file.errorAt(w.pos, "the file has more than %d aliases and was not read; write the values out", maxAliases)
	}
	n.Kind, n.Value, n.Anchor = Alias, y.Value, ""
	if w.peek() != '*' {
		return w.lost("alias")
	}
	w.pos += 1 + len(y.Value)
	if target := w.anchored[y.Alias]; target != nil && !target.open {
		n.Target = target.node
		if *c.size += target.size; *c.size > maxExpanded {
			return w.file.errorAt(n.Span.Start, "aliases expand to more than %d values and were not followed; write the values out", maxExpanded)
		}
	}
	return nil
}

// peek returns the byte at pos, or 0 at the end.
func (w *walker) peek() byte {
	if w.pos < len(w.src) {
		return w.src[w.pos]
	}
	return 0
}

// blankAt tells whether a space, a line break or the end stands at the offset.
func (w *walker) blankAt(at int) bool {
	return at >= len(w.src) || w.src[at] == ' ' || w.src[at] == '\t' || breakLen(w.src, at) > 0
}

// column of pos, from 0. Before block structure there is only ASCII on a line, so bytes are what yaml counts.
func (w *walker) column() int { return w.pos - w.line }

// trivia skips white space, line breaks and comments. No node starts with #, so each one met here starts a comment.
func (w *walker) trivia() {
	for w.pos < len(w.src) {
		switch b := w.src[w.pos]; {
		case b == ' ' || b == '\t':
			w.pos++
		case b == '#':
			w.skipToBreak()
		default:
			size := breakLen(w.src, w.pos)
			if size == 0 {
				return
			}
			w.pos += size
			w.line = w.pos
		}
	}
}

func (w *walker) skipToBreak() {
	for w.pos < len(w.src) && breakLen(w.src, w.pos) == 0 {
		w.pos++
	}
}

func (w *walker) skipLine() {
	w.skipToBreak()
	if size := breakLen(w.src, w.pos); size > 0 {
		w.pos += size
		w.line = w.pos
	}
}

// lost is the error of a source whose bytes are not what yaml's tree says. It is a defect of this package, and edits on
// wrong spans would be worse than none.
func (w *walker) lost(what string) error {
	return w.file.errorAt(w.pos, "the %s that YAML reads here could not be located, so the file was not read; please report the file", what)
}
