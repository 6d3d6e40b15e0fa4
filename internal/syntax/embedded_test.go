package syntax

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// TestEmbedded makes the article's change in a policy that is a string of another file.
func TestEmbedded(t *testing.T) {
	_, hardened := article(t)
	open := with(hardened, func(root *Node) {
		first := root.Get("Statement").Items[0]
		first.Get("Sid").Value = "it's \"é\" 😀"
		first.Members = first.Members[:len(first.Members)-1]
	})
	indent := func(text, by string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+by) }
	quote := func(text string) string { b, _ := json.Marshal(text); return string(b) }
	folded := func(text string) string { // a quoted string of several lines in a file
		return "'" + strings.ReplaceAll(indent(text, "    "), "'", "''") + "'"
	}
	pretty, tiny := writer{unit: "  "}, writer{minified: true}
	tests := []struct {
		name  string
		w     writer
		wrap  func(policy string) string
		loose bool // line breaks are not kept
	}{
		{"json string", tiny, func(p string) string { return `{"a": ` + quote(p) + `}` }, false},
		{"json string of many lines", pretty, func(p string) string { return `{"a": ` + quote(p) + `}` }, false},
		{"yaml literal", pretty, func(p string) string { return "a: |\n    " + indent(p, "    ") + "\nb: c\n" }, false},
		{"yaml literal, strip, tagged", writer{unit: "    ", allman: true}, func(p string) string { return "a: &x !Sub |-\n  " + indent(p, "  ") }, false},
		{"yaml literal with an indicator", pretty, func(p string) string { return "a: |2\n\n  " + indent(p, "  ") + "\n" }, false},
		{"yaml folded", pretty, func(p string) string { return "a: >-\n  " + indent(p, "  ") + "\n" }, true},
		{"yaml double", tiny, func(p string) string { return "a: " + quote(p) + "\n" }, false},
		{"yaml single", tiny, func(p string) string { return "a: '" + strings.ReplaceAll(p, "'", "''") + "'\n" }, false},
		{"yaml single of many lines", pretty, func(p string) string { return "a: " + folded(p) + "\n" }, true},
		{"yaml double of many lines", pretty, func(p string) string {
			return "a: \"" + strings.ReplaceAll(indent(strings.ReplaceAll(p, `\`, `\\`), "    "), `"`, `\"`) + "\"\n"
		}, true},
	}
	for _, tt := range tests {
		for _, newline := range []string{"\n", "\r\n"} {
			name := tt.name + map[string]string{"\r\n": ", CRLF"}[newline]
			t.Run(name, func(t *testing.T) {
				file := func(n *Node) string { return strings.ReplaceAll(tt.wrap(tt.w.print(n)), "\n", newline) }
				f := parse(t, tt.name, file(open))
				e, err := ParseEmbedded(f, f.Root().Get("a"))
				if err != nil {
					t.Fatal(err)
				}
				first := e.File.Root().Get("Statement").Items[0]
				sid := e.File.Root().Get("Statement").Items[1].Get("Sid")
				if got := strings.Trim(f.Text(e.Span(sid.Span)), `\"`); got != sid.Value {
					t.Errorf("the span of the Sid is %q", got)
				}
				edits, err := e.Outer([]Edit{
					e.File.Replace(first.Get("Sid"), NewString("EnableRootAccessAndPreventPermissionDelegation")),
					e.File.SetMember(first, "Condition", condition, "Resource"),
				})
				if err != nil {
					t.Fatal(err)
				}
				got := apply(t, f, edits...)
				if !tt.loose {
					compare(t, got, file(hardened))
				}
				again := parse(t, tt.name, got)
				e, err = ParseEmbedded(again, again.Root().Get("a"))
				if err != nil {
					t.Fatalf("%v in %s", err, got)
				}
				if !Equal(e.File.Root(), hardened) {
					t.Errorf("another policy:\n%s", got)
				}
			})
		}
	}
}

func TestEmbeddedErrors(t *testing.T) {
	f := parse(t, "yaml", "a: |\n  {\n   x\n  }\nb: 1\n")
	_, err := ParseEmbedded(f, f.Root().Get("a"))
	var at *Error
	if !errors.As(err, &at) || at.Position.Line != 3 || at.Position.Column != 4 {
		t.Errorf("got %v, want an error at 3:4", err)
	}
	if _, err := ParseEmbedded(f, f.Root().Get("b")); err == nil {
		t.Error("a number was read as a document")
	}
	f = parse(t, "yaml", "a: '{}'\n")
	e, err := ParseEmbedded(f, f.Root().Get("a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Outer([]Edit{{0, 9, ""}}); err == nil {
		t.Error("an edit outside the text was taken")
	}
}
