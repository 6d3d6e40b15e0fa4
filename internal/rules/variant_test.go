package rules_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// variants checks that line ends and notation change nothing: the files with CRLF, and documents written in the other notation, give the same findings.
func (c *ruleCase) variants(t *testing.T, rep *lint.Report) {
	t.Helper()
	want := said(rep)
	crlf := slices.Clone(c.inputs())
	for i, f := range crlf {
		crlf[i].Data = []byte(strings.ReplaceAll(string(f.Data), "\n", "\r\n"))
	}
	if diff := cmp.Diff(want, said(scanFiles(t, c.config(t), crlf))); diff != "" {
		t.Errorf("with CRLF (-LF +CRLF):\n%s", diff)
	}
	var other []txtar.File
	for _, f := range c.inputs() {
		g, ok := transliterated(t, f)
		if !ok {
			return
		}
		other = append(other, g)
	}
	if diff := cmp.Diff(want, said(scanFiles(t, c.config(t), other))); diff != "" {
		t.Errorf("in the other notation (-as written +transliterated):\n%s", diff)
	}
}

// said is what a report says, places and texts to paste apart.
func said(rep *lint.Report) []string {
	var all []string
	for _, f := range rep.Findings {
		text := f.Rule + " " + string(f.Level) + " " + f.Sid + " " + f.Message
		if f.Fix != nil {
			text += " | " + f.Fix.Message
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

// transliterated writes a bare policy in the other notation: JSON as YAML and YAML as JSON. Templates have forms of their own in each, and what the notation itself breaks has no other form.
func transliterated(t *testing.T, f txtar.File) (txtar.File, bool) {
	t.Helper()
	parsed, err := syntax.Parse(f.Name, f.Data)
	if err != nil || len(parsed.Roots) != 1 || parsed.Root().Get("Statement") == nil || strings.Contains(string(f.Data), "Fn::") || len(parsed.Duplicates) > 0 {
		return txtar.File{}, false
	}
	var b strings.Builder
	if parsed.Format == syntax.JSON {
		writeYAML(&b, parsed.Root(), "")
		return txtar.File{Name: strings.TrimSuffix(f.Name, ".json") + ".yaml", Data: []byte(b.String())}, true
	}
	if !writeJSON(&b, parsed.Root()) {
		return txtar.File{}, false
	}
	name, _, _ := strings.Cut(f.Name, ".")
	return txtar.File{Name: name + ".json", Data: []byte(b.String())}, true
}

func writeYAML(b *strings.Builder, n *syntax.Node, indent string) {
	switch {
	case n.Kind == syntax.Mapping && len(n.Members) == 0:
		b.WriteString(" {}\n")
	case n.Kind == syntax.Sequence && len(n.Items) == 0:
		b.WriteString(" []\n")
	case n.Kind == syntax.Mapping:
		b.WriteString("\n")
		for _, m := range n.Members {
			b.WriteString(indent + strconv.Quote(m.Key.Value) + ":")
			writeYAML(b, m.Value, indent+"  ")
		}
	case n.Kind == syntax.Sequence:
		b.WriteString("\n")
		for _, item := range n.Items {
			b.WriteString(indent + "-")
			writeYAML(b, item, indent+"  ")
		}
	case n.Type == syntax.String:
		b.WriteString(" " + quoted(n.Value) + "\n")
	default:
		b.WriteString(" " + n.Value + "\n")
	}
}

// writeJSON is false where the tree has a tag, or a number whose digits YAML changes.
func writeJSON(b *strings.Builder, n *syntax.Node) bool {
	if n = n.Resolved(); n == nil || n.Tag != "" {
		return false
	}
	list := func(open, end string, length int, item func(i int) bool) bool {
		b.WriteString(open)
		for i := range length {
			if i > 0 {
				b.WriteString(", ")
			}
			if !item(i) {
				return false
			}
		}
		b.WriteString(end)
		return true
	}
	switch n.Kind {
	case syntax.Mapping:
		return list("{", "}", len(n.Members), func(i int) bool {
			b.WriteString(quoted(n.Members[i].Key.Value) + ": ")
			return writeJSON(b, n.Members[i].Value)
		})
	case syntax.Sequence:
		return list("[", "]", len(n.Items), func(i int) bool { return writeJSON(b, n.Items[i]) })
	}
	if changed, ok := n.CanonicalNumber(); ok && changed != n.Value {
		return false
	}
	if n.Type == syntax.String {
		b.WriteString(quoted(n.Value))
	} else {
		b.WriteString(n.Value)
	}
	return true
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return string(b)
}
