package syntax

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
)

// writer prints trees for tests in layouts that people use. It shares nothing with the package's own printer.
type writer struct {
	unit      string
	newline   string
	allman    bool
	minified  bool
	comma     string           // after a comma on one line
	colon     string           // between a key and its value on one line
	pad       string           // inside braces on one line
	oneLine   func(*Node) bool // JSON: on one line; YAML: in flow
	yaml      bool
	indentSeq bool
	quote     func(string) string // YAML values
	quoteKey  func(string) string
}

func (w writer) print(n *Node) string {
	if w.newline == "" {
		w.newline = "\n"
	}
	if w.oneLine == nil {
		w.oneLine = func(*Node) bool { return w.minified }
	}
	if w.comma == "" && !w.minified {
		w.comma = " "
	}
	if w.colon == "" && !w.minified {
		w.colon = ": "
	} else if w.colon == "" {
		w.colon = ":"
	}
	if w.quoteKey == nil {
		w.quoteKey = func(s string) string { return s }
	}
	var text string
	if w.yaml {
		text = strings.TrimPrefix(w.block(n, ""), "\n") + "\n"
	} else {
		text = w.flow(n, "", w.oneLine(n))
		if !w.minified {
			text += "\n"
		}
	}
	return strings.ReplaceAll(text, "\n", w.newline)
}

func (w writer) flow(n *Node, indent string, line bool) string {
	if n.Kind == Scalar {
		if w.yaml {
			return w.quote(n.Value)
		}
		b, _ := json.Marshal(n.Value)
		return string(b)
	}
	line = line || w.oneLine(n)
	brackets, inner := "{}", indent+w.unit
	var parts []string
	for _, item := range n.Items {
		brackets = "[]"
		parts = append(parts, w.flow(item, inner, line))
	}
	for _, m := range n.Members {
		key := w.quoteKey(m.Key.Value)
		if !w.yaml {
			b, _ := json.Marshal(m.Key.Value)
			key = string(b)
		}
		if value := w.flow(m.Value, inner, line); w.allman && m.Value.Kind != Scalar {
			parts = append(parts, key+":\n"+inner+value)
		} else {
			parts = append(parts, key+w.colon+value)
		}
	}
	if line {
		pad := w.pad
		if n.Kind == Sequence {
			pad = ""
		}
		return brackets[:1] + pad + strings.Join(parts, ","+w.comma) + pad + brackets[1:]
	}
	return brackets[:1] + "\n" + inner + strings.Join(parts, ",\n"+inner) + "\n" + indent + brackets[1:]
}

// block starts with the line break.
func (w writer) block(n *Node, indent string) string {
	if n.Kind == Scalar {
		return " " + w.quote(n.Value)
	}
	if w.oneLine(n) {
		return " " + w.flow(n, "", true)
	}
	var b strings.Builder
	for _, item := range n.Items {
		text := strings.TrimLeft(w.block(item, indent+"  "), "\n ")
		b.WriteString("\n" + indent + "- " + text)
	}
	for _, m := range n.Members {
		inner := indent + w.unit
		if m.Value.Kind == Sequence && !w.indentSeq {
			inner = indent
		}
		b.WriteString("\n" + indent + w.quoteKey(m.Key.Value) + ":" + w.block(m.Value, inner))
	}
	return b.String()
}

func leaf(n *Node) bool {
	for child := range n.children() {
		if child.Kind != Scalar {
			return false
		}
	}
	return true
}

func statement(n *Node) bool { return n.Get("Effect") != nil || n.Get("Sid") != nil }

func shallow(n *Node) bool {
	if statement(n) {
		return false
	}
	for child := range n.children() {
		if !leaf(child) {
			return false
		}
	}
	return true
}

// short tells whether the node goes within 70 bytes on one line, as formatters with a width do.
func short(n *Node) bool {
	return len(writer{minified: true, comma: " ", colon: ": "}.print(n)) <= 70
}

var looksTyped = regexp.MustCompile(`^([\d.:-]+|true|false|\*.*)$`)

