package syntax

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCorpusLaws checks the laws of spans on every real file that parses.
func TestCorpusLaws(t *testing.T) {
	for _, dir := range []string{"../../testdata/corpus", "../../../shared/corpus"} {
		t.Run(filepath.Base(filepath.Dir(dir)), func(t *testing.T) {
			if _, err := os.Stat(dir); err != nil {
				t.Skipf("%s is not here", dir)
			}
			files, nodes := 0, 0
			for _, path := range corpusFiles(t, dir) {
				src, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				f, err := Parse(path, src)
				if err != nil {
					t.Logf("not parsed: %v", err)
					continue
				}
				files++
				nodes += checkLaws(t, f)
			}
			t.Logf("%d files, %d nodes", files, nodes)
			if files == 0 {
				t.Error("no file parsed")
			}
		})
	}
}

func corpusFiles(t testing.TB, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".json", ".yaml", ".yml", ".template", ".snap":
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// checkLaws reports every node of f that breaks a law of spans, and returns the number of nodes.
func checkLaws(t testing.TB, f *File) int {
	t.Helper()
	// Fuzzing finds texts that only parse where they are, such as ":\n 00" at the root: their law is a span's place alone.
	_, fuzzing := t.(*testing.T)
	fuzzing = fuzzing && strings.HasPrefix(t.Name(), "Fuzz")
	count, wrong := 0, 0
	report := func(n *Node, format string, args ...any) {
		if wrong++; wrong <= 5 {
			p := f.Position(n.Span.Start)
			t.Errorf("%s:%d:%d: %s\n%q", f.Name, p.Line, p.Column, fmt.Sprintf(format, args...), f.Text(n.Span))
		}
	}
	var walk func(n *Node, around frame)
	walk = func(n *Node, around frame) {
		count++
		if n.Span.Start < 0 || n.Span.End < n.Span.Start || n.Span.End > len(f.Source) {
			report(n, "span %v is outside the source", n.Span)
			return
		}
		if got, err := reparse(f, n, around); err != nil {
			if !fuzzing {
				report(n, "the text of the span does not parse: %v", err)
			}
		} else if !Equal(n, got) && !(fuzzing && n.Span.End == len(f.Source) && (n.Style == Literal || n.Style == Folded)) {
			report(n, "the text of the span is another node")
		}
		if e := (Embedded{outer: f, scalar: n}); n.Kind == Scalar && n.Type == String && !fuzzing {
			if !e.locate() || len(e.offsets) != len(n.Value)+1 || e.offsets[len(n.Value)] > n.Span.End {
				report(n, "the bytes of the value could not be located")
			}
		}
		last := n.Span.Start
		inner := around.within(f, n)
		child := func(c *Node, inner frame) {
			if !n.Span.Contains(c.Span) {
				report(c, "the span %v is not inside its parent's %v", c.Span, n.Span)
				return
			}
			if c.Span.Start < last {
				report(c, "the span overlaps that of the sibling before it")
			}
			last = c.Span.End
			walk(c, inner)
		}
		for _, item := range n.Items {
			child(item, inner)
		}
		for _, m := range n.Members {
			asKey := inner
			asKey.key = true
			child(m.Key, asKey)
			child(m.Value, inner)
		}
	}
	last := 0
	for _, root := range f.Roots {
		if root.Span.Start < last {
			report(root, "the document overlaps the one before it")
		}
		last = root.Span.End
		walk(root, frame{indent: -1})
	}
	return count
}

// frame is what a node stands in: the column of the innermost block collection, and whether brackets are around.
type frame struct {
	indent int
	flow   bool
	key    bool
}

func (a frame) within(f *File, n *Node) frame {
	if n.Style == Flow {
		return frame{a.indent, true, false}
	}
	if n.size() > 0 {
		return frame{column(f, f.childStart(n, 0)), a.flow, false}
	}
	a.key = false
	return a
}

func column(f *File, at int) int {
	c := f.Position(at).Column - 1
	if strings.HasPrefix(string(f.Source), byteOrderMark) && f.Position(at).Line == 1 {
		c -= len(byteOrderMark)
	}
	return c
}

// reparse parses the text of the node's span in a context like its own.
func reparse(f *File, n *Node, around frame) (*Node, error) {
	text := f.Text(n.Span)
	if f.Format == JSON {
		g, err := ParseJSON("span", []byte(text))
		if err != nil {
			return nil, err
		}
		return g.Root(), nil
	}
	if around.key && n.Kind == Scalar && n.Style == Plain && text != "" && !strings.ContainsAny(text, "\r\n\u0085\u2028\u2029") {
		// A plain key may be what is no plain value: "?:".
		g, err := ParseYAML("span", []byte(text+": x"))
		if err != nil || len(g.Root().Members) == 0 {
			return nil, fmt.Errorf("%q is no key: %v", text, err)
		}
		return g.Root().Members[0].Key, nil
	}
	// Anchors that an alias needs may be outside: define every alias of the text first.
	var head strings.Builder
	names := map[string]bool{}
	var aliases func(n *Node)
	aliases = func(n *Node) {
		if n.Kind == Alias && !names[n.Value] {
			names[n.Value] = true
			fmt.Fprintf(&head, "- &%s x\n", n.Value)
		}
		for _, item := range n.Items {
			aliases(item)
		}
		for _, m := range n.Members {
			aliases(m.Key)
			aliases(m.Value)
		}
	}
	aliases(n)
	pad := strings.Repeat(" ", 2+max(around.indent, 0))
	switch block := n.Style == Block && (n.Kind == Mapping || n.Kind == Sequence); {
	case around.flow:
		text = "[" + text + "]"
	case block && n.Tag == "" && n.Anchor == "":
		text = "\n" + strings.Repeat(" ", 2) + strings.Repeat(" ", column(f, n.Span.Start)) + indented(text, 2)
	case around.indent < 0:
		text = " " + indented(text, 2)
	default:
		text = "\n" + pad + "k: " + indented(text, 2)
	}
	src := "a:\n" + head.String() + "b:" + map[bool]string{true: " ", false: ""}[!strings.HasPrefix(text, "\n")] + text
	g, err := ParseYAML("span", []byte(src))
	if err != nil {
		return nil, fmt.Errorf("%w in %q", err, src)
	}
	got := g.Root().Members[1].Value
	switch block := n.Style == Block && (n.Kind == Mapping || n.Kind == Sequence); {
	case around.flow:
		if len(got.Items) == 0 && n.Span.Start == n.Span.End {
			return &Node{Type: Null}, nil
		}
		if len(got.Items) != 1 {
			return nil, fmt.Errorf("%d items in %q", len(got.Items), src)
		}
		return got.Items[0], nil
	case !block || n.Tag != "" || n.Anchor != "":
		if around.indent >= 0 {
			return got.Members[0].Value, nil
		}
	}
	return got, nil
}

// indented moves every line but the first to the right.
func indented(text string, by int) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		size := max(1, breakLen([]byte(text), i))
		b.WriteString(text[i : i+size])
		if breakLen([]byte(text), i) > 0 && i+size < len(text) && breakLen([]byte(text), i+size) == 0 {
			b.WriteString(strings.Repeat(" ", by))
		}
		i += size
	}
	return b.String()
}
