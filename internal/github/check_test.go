package github_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
	"github.com/kmsguard/kmsguard/internal/lint"
)

// A check run takes every finding, 50 at a time.
func TestCheckRun(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{})
	head, tree := w.server.Head(w.number)
	one := w.find(tree)[0]
	for n, want := range map[int]string{0: "0 annotations", 50: "50 annotations", 51: "51 annotations", 120: "120 annotations"} {
		var all []lint.Finding
		for range n {
			all = append(all, one)
		}
		o := w.client.Check(context.Background(), github.Check{Head: head, Failed: n > 0, Title: "t", Summary: strings.Repeat("é\n", 60_000), Findings: all})
		checks := w.server.Checks()
		c := checks[len(checks)-1]
		if c.Annotations != n || (c.Conclusion == "failure") != (n > 0) || !strings.Contains(strings.Join(o.Log, " "), want) {
			t.Errorf("%d findings: %+v, %v", n, c, o.Log)
		}
	}
}

func TestCheckRunWithoutPermission(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{ReadOnly: true})
	head, _ := w.server.Head(w.number)
	w.log = w.client.Check(context.Background(), github.Check{Head: head, Title: "t", Summary: "s"}).Log
	w.logged("the check run could not be made: the token may not do it")
	w.logged("checks: write")
}

// The plan of a work tree is the plan on GitHub.
func TestLocalPlanIsThePlanOnGitHub(t *testing.T) {
	before, after := long(`"old"`, `"old"`), long(`"bad"`, `"old"`)
	w := newWorld(t, githubtest.Tree{"k.json": before}, githubtest.Tree{"k.json": after, "new.json": policy}, githubtest.Options{})
	inner := w.find
	w.find = func(tree githubtest.Tree) []lint.Finding {
		return append(inner(tree), replacing(tree, "k.json", "KMS002", `"bad"`, `"good"`)...)
	}
	remote := w.plan()
	_, tree := w.server.Head(w.number)
	local := github.NewPlan(github.Input{Findings: w.find(tree), Head: remote.Head,
		Sources: map[string][]byte{"k.json": []byte(after), "new.json": []byte(policy)},
		Files:   []github.ChangedFile{github.LocalFile("k.json", "", "modified", []byte(before), []byte(after)), github.LocalFile("new.json", "", "added", nil, []byte(policy))}})
	if local.String() != remote.String() {
		t.Errorf("the local plan is\n%s\nand the one on GitHub\n%s", local, remote)
	}
	for _, want := range []string{"--- comment on k.json, line 8 ---", "--- comment on new.json, lines 5 to 9 ---", "```suggestion", "--- summary ---"} {
		if !strings.Contains(local.String(), want) {
			t.Errorf("the printed plan lacks %q:\n%s", want, local)
		}
	}
	if strings.Contains(local.String(), "<!--") {
		t.Error("the printed plan shows markers")
	}
	if got := (github.Plan{}).String(); got != "nothing is said on the pull request\n" {
		t.Errorf("an empty plan prints %q", got)
	}
}

// Files that the work tree has byte for byte are not fetched; others are, whatever is checked out.
func TestSeed(t *testing.T) {
	w := newKey(t, 3, githubtest.Options{})
	head, _ := w.server.Head(w.number)
	s, err := w.client.Snapshot(context.Background(), head)
	if err != nil {
		t.Fatal(err)
	}
	// The files differ from each other in nothing, so one blob stands for all: make the local ones stale and right.
	local := fstest.MapFS{"key00.json": {Data: []byte("stale")}, "README.md": {Data: []byte("keys\n")}}
	if n := s.Seed(local, func(string) bool { return true }); n != 1 {
		t.Errorf("took %d files, want 1", n)
	}
	before := len(w.server.Requests())
	if body, err := s.ReadFile("README.md"); err != nil || string(body) != "keys\n" || len(w.server.Requests()) != before {
		t.Errorf("README.md: %q, %v", body, err)
	}
	if body, err := s.ReadFile("key00.json"); err != nil || string(body) != policy || len(w.server.Requests()) != before+1 {
		t.Errorf("key00.json: %q, %v", body, err)
	}
}