// plainOr quotes what YAML would read as something else.
func plainOr(quote string) func(string) string {
	return func(s string) string {
		if looksTyped.MatchString(s) {
			return quote + s + quote
		}
		return s
	}
}

func always(quote string) func(string) string {
	return func(s string) string { return quote + s + quote }
}

func layouts() map[string]writer {
	all := map[string]writer{
		"json article":                   {unit: "    ", allman: true},
		"json indent 2":                  {unit: "  "},
		"json indent 4":                  {unit: "    "},
		"json tab":                       {unit: "\t"},
		"json tab allman":                {unit: "\t", allman: true},
		"json minified":                  {minified: true},
		"json minified with spaces":      {minified: true, comma: " ", colon: ": "},
		"json leaf objects":              {unit: "  ", oneLine: func(n *Node) bool { return n.Kind == Mapping && leaf(n) }},
		"json leaf objects, padded":      {unit: "    ", pad: " ", oneLine: func(n *Node) bool { return n.Kind == Mapping && leaf(n) }},
		"json leaf objects and lists":    {unit: "  ", oneLine: leaf},
		"json shallow objects":           {unit: "  ", pad: " ", oneLine: shallow},
		"json width":                     {unit: "  ", oneLine: short},
		"json a line a statement":        {unit: "  ", oneLine: func(n *Node) bool { return statement(n) }},
		"json a line a statement, tight": {unit: "  ", comma: "", colon: ":", minified: true, oneLine: func(n *Node) bool { return statement(n) }},
		"yaml":                           {yaml: true, unit: "  ", indentSeq: true, quote: plainOr(`"`)},
		"yaml flat lists":                {yaml: true, unit: "  ", quote: plainOr(`'`)},
		"yaml indent 4":                  {yaml: true, unit: "    ", indentSeq: true, quote: plainOr(`'`)},
		"yaml single":                    {yaml: true, unit: "  ", indentSeq: true, quote: always(`'`)},
		"yaml double":                    {yaml: true, unit: "  ", quote: always(`"`)},
		"yaml double keys":               {yaml: true, unit: "  ", quote: always(`"`), quoteKey: always(`"`)},
		"yaml leaf flow":                 {yaml: true, unit: "  ", indentSeq: true, quote: plainOr(`"`), oneLine: func(n *Node) bool { return n.Kind == Mapping && leaf(n) }},
		"yaml leaf flow, padded":         {yaml: true, unit: "  ", pad: " ", quote: always(`'`), oneLine: leaf},
		"yaml shallow flow":              {yaml: true, unit: "  ", quote: plainOr(`'`), oneLine: shallow},
		"yaml statements in flow":        {yaml: true, unit: "  ", quote: plainOr(`'`), oneLine: func(n *Node) bool { return statement(n) }},
	}
	for name, w := range maps.Clone(all) {
		if !w.minified {
			w.newline = "\r\n"
			all[name+", CRLF"] = w
		}
	}
	return all
}

// article returns the hardened policy of the article: its text and its tree.
func article(t testing.TB) (string, *Node) {
	t.Helper()
	text := hardenedPolicy
	f, err := ParseJSON("article.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return text, f.Root()
}

// TestArticleText compares the policy in this test with the article where the article is at hand.
func TestArticleText(t *testing.T) {
	page, err := os.ReadFile("../../../shared/seed/prevent-iam-access-to-a-kms-key.txt")
	if err != nil {
		t.Skip("the article is not here")
	}
	if !strings.Contains(string(page), hardenedPolicy) {
		t.Error("the policy is not the article's")
	}
}

// with returns a copy of the tree in which change was made.
func with(n *Node, change func(root *Node)) *Node {
	var clone func(n *Node) *Node
	clone = func(n *Node) *Node {
		c := *n
		c.Items, c.Members = nil, nil
		for _, item := range n.Items {
			c.Items = append(c.Items, clone(item))
		}
		for _, m := range n.Members {
			c.Members = append(c.Members, Member{clone(m.Key), clone(m.Value)})
		}
		return &c
	}
	root := clone(n)
	change(root)
	return root
}
