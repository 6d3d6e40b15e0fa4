package github_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
	"github.com/kmsguard/kmsguard/internal/lint"
)

// A body is never longer than GitHub takes, and no fence stays open.
func TestLongBodies(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{})
	inner := w.find
	w.find = func(tree githubtest.Tree) []lint.Finding {
		out := inner(tree)
		for i := range out {
			out[i].Message += strings.Repeat(" and `more` things", 9000)
			for range 5000 {
				out[i].Affected = append(out[i].Affected, lint.Affected{File: strings.Repeat("f", 500), LogicalID: "Role", Actions: slices.Repeat([]string{"kms:Decrypt"}, 50)})
			}
			out[i].Fix.Edits[1].Text += "," + strings.Repeat("\n", 70_000)
		}
		return out
	}
	for range 3000 {
		w.sum.Gained = append(w.sum.Gained, github.Access{Key: strings.Repeat("k", 1000), Principal: strings.Repeat("p", 1000), Action: "kms:Decrypt", Access: "direct"})
	}
	w.sum.Mermaid = "graph LR\n" + strings.Repeat("a --> b\n", 6000)
	_, o := w.run()
	if o.Posted != 1 {
		t.Errorf("posted %d\n%s", o.Posted, strings.Join(w.log, "\n"))
	}
	for _, c := range append(w.server.Comments(w.number), w.server.Conversation(w.number)...) {
		if _, err := githubtest.Suggestion(c.Body); err == nil || strings.Contains(err.Error(), "fence") {
			t.Errorf("want no suggestion and no open fence, got %v", err)
		}
	}
}

// The step summary stays below GitHub's limit, above which nothing of it is shown, and says what it leaves out.
func TestStepSummaryIsCut(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{})
	inner := w.find
	w.find = func(tree githubtest.Tree) []lint.Finding {
		one := inner(tree)[0]
		one.Message = strings.Repeat("long words ", 250)
		return slices.Repeat([]lint.Finding{one}, 1500)
	}
	p := w.plan()
	if n := len(p.StepSummary); n > 1<<20 || n < 900_000 {
		t.Errorf("the step summary has %d bytes", n)
	}
	if !strings.Contains(p.StepSummary[len(p.StepSummary)-100:], "findings more: the report has them") {
		t.Errorf("the step summary ends with %q", p.StepSummary[len(p.StepSummary)-100:])
	}
	if len(p.Log) > 101 {
		t.Errorf("the log has %d lines", len(p.Log))
	}
}
