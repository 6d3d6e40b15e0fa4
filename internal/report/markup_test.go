package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pageTags and pageAttr are all that a page has.
var (
	pageTags = strings.Fields("html head meta title style body header main h1 h2 h3 p span code article pre i b dl dt dd details summary table thead tbody tr th td ul li")
	pageAttr = strings.Fields("lang charset name http-equiv content class data-label")
)

// readPage reads a page by the rules of XML, which are stricter than HTML's, and returns its elements and texts.
func readPage(t *testing.T, page []byte) (tags, texts, values []string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return tags, texts, values
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			tags = append(tags, token.Name.Local)
			if !slices.Contains(pageTags, token.Name.Local) {
				t.Errorf("element %s", token.Name.Local)
			}
			for _, a := range token.Attr {
				values = append(values, a.Value)
				if !slices.Contains(pageAttr, a.Name.Local) {
					t.Errorf("attribute %s of %s", a.Name.Local, token.Name.Local)
				}
			}
		case xml.CharData:
			texts = append(texts, string(token))
		case xml.Comment, xml.ProcInst:
			t.Errorf("%T in\n%s", token, page)
		}
	}
}

// Whatever the text, the elements and attributes are those that were asked for, and they say what they should.
func FuzzMarkup(f *testing.F) {
	for _, s := range append(evils, `"><a href=javascript:x>`, "' onload='x", "<!--", "]]>", "&lt;&#60;", "</style><script>", "\x00<\xff>", "`<`") {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, said, value string) {
		var b strings.Builder
		b.WriteString("<html>")
		tag("p", text(said), words("b", said), tag("i").with("data-label", value)).with("name", value).write(&b)
		b.WriteString("</html>")
		tags, texts, values := readPage(t, []byte(b.String()))
		if !slices.Equal(tags, []string{"html", "p", "b", "i"}) {
			t.Errorf("elements %q", tags)
		}
		// A reader of XML, as one of HTML, takes white space in an attribute as it is.
		if !slices.Equal(values, []string{reveal(value, "\n\t"), reveal(value, "\n\t")}) {
			t.Errorf("attributes %q, want %q", values, reveal(value, "\n\t"))
		}
		if got, want := strings.Join(texts, ""), "\n"+strings.Repeat(reveal(said, "\n\t"), 2); got != want {
			t.Errorf("text %q, want %q", got, want)
		}
	})
}

// A page of hostile texts has as many elements, and the same ones, as one of harmless texts.
func TestPageKeepsItsShape(t *testing.T) {
	shape := func(said string) []string {
		rep, sources := hostile(said)
		var b bytes.Buffer
		if err := HTML(&b, rep, sources); err != nil {
			t.Fatal(err)
		}
		tags, _, _ := readPage(t, b.Bytes())
		return tags
	}
	for _, evil := range append(evils, `"><a href=javascript:x>`, "</pre><script>", "{{.}}") {
		if strings.ContainsAny(evil, "\n\r") {
			continue // more lines of source are more elements
		}
		if !slices.Equal(shape(evil), shape("harmless")) {
			t.Errorf("%q changes the elements", evil)
		}
	}
}

// text/template calls methods by their names, at run time. A program that may do that keeps every exported method of
// every type it links: kmsguard was 16.5 MB with a template and 11.7 MB without, and may be 15 (DESIGN section 10).
// Packages of other modules that import one do no harm as long as nothing calls what runs it.
func TestNoTemplates(t *testing.T) {
	for _, dir := range []string{"../../cmd", "../../internal"} {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, spec := range file.Imports {
				if p := strings.Trim(spec.Path.Value, `"`); p == "text/template" || p == "html/template" {
					t.Errorf("%s imports %s, which makes the binary 5 MB larger: write pages with tag and text of internal/report", name, p)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
