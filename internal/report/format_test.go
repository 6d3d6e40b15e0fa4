package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

func TestGoldens(t *testing.T) {
	rep, sources := sample()
	for _, format := range []struct {
		name  string
		write func(*bytes.Buffer) error
	}{
		{"sample.sarif", func(b *bytes.Buffer) error { return SARIF(b, rep, sampleRules, sources) }},
		{"sample.rdjson", func(b *bytes.Buffer) error { return RDJSON(b, rep, sources) }},
		{"sample.md", func(b *bytes.Buffer) error { return Markdown(b, rep, sources, MarkdownOptions{}) }},
		{"sample.github", func(b *bytes.Buffer) error { return GitHub(b, rep) }},
		{"sample.html", func(b *bytes.Buffer) error { return HTML(b, rep, sources) }},
	} {
		var b, again bytes.Buffer
		if err := format.write(&b); err != nil {
			t.Fatal(err)
		}
		if err := format.write(&again); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: two runs differ", format.name)
		}
		golden(t, format.name, b.Bytes())
	}
}

// sarifSchema is the JSON Schema of SARIF 2.1.0, which the SARIF library has in its source.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	if err != nil {
		t.Skip(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "pkg/report/v210/sarif/schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && len(lit.Value) > len(text) {
			text, _ = strconv.Unquote(lit.Value)
		}
		return true
	})
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSARIFIsValid(t *testing.T) {
	schema := sarifSchema(t)
	check := func(rep *lint.Report, sources func(string) []byte) {
		var b bytes.Buffer
		if err := SARIF(&b, rep, sampleRules, sources); err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Error(err)
		}
	}
	rep, sources := sample()
	check(rep, sources)
	check(rep, nil)
	check(&lint.Report{}, nil)
	for _, evil := range evils {
		check(hostile(evil))
	}
}

func TestSARIFColumnsCountCharacters(t *testing.T) {
	src := "é: 鍵 kms\n"
	rep := &lint.Report{Findings: []lint.Finding{{Rule: "KMS001", Level: lint.Error, File: "a:b/é c.yaml", Range: at(src, "kms"), Message: "x"}}}
	var b bytes.Buffer
	if err := SARIF(&b, rep, sampleRules, func(string) []byte { return []byte(src) }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"startColumn": 6`, `"endColumn": 9`, `"byteOffset": 8`, `"byteLength": 3`, `"uri": "a%3Ab/%C3%A9%20c.yaml"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing in\n%s", want, b.String())
		}
	}
}

func TestRDJSONSuggestionMakesTheFix(t *testing.T) {
	rep, sources := sample()
	var b bytes.Buffer
	if err := RDJSON(&b, rep, sources); err != nil {
		t.Fatal(err)
	}
	var got rdResult
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Diagnostics) != 5 || len(got.Diagnostics[0].Suggestions) != 1 || got.Severity != "ERROR" {
		t.Fatalf("got %+v", got)
	}
	s := got.Diagnostics[0].Suggestions[0]
	lines := strings.SplitAfter(sampleTemplate, "\n")
	offset := func(p rdPosition) int { return len(strings.Join(lines[:p.Line-1], "")) + p.Column - 1 }
	made := sampleTemplate[:offset(s.Range.Start)] + s.Text + sampleTemplate[offset(*s.Range.End):]
	want, _ := syntax.Apply([]byte(sampleTemplate), rep.Findings[0].Fix.Edits)
	if made != string(want) {
		t.Errorf("got\n%s", made)
	}
}

func many(n int) *lint.Report {
	rep, _ := sample()
	one := rep.Findings[0]
	rep.Findings = nil
	for i := range n {
		one.Message = fmt.Sprintf("finding %d of many", i)
		rep.Findings = append(rep.Findings, one)
	}
	rep.Errors = nil
	return rep
}

func TestGitHubMakesTenAnnotations(t *testing.T) {
	var b bytes.Buffer
	if err := GitHub(&b, many(13)); err != nil {
		t.Fatal(err)
	}
	if got := len(runnerCommands(b.String())); got != MaxAnnotations {
		t.Errorf("%d annotations", got)
	}
	if !strings.HasSuffix(b.String(), "\n3 more of level error have no annotation, since a step may make 10: see the summary\n") {
		t.Errorf("got %s", b.String())
	}
}

func TestIntroducedFindingsComeFirst(t *testing.T) {
	yes, no := true, false
	rep := &lint.Report{Findings: []lint.Finding{
		{Rule: "A", Level: lint.Error, Introduced: &no}, {Rule: "B", Level: lint.Note, Introduced: &yes}, {Rule: "C", Level: lint.Error, Introduced: &yes}, {Rule: "D", Level: lint.Error, Introduced: &no},
	}}
	got := ""
	for _, f := range worstFirst(rep) {
		got += f.Rule
	}
	if got != "CBAD" {
		t.Error(got)
	}
}

func TestMarkdownIsCutBetweenRows(t *testing.T) {
	rep := many(3000)
	_, sources := sample()
	for _, limit := range []int{500, 1000, 5000, 50_000, 500_000, 0} {
		var b bytes.Buffer
		if err := Markdown(&b, rep, sources, MarkdownOptions{Limit: limit}); err != nil {
			t.Fatal(err)
		}
		if limit == 0 {
			limit = 1 << 20
		}
		text := b.String()
		if len(text) > limit {
			t.Errorf("%d bytes, limit %d", len(text), limit)
		}
		rows := 0
		for _, l := range strings.Split(text, "\n") {
			if strings.HasPrefix(l, "|") {
				rows++
				if !strings.HasSuffix(l, "|") {
					t.Errorf("row cut: %s", l)
				}
			}
		}
		if !strings.Contains(text, "findings are not shown here") {
			t.Errorf("no note with limit %d", limit)
		}
		if strings.Count(text, "<details>") != strings.Count(text, "</details>") || strings.Count(text, "```")%2 != 0 {
			t.Errorf("limit %d: not closed", limit)
		}
	}
}

// Nothing hostile becomes an element, and no element loads anything.
func TestHTMLIsInert(t *testing.T) {
	tag := regexp.MustCompile(`<(/?)([a-zA-Z!][a-zA-Z0-9]*)`)
	known := " doctype html head meta title style body header main h1 h2 h3 p span code article pre i b dl dt dd details summary "
	for _, evil := range append(evils, `"><a href=javascript:x>`, "{{.}}") {
		rep, sources := hostile(evil)
		var b bytes.Buffer
		if err := HTML(&b, rep, sources); err != nil {
			t.Fatal(err)
		}
		for _, m := range tag.FindAllStringSubmatch(b.String(), -1) {
			if !strings.Contains(known, " "+strings.ToLower(strings.TrimPrefix(m[2], "!"))+" ") && m[2] != "!" {
				t.Errorf("%q makes the element %s", evil, m[0])
			}
		}
		if strings.ContainsFunc(strings.ReplaceAll(b.String(), "\n", ""), func(r rune) bool { return hidden(r) && r != '\t' }) {
			t.Errorf("%q leaves hidden runes", evil)
		}
	}
}
