package github_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// long is the policy with so much before and in between that hunks stay apart.
func long(first, second string) string {
	var b strings.Builder
	b.WriteString("{\n")
	for i := range 40 {
		fmt.Fprintf(&b, "  \"pad%02d\": 0,\n", i)
		if i == 5 {
			b.WriteString("  \"first\": " + first + ",\n")
		}
		if i == 30 {
			b.WriteString("  \"second\": " + second + ",\n")
		}
	}
	b.WriteString("  \"end\": 0\n}\n")
	return b.String()
}

// replacing makes a finding on the line of old whose fix replaces each old by new.
func replacing(tree githubtest.Tree, file, rule string, pairs ...string) []lint.Finding {
	text := tree[file]
	if !strings.Contains(text, pairs[0]) {
		return nil
	}
	at := strings.Index(text, pairs[0])
	src := &syntax.File{Source: []byte(text)}
	f := lint.Finding{Rule: rule, Name: "rule", Level: lint.Error, File: file, Message: "something can happen", Certainty: lint.Always,
		Range: lint.Range{Start: src.Position(at), End: src.Position(at + len(pairs[0]))}, Fingerprint: rule + strings.ReplaceAll(pairs[0], " ", ""), Fix: &lint.Fix{}}
	for i := 0; i < len(pairs); i += 2 {
		f.Fix.Edits = append(f.Fix.Edits, edit(text, 0, pairs[i], pairs[i+1]))
	}
	return []lint.Finding{f}
}

func TestPlacement(t *testing.T) {
	one := func(pairs ...string) func(githubtest.Tree) []lint.Finding {
		return func(tree githubtest.Tree) []lint.Finding { return replacing(tree, "k.json", "KMS001", pairs...) }
	}
	base := long(`"old"`, `"old"`)
	tests := map[string]struct {
		base, head string
		find       func(githubtest.Tree) []lint.Finding
		kind       string // button, line, file, none
		log        string
		after      string // the head once the button is pressed; "" is not looked at
	}{
		"in a hunk": {base, long(`"bad"`, `"old"`), one(`"bad"`, `"good"`), "button", "", long(`"good"`, `"old"`)},
		"in the context of a hunk": {base, long(`"bad"`, `"old"`), one(`"pad04": 0`, `"pad04": 1`), "button", "",
			strings.Replace(long(`"bad"`, `"old"`), `"pad04": 0`, `"pad04": 1`, 1)},
		"outside every hunk":   {base, long(`"bad"`, `"old"`), one(`"pad20": 0`, `"pad20": 1`), "file", "its lines are in no hunk", ""},
		"edits in two hunks":   {base, long(`"bad"`, `"evil"`), one(`"bad"`, `"good"`, `"evil"`, `"fine"`), "line", "not all in one hunk", ""},
		"edit beyond the hunk": {base, long(`"bad"`, `"old"`), one(`"bad"`, `"good"`, `"pad20": 0`, `"pad20": 1`), "line", "not all in one hunk", ""},
		"nothing changes":      {base, long(`"bad"`, `"old"`), one(`"bad"`, `"bad"`), "line", "it changes nothing", ""},
		"CRLF": {strings.ReplaceAll(base, "\n", "\r\n"), strings.ReplaceAll(long(`"bad"`, `"old"`), "\n", "\r\n"), one(`"bad"`, `"good"`),
			"line", "the file has line ends other than", ""},
		"hidden characters": {base, long(`"bad"`, `"old"`), one(`"bad"`, "\"go\u202eod\""), "line", "characters that do not show", ""},
		"a line goes":       {base, long("\"bad\",\n  \"x\": 1", `"old"`), one("  \"x\": 1,\n", ""), "button", "", long(`"bad"`, `"old"`)},
		"a line comes": {base, long(`"bad"`, `"old"`), one("  \"pad06\": 0,\n", "  \"more\": 1,\n  \"pad06\": 0,\n"), "button", "",
			strings.Replace(long(`"bad"`, `"old"`), "  \"pad06\": 0,\n", "  \"more\": 1,\n  \"pad06\": 0,\n", 1)},
		"the first line":                   {"{\n}\n", "{ \"a\": 1\n}\n", one(`{ "a"`, `{ "b"`), "button", "", "{ \"b\": 1\n}\n"},
		"the last line, without a newline": {"{\n}", "{\n\"a\": 1}", one(`"a"`, `"b"`), "button", "", "{\n\"b\": 1}\n"},
		"backticks":                        {base, long("\"bad\"", `"old"`), one(`"bad"`, "\"``````suggestion\""), "button", "", long("\"``````suggestion\"", `"old"`)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, githubtest.Tree{"k.json": test.base}, githubtest.Tree{"k.json": test.head}, githubtest.Options{})
			w.find = test.find
			w.run()
			comments := w.server.Comments(w.number)
			kind := "none"
			if len(comments) == 1 {
				kind = "line"
				if comments[0].Subject == "file" {
					kind = "file"
				} else if _, err := githubtest.Suggestion(comments[0].Body); err == nil {
					kind = "button"
				}
			}
			if kind != test.kind {
				t.Fatalf("it is a comment of kind %s, want %s\n%s", kind, test.kind, strings.Join(w.log, "\n"))
			}
			if test.log != "" {
				w.logged(test.log)
			}
			if test.after != "" {
				if err := w.server.Press(comments[0].ID); err != nil {
					t.Fatal(err)
				}
				if _, tree := w.server.Head(w.number); tree["k.json"] != test.after {
					t.Errorf("the button made\n%s\nwant\n%s", tree["k.json"], test.after)
				}
			}
		})
	}
}

