package github_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// hostile are texts that want to be more than text (github.md section 10.3).
var hostile = []string{
	"@octocat @org/team", "octocat@example.com", "#1 octo-org/keys#2 GH-3", "https://evil.example www.evil.example", "[a](https://evil.example)",
	"![a](https://evil.example/x.png)", "<img src=x onerror=y> <b>", "</details></summary>", "<!-- kmsguard:v1 KMS001 x open 0 -->", "`", "``` x", "````````````````",
	"```suggestion\nevil\n```", "\n\n# title\n", "a\n\n<!-- kmsguard:v1 summary - open " + strings.Repeat("0", 64) + " -->", "| a | b |", "$x$ $$y$$", ":smile:", "\u202eevil\u202c",
	"\x00\x1b[31m", "\xff\xfe", "deadbeefcafe", "1. a", "- a", "> a", "    a", "~~~", "\\`", "a\\", "`a", "a`", "::error::x", "##[error]", "&lt;img&gt;", "<", "a\r\nb", "suggestion", "mermaid",
	"[a]: https://evil.example", "*a* _b_ ~~c~~", "---", "<details>", "mailto:a@b.c", "[x", "](y)",
}

// evil is an input in which the text stands wherever a repository can put one.
func evil(text string) github.Input {
	source := "{\n  \"a\": 1,\n  \"b\": 2\n}\n"
	f := lint.Finding{Rule: "KMS001", Name: text, Level: lint.Error, Key: text, Sid: text, File: "k.json", Message: "a " + text + " b; " + text, Certainty: lint.Depends,
		When: map[string]string{text: text}, Fingerprint: text, Also: []string{text},
		Range:    lint.Range{Start: syntax.Position{Offset: 4, Line: 2, Column: 3}, End: syntax.Position{Offset: 11, Line: 2, Column: 10}},
		Witness:  &lint.Witness{Principal: text, Account: text, Action: text, Context: map[string][]string{text: {text}}, Access: text},
		Affected: []lint.Affected{{File: text, LogicalID: text, Principal: text, Actions: []string{text}}},
		Fix: &lint.Fix{Message: text, Edits: []syntax.Edit{{Start: 9, End: 10, Text: quoted(text)}},
			Proof: lint.Proof{Added: []string{text}, Kept: []string{text, text, text, text}, Lost: []string{text}}},
		Alternatives: []lint.Alternative{{Message: text, Language: text, Text: text}, {Message: text, Language: text, Text: text}}}
	onFile := f
	onFile.Fingerprint, onFile.Fix, onFile.Remedy = "2", nil, &lint.Remedy{Language: text, Text: text, WhyNot: text}
	elsewhere := onFile
	elsewhere.File, elsewhere.Fingerprint = text, "3"
	undecided := onFile
	undecided.Certainty, undecided.Undecided, undecided.Remedy, undecided.Fingerprint = lint.Undecided, &lint.Stopped{Construct: text}, nil, "4"
	note := elsewhere
	note.Level = lint.Note
	gone := github.Comment{ID: 7, Author: "bot", Path: text}
	return github.Input{Findings: []lint.Finding{f, onFile, elsewhere, undecided, note}, Sources: map[string][]byte{"k.json": []byte(source)},
		Files: []github.ChangedFile{{Name: "k.json", Status: "added", Patch: "@@ -0,0 +1,4 @@\n+{\n+  \"a\": 1,\n+  \"b\": 2\n+}", HasPatch: true}},
		Self:  "bot", Head: "0123456789012345678901234567890123456789", Existing: []github.Comment{gone},
		Summary: github.Summary{Keys: []lint.Key{{ID: text, File: text, Kind: text, Source: &lint.Source{File: text}}}, Gained: []github.Access{{text, text, text, text, map[string]string{text: text}}},
			Lost: []github.Access{{text, text, text, text, nil}}, Errors: []lint.Failure{{File: text, Message: text}}, Conclusion: text},
		Options: github.Options{Rules: func(string) (string, string) { return text, text }}}
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

var (
	ownHTML = regexp.MustCompile(`^(</?details>|</?summary>)`)
	spanRun = regexp.MustCompile("`+")
)

// outside returns what of a body is neither in a fence nor in a code span, and checks that fences end.
func outside(t *testing.T, body string) string {
	t.Helper()
	var keep []string
	fence := ""
	for line := range strings.SplitSeq(body, "\n") {
		run := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(run) >= 3 && !strings.Contains(line[len(run):], "`"):
			fence = run
		case fence != "" && strings.HasPrefix(run, fence) && strings.TrimSpace(line[len(run):]) == "":
			fence = ""
		case fence == "":
			keep = append(keep, line)
		}
	}
	if fence != "" {
		t.Errorf("a fence stays open in\n%s", body)
	}
	var out strings.Builder
	for _, line := range keep { // our code spans never cross a line
		for {
			at := spanRun.FindStringIndex(line)
			if at == nil {
				break
			}
			if at[0] > 0 && line[at[0]-1] == '\\' {
				out.WriteString(line[:at[0]+1])
				line = line[at[0]+1:]
				continue
			}
			run := line[at[0]:at[1]]
			end := -1
			for _, e := range spanRun.FindAllStringIndex(line[at[1]:], -1) {
				if e[1]-e[0] == len(run) {
					end = at[1] + e[1]
					break
				}
			}
			out.WriteString(line[:at[0]])
			if end < 0 {
				t.Errorf("a code span stays open in %q", line)
				break
			}
			line = line[end:]
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

var forbidden = map[string]*regexp.Regexp{
	"a mention":   regexp.MustCompile(`@[0-9A-Za-z]`),
	"a reference": regexp.MustCompile(`(^|[^&])#[0-9]|(?i:\bgh-[0-9])`),
	"a link":      regexp.MustCompile(`(^|[^\\])\](\(|\[|:)|://|(?i:\bwww\.)|(?i:\bmailto:)`),
	"an image":    regexp.MustCompile(`(^|[^\\])!\[`),
	"a commit":    regexp.MustCompile(`\b[0-9a-f]{7,64}\b`),
	"an emoji":    regexp.MustCompile(`:smile:`),
	"a heading":   regexp.MustCompile(`(?m)^#+ title`),
}

// inert checks one text that we post.
func inert(t *testing.T, body string) {
	t.Helper()
	text := outside(t, body)
	if i := strings.LastIndex(text, "\n<!-- kmsguard:v1 "); i >= 0 {
		text = text[:i+1] // our marker
	}
	for what, re := range forbidden {
		if m := re.FindString(text); m != "" {
			t.Errorf("%s, %q, in\n%s", what, m, body)
		}
	}
	for rest := text; ; {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			break
		}
		if rest = rest[i:]; !ownHTML.MatchString(rest) {
			t.Errorf("HTML, %q, in\n%s", rest[:min(len(rest), 40)], body)
		}
		rest = rest[1:]
	}
	if n, m := strings.Count(text, "<details>"), strings.Count(text, "</details>"); n != m {
		t.Errorf("%d sections open and %d end in\n%s", n, m, body)
	}
}

func checkInert(t *testing.T, text string) {
	t.Helper()
	in := evil(text)
	p := github.NewPlan(in)
	bodies := []string{p.StepSummary}
	if p.Sticky != nil {
		bodies = append(bodies, p.Sticky.Body)
	}
	if p.Review == nil {
		t.Fatal("no review")
	}
	bodies = append(bodies, p.Review.Body)
	for _, d := range append(p.Review.Comments, p.OnFiles...) {
		bodies = append(bodies, d.Body)
		if d.Fallback != "" {
			bodies = append(bodies, d.Fallback)
		}
		lines, err := githubtest.Suggestion(d.Body)
		if d.Suggestion != (err == nil) {
			t.Errorf("the plan says suggestion: %v, and the body: %v\n%s", d.Suggestion, err, d.Body)
		}
		if d.Suggestion && strings.Join(lines, "\n") != `  "a": `+quoted(text)+"," {
			t.Errorf("the suggestion is %q", lines)
		}
	}
	for _, b := range bodies {
		inert(t, b)
	}
	// What we said of hostile findings is recognised again: nothing is said twice.
	for i, d := range append(p.Review.Comments, p.OnFiles...) {
		in.Existing = append(in.Existing, github.Comment{ID: int64(i + 10), Author: "bot", Body: d.Body, Path: d.Path, StartLine: d.StartLine, Line: d.Line, OnFile: d.Line == 0})
	}
	in.Notes = []github.Comment{{ID: 99, Author: "bot", Body: p.Sticky.Body}}
	if again := github.NewPlan(in); again.Review != nil || len(again.OnFiles)+len(again.Rewrites)+len(again.Closings) > 0 || again.Sticky != nil {
		t.Errorf("the second run says %+v", again)
	}
}

func TestHostileText(t *testing.T) {
	for _, text := range hostile {
		checkInert(t, text)
	}
}

func FuzzHostileText(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 4000 {
			checkInert(t, text)
		}
	})
}
