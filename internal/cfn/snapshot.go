package cfn

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// maxSnapshot is the size of a snapshot file: the largest seen has 2 MB.
const maxSnapshot = 16 << 20

// readSnapshot reads the templates in a snapshot file of Jest or Vitest. The file is JavaScript: exports[`name`] = `text`;
// the text is what pretty-format prints of a template, or a quoted JSON string (cdk.md §5, "Snapshot format").
func readSnapshot(name string, src []byte, opt Options) ([]*Template, error) {
	f := &syntax.File{Name: name, Format: syntax.JSON, Source: src}
	if len(src) > maxSnapshot {
		return nil, &syntax.Error{File: name, Position: f.Position(0), Message: fmt.Sprintf("the snapshot has over %d bytes and was not read", maxSnapshot)}
	}
	var all []*Template
	for _, e := range snapshotEntries(src) {
		root, err := e.parse()
		if err != nil {
			if strings.Contains(e.text, string(KeyResource)) || strings.Contains(e.text, string(ReplicaResource)) {
				return all, &syntax.Error{File: name, Position: f.Position(e.offset(err.at)), Message: "the snapshot " + err.what + " and was not read"}
			}
			continue
		}
		f.Roots = append(f.Roots, root)
		t := newTemplate(f, resourcesOf(root), opt)
		t.Name = e.name
		if isTemplate(t.Root) || isFragment(t.Root) {
			t.read()
		} else {
			t.readDocument()
		}
		t.generated = true
		for _, k := range t.Keys {
			k.Kind, k.Generated = SnapshotKey, true
		}
		if len(t.Keys) > 0 {
			all = append(all, t)
		} else {
			f.Roots = f.Roots[:len(f.Roots)-1]
		}
	}
	return all, nil
}

// resourcesOf makes a mapping of resources of what a test printed alone: one resource, or a list of such. They have no names
// then, so their place in the list is it. Anything else is returned as it is.
func resourcesOf(root *syntax.Node) *syntax.Node {
	isResource := func(n *syntax.Node) bool {
		typ := n.Get("Type")
		return typ != nil && typ.Kind == syntax.Scalar && strings.Count(typ.Value, "::") >= 2
	}
	items := []*syntax.Node{root}
	if root.Kind == syntax.Sequence {
		items = root.Items
	}
	all := &syntax.Node{Kind: syntax.Mapping, Style: syntax.Flow, Span: root.Span}
	for i, item := range items {
		if !isResource(item) {
			return root
		}
		key := &syntax.Node{Kind: syntax.Scalar, Style: syntax.DoubleQuoted, Value: strconv.Itoa(i + 1), Span: syntax.Span{Start: item.Span.Start, End: item.Span.Start}}
		all.Members = append(all.Members, syntax.Member{Key: key, Value: item})
	}
	if len(items) == 0 {
		return root
	}
	return all
}

// snapshotEntry is one export: its text without the escapes of a template literal, and where each byte of it stands.
type snapshotEntry struct {
	name    string
	text    string
	offsets []int32
}

func (e *snapshotEntry) offset(i int) int {
	if i >= len(e.offsets) {
		i = len(e.offsets) - 1
	}
	if i < 0 {
		return 0
	}
	return int(e.offsets[i])
}

// snapshotEntries finds the exports of a snapshot file.
func snapshotEntries(src []byte) []*snapshotEntry {
	const open, middle = "exports[`", "`] = `"
	var all []*snapshotEntry
	s := string(src)
	for at := 0; ; {
		i := strings.Index(s[at:], open)
		if i < 0 {
			return all
		}
		at += i
		if at > 0 && s[at-1] != '\n' {
			at += len(open)
			continue
		}
		at += len(open)
		name, _, end := templateLiteral(s, at, false)
		if !strings.HasPrefix(s[end:], middle) {
			continue
		}
		text, offsets, close := templateLiteral(s, end+len(middle), true)
		all = append(all, &snapshotEntry{name, text, offsets})
		at = close
	}
}

// templateLiteral reads a JavaScript template literal from at up to its backtick.
func templateLiteral(s string, at int, places bool) (text string, offsets []int32, end int) {
	var b strings.Builder
	put := func(i int) {
		b.WriteByte(s[i])
		if places {
			offsets = append(offsets, int32(i))
		}
	}
	for at < len(s) && s[at] != '`' {
		if s[at] == '\\' && at+1 < len(s) {
			at++ // \\, \` and \${ stand for the character itself
		}
		put(at)
		at++
	}
	return b.String(), offsets, at
}

// snapshotError says where and why a text is none that pretty-format prints.
type snapshotError struct {
	at   int
	what string
}

// parse reads the text of an export.
func (e *snapshotEntry) parse() (*syntax.Node, *snapshotError) {
	start := len(e.text) - len(strings.TrimLeft(e.text, "\n \t"))
	if strings.HasPrefix(e.text[start:], `"{`) {
		return e.parseString(start)
	}
	p := &prettyParser{entry: e, at: start, escaped: strings.HasPrefix(e.text[start:], "Object {") || strings.HasPrefix(e.text[start:], "Array [")}
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// parseString reads a template that was made a JSON string before it was printed.
func (e *snapshotEntry) parseString(start int) (*syntax.Node, *snapshotError) {
	end := strings.LastIndexByte(e.text, '"')
	if end <= start {
		return nil, &snapshotError{start, "holds a string without end"}
	}
	body, places := e.text[start+1:end], e.offsets[start+1:end]
	for range 2 {
		f, err := syntax.ParseJSON("", []byte(body))
		if err == nil {
			move(f.Root(), places)
			return f.Root(), nil
		}
		body, places = unescape(body, places) // Jest up to 28 escapes quotes and backslashes once more
	}
	return nil, &snapshotError{start, "holds a string that is no JSON"}
}

func unescape(s string, places []int32) (string, []int32) {
	var b strings.Builder
	var moved []int32
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == '"') {
			i++
		}
		b.WriteByte(s[i])
		moved = append(moved, places[i])
	}
	return b.String(), moved
}

// move puts the spans of a fresh tree where its text stands in the snapshot file.
func move(n *syntax.Node, places []int32) {
	if n == nil || len(places) == 0 {
		return
	}
	place := func(i int) int {
		if i >= len(places) {
			return int(places[len(places)-1]) + 1
		}
		return int(places[i])
	}
	n.Span = syntax.Span{Start: place(n.Span.Start), End: place(n.Span.End-1) + 1}
	for _, m := range n.Members {
		move(m.Key, places)
		move(m.Value, places)
	}
	for _, item := range n.Items {
		move(item, places)
	}
}