// A renamed file is found by its new name; a removed one has nothing to say on.
func TestRenamedAndRemoved(t *testing.T) {
	w := newWorld(t, githubtest.Tree{"old.json": policy, "gone.json": policy + " "}, githubtest.Tree{"new.json": strings.Replace(policy, "kms:PutKeyPolicy", "kms:*", 1)}, githubtest.Options{})
	inner := w.find
	w.find = func(tree githubtest.Tree) []lint.Finding {
		f := *statement("gone.json", policy, "Admin", "KMS007")
		return append(inner(tree), f)
	}
	p, _ := w.run()
	c := w.server.Comments(w.number)
	if len(c) != 1 || c[0].Path != "new.json" || len(p.Unplaced) != 1 || p.Unplaced[0].File != "gone.json" {
		t.Errorf("comments %+v, unplaced %+v", c, p.Unplaced)
	}
	w.logged("the pull request does not change the file")
}

// Two fixes on the same lines: the worse is a button, the other is text that says so. Pressing and running again gives
// the other its button.
func TestOverlappingFixes(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"k.json": `{"a": "bad", "b": "evil"}` + "\n"}, githubtest.Options{})
	w.find = func(tree githubtest.Tree) []lint.Finding {
		lesser := replacing(tree, "k.json", "KMS002", `"evil"`, `"fine"`)
		for i := range lesser {
			lesser[i].Level = lint.Warning
		}
		return append(lesser, replacing(tree, "k.json", "KMS001", `"bad"`, `"good"`)...)
	}
	w.run()
	w.posted(2, 1)
	w.logged("it overlaps the suggestion for KMS001")
	for range 2 {
		for _, c := range w.server.Comments(w.number) {
			if _, err := githubtest.Suggestion(c.Body); err == nil && !c.Outdated {
				if err := w.server.Press(c.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.run()
	}
	if _, tree := w.server.Head(w.number); tree["k.json"] != `{"a": "good", "b": "fine"}`+"\n" {
		t.Errorf("in the end the file is %s", tree["k.json"])
	}
}

// The same lines get the same text from two findings: one button.
func TestSameFixTwice(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"k.json": `{"a": "bad"}` + "\n"}, githubtest.Options{})
	w.find = func(tree githubtest.Tree) []lint.Finding {
		return append(replacing(tree, "k.json", "KMS001", `"bad"`, `"good"`), replacing(tree, "k.json", "KMS002", `"bad"`, `"good"`)...)
	}
	w.run()
	w.posted(2, 1)
	w.logged("the suggestion for KMS001 on the same lines does it too")
}

// Two fixes that spoil the file together, each being right alone: the worse is a button, the other is text.
func TestFixesThatDoNotGoTogether(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"k.yaml": "a: &x 1\npad: 0\nb: 2\n"}, githubtest.Options{})
	w.find = func(tree githubtest.Tree) []lint.Finding {
		// One takes the anchor away, the other uses it.
		return append(replacing(tree, "k.yaml", "KMS001", "&x 1", "1"), replacing(tree, "k.yaml", "KMS002", "b: 2", "b: *x")...)
	}
	w.run()
	w.posted(2, 1)
	w.logged("KMS002 in k.yaml: no button: it does not go together with the suggestions above it")
}

