package cli_test

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
	"github.com/kmsguard/kmsguard/internal/report"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

var update = flag.Bool("update", false, "rewrite what README.md takes from the code; read the diff before you commit it")

const readme = "../../README.md"

// TestReadme checks what README.md takes from the code, between markers: the review comment, the rules, inputs and outputs.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	inputs, outputs := actionTables(t)
	for _, part := range []struct{ name, want string }{{"comment", reviewComment(t)}, {"rules", rulesTable()}, {"inputs", inputs}, {"outputs", outputs}} {
		begin, end := "<!-- begin "+part.name+" -->\n", "<!-- end "+part.name+" -->"
		i := strings.Index(text, begin)
		j := strings.Index(text, end)
		if i < 0 || j < i {
			t.Errorf("README.md has no part %q between its markers", part.name)
			continue
		}
		i += len(begin)
		if got := text[i:j]; got != part.want {
			if !*update {
				t.Errorf("%s of README.md is not what the code says (go test ./internal/cli -run TestReadme -update rewrites it); want\n%s\ngot\n%s", part.name, part.want, got)
			}
			text = text[:i] + part.want + text[j:]
		}
	}
	if *update && text != string(data) {
		if err := os.WriteFile(readme, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The examples of README.md are taken by what they are for. TestContainer runs each of its workflows.
func TestReadmeExamples(t *testing.T) {
	names, configurations := map[string]bool{}, 0
	for _, text := range readmeYAML(t) {
		f, err := syntax.ParseYAML("README.md", []byte(text))
		if err != nil {
			t.Errorf("%v in\n%s", err, text)
			continue
		}
		switch root := f.Root(); {
		case root.Get("jobs") != nil:
			names[root.Get("name").Value] = true
			checkWorkflow(t, root)
		case root.Get("version") != nil:
			configurations++
			if _, errs := config.Parse("README.md", []byte(text), rules.Names()); len(errs) > 0 {
				t.Errorf("the configuration of README.md: %v", errs)
			}
		}
	}
	run := regexp.MustCompile(`(?m)^\tt\.Run\("([^"]+)"`).FindAllStringSubmatch(read(t, "container_test.go"), -1)
	for _, m := range run {
		delete(names, m[1])
	}
	if len(names) > 0 || configurations == 0 || len(run) == 0 {
		t.Errorf("README.md shows %d configurations, and TestContainer does not run the workflows %v", configurations, slices.Sorted(maps.Keys(names)))
	}
}

// readmeYAML returns the blocks of YAML in README.md.
func readmeYAML(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, m := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(read(t, readme), -1) {
		all = append(all, m[1])
	}
	return all
}

// readmeWorkflow returns the workflow of README.md that has the name.
func readmeWorkflow(t *testing.T, name string) string {
	t.Helper()
	for _, text := range readmeYAML(t) {
		if strings.HasPrefix(text, "name: "+name+"\n") {
			return text
		}
	}
	t.Fatalf("README.md has no workflow %q", name)
	return ""
}

// checkWorkflow asks of a workflow what every user should copy: no permission by default, every action by its commit.
func checkWorkflow(t *testing.T, root *syntax.Node) {
	t.Helper()
	if p := root.Get("permissions"); p == nil || len(p.Members) != 0 {
		t.Error("the workflow of README.md does not start from permissions: {}")
	}
	inputs := actionFile(t).Root().Get("inputs")
	for _, job := range root.Get("jobs").Members {
		for _, step := range job.Value.Get("steps").Items {
			uses := step.Get("uses")
			if uses == nil {
				continue
			}
			if !regexp.MustCompile(`@([0-9a-f]{40}|<commit>)$`).MatchString(uses.Value) {
				t.Errorf("%s is pinned to no commit", uses.Value)
			}
			if with := step.Get("with"); with != nil && strings.HasPrefix(uses.Value, "kmsguard/") {
				for _, m := range with.Members {
					if inputs.Get(m.Key.Value) == nil {
						t.Errorf("the workflow of README.md has the input %s, which action.yml has not", m.Key.Value)
					}
				}
			}
		}
	}
}

func rulesTable() string {
	var b strings.Builder
	b.WriteString("| rule | level | what it finds |\n|---|---|---|\n")
	for _, r := range rules.All {
		fmt.Fprintf(&b, "| `%s` %s | %s | %s |\n", r.ID, r.Name, r.Level, r.Title)
	}
	return b.String()
}

func actionFile(t *testing.T) *syntax.File {
	t.Helper()
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	f, err := syntax.ParseYAML("action.yml", data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func actionTables(t *testing.T) (inputs, outputs string) {
	t.Helper()
	root := actionFile(t).Root()
	cell := strings.NewReplacer("|", `\|`).Replace
	var in, out strings.Builder
	in.WriteString("| input | default | meaning |\n|---|---|---|\n")
	for _, m := range root.Get("inputs").Members {
		fallback := ""
		if d := m.Value.Get("default"); d != nil {
			fallback = "`" + d.Value + "`"
		}
		fmt.Fprintf(&in, "| `%s` | %s | %s |\n", m.Key.Value, fallback, cell(m.Value.Get("description").Value))
	}
	out.WriteString("| output | meaning |\n|---|---|\n")
	for _, m := range root.Get("outputs").Members {
		fmt.Fprintf(&out, "| `%s` | %s |\n", m.Key.Value, cell(m.Value.Get("description").Value))
	}
	return in.String(), out.String()
}

// reviewComment opens a pull request that adds the template of testdata/demo, and shows the comment that it gets as GitHub does:
// the suggestion as the change that its button makes.
func reviewComment(t *testing.T) string {
	t.Helper()
	template, err := os.ReadFile("../../testdata/demo/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := githubtest.New(githubtest.Options{Fail: t.Errorf})
	defer s.Close()
	base := githubtest.Tree{".github/kmsguard.yml": configuration}
	b := s.Commit(base)
	number := s.Pull(b, s.Commit(githubtest.Tree{".github/kmsguard.yml": configuration, "template.yaml": string(template)}, b), "")
	_, log, _, _ := step(t, s, number, nil)
	comments := s.Comments(number)
	i := slices.IndexFunc(comments, func(c githubtest.Comment) bool { return strings.Contains(c.Body, "KMS001") })
	if i < 0 {
		t.Fatalf("no comment; log:\n%s", log)
	}
	if err := s.Press(comments[i].ID); err != nil {
		t.Fatal(err)
	}
	_, tree := s.Head(number)
	var change bytes.Buffer
	if err := report.Diff(&change, "template.yaml", template, []byte(tree["template.yaml"]), report.DiffOptions{}); err != nil {
		t.Fatal(err)
	}
	said, _, _ := strings.Cut(comments[i].Body, "\n<details>")
	said = regexp.MustCompile("(?s)```suggestion\n.*?\n```").ReplaceAllLiteralString(said, "```diff\n"+shortDiff(change.String())+"```")
	var quote strings.Builder
	for line := range strings.Lines(strings.TrimSpace(html.UnescapeString(said)) + "\n") {
		quote.WriteString(strings.TrimRight("> "+line, " \n") + "\n")
	}
	return quote.String()
}

// shortDiff leaves out the head of a unified diff and the indentation that all its lines have.
func shortDiff(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "--- ") && !strings.HasPrefix(line, "+++ ") && !strings.HasPrefix(line, "@@") && !strings.HasPrefix(line, `\`) {
			lines = append(lines, line)
		}
	}
	first := slices.IndexFunc(lines, func(l string) bool { return !strings.HasPrefix(l, " ") })
	lines = lines[max(first, 0):] // what stands before the statement is not shown by GitHub either
	cut := 1 << 20
	for _, l := range lines {
		cut = min(cut, len(l)-1-len(strings.TrimLeft(l[1:], " ")))
	}
	for i, l := range lines {
		lines[i] = l[:1] + l[1+cut:]
	}
	return strings.Join(lines, "")
}