// All buttons of a review can be pressed as one batch, and in any order.
func TestBatchOfSuggestions(t *testing.T) {
	text := "{\n  \"a\": \"bad1\",\n  \"b\": \"bad2\",\n  \"c\": \"bad3\"\n}\n"
	want := "{\n  \"a\": \"good1\",\n  \"more\": 1,\n  \"b\": \"good2\",\n  \"c\": \"good3\"\n}\n"
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, nil} {
		w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"k.json": text}, githubtest.Options{})
		w.find = func(tree githubtest.Tree) []lint.Finding {
			out := replacing(tree, "k.json", "KMS001", `"bad1",`, "\"good1\",\n  \"more\": 1,")
			out = append(out, replacing(tree, "k.json", "KMS002", `"bad2"`, `"good2"`)...)
			return append(out, replacing(tree, "k.json", "KMS003", `"bad3"`, `"good3"`)...)
		}
		w.run()
		c := w.server.Comments(w.number)
		if len(c) != 3 || c[0].Line <= c[1].Line || c[1].Line <= c[2].Line {
			t.Fatalf("the comments are not lower lines first: %+v", c)
		}
		if order == nil {
			if err := w.server.PressAll(c[0].ID, c[1].ID, c[2].ID); err != nil {
				t.Fatal(err)
			}
		}
		for _, i := range order {
			if err := w.server.Press(c[i].ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, tree := w.server.Head(w.number); tree["k.json"] != want {
			t.Errorf("order %v made\n%s", order, tree["k.json"])
		}
	}
}

// A finding in generated code is said on the line that a person made, as text.
func TestSourceLine(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"lib/data.ts": "a\nb\nnew kms.Key(this, 'Key')\n", "cdk.out/t.json": policy}, githubtest.Options{})
	inner := w.find
	w.find = func(tree githubtest.Tree) []lint.Finding {
		out := inner(tree)
		out[0].Source = &lint.Source{File: "lib/data.ts", Line: 3}
		out[0].Fix = nil
		out[0].Remedy = &lint.Remedy{Language: "typescript", Text: "key.addToResourcePolicy(…)", WhyNot: "the file is made by the CDK"}
		return out
	}
	w.run()
	c := w.server.Comments(w.number)
	if len(c) != 1 || c[0].Path != "lib/data.ts" || c[0].Line != 3 || !strings.Contains(c[0].Body, "```typescript\nkey.addToResourcePolicy(…)\n```") {
		t.Errorf("the comments are %+v", c)
	}
}

// The plan is a pure function: the same input gives the same plan.
func TestPlanIsPure(t *testing.T) {
	w := newKey(t, 5, githubtest.Options{})
	a, b := w.plan(), w.plan()
	if a.Review.Body != b.Review.Body || a.StepSummary != b.StepSummary || a.Sticky.Body != b.Sticky.Body || len(a.Review.Comments) != len(b.Review.Comments) {
		t.Error("two plans of one state differ")
	}
	for i := range a.Review.Comments {
		if a.Review.Comments[i].Body != b.Review.Comments[i].Body {
			t.Error("two plans of one state differ")
		}
	}
	if github.NewPlan(github.Input{}).StepSummary == "" {
		t.Error("a plan of nothing has no step summary")
	}
}

// A plan for 100 findings in one megabyte.
func BenchmarkPlan(b *testing.B) {
	var text strings.Builder
	text.WriteString("{\n")
	for i := range 100 {
		fmt.Fprintf(&text, "\"k%d\": \"bad%d\",\n%s", i, i, strings.Repeat("\"pad\": 0,\n", 1000))
	}
	text.WriteString("\"end\": 0\n}\n")
	tree := githubtest.Tree{"k.json": text.String()}
	in := github.Input{Sources: map[string][]byte{"k.json": []byte(text.String())}, Files: []github.ChangedFile{github.LocalFile("k.json", "", "added", nil, []byte(text.String()))}}
	for i := range 100 {
		in.Findings = append(in.Findings, replacing(tree, "k.json", "KMS001", fmt.Sprintf("\"bad%d\"", i), "\"good\"")...)
	}
	b.ResetTimer()
	for b.Loop() {
		if p := github.NewPlan(in); len(p.Review.Comments) != 25 {
			b.Fatalf("%d comments", len(p.Review.Comments))
		}
	}
}
