package github_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

func TestLoadEvent(t *testing.T) {
	const hello = "Codertocat/Hello-World"
	tests := []struct {
		name, file, repo string
		want             github.Event
	}{
		{"pull_request", "pull_request.opened.json", hello,
			github.Event{Number: 2, Head: "ec26c3e57ca3a959ca5aad62de7213c562f8c821", Base: "f95f852bd8fca8fcc58a9a2d6c842781e32a215e", Comments: true}},
		{"pull_request", "pull_request.synchronize.json", hello,
			github.Event{Number: 2, Head: "ec26c3e57ca3a959ca5aad62de7213c562f8c821", Base: "f95f852bd8fca8fcc58a9a2d6c842781e32a215e", Comments: true}},
		{"pull_request_target", "pull_request.opened.fork.json", hello,
			github.Event{Number: 2, Head: "ec26c3e57ca3a959ca5aad62de7213c562f8c821", Base: "f95f852bd8fca8fcc58a9a2d6c842781e32a215e", Comments: true, Fork: true}},
		{"push", "push.json", hello, github.Event{Head: "6113728f27ae82c7b1a177c8d03f9e96e0adf246", Ask: true, Comments: true}},
		{"workflow_run", "workflow_run.completed.json", "octo-org/octo-repo", github.Event{Ask: true, Comments: true}},
		// The payload names a pull request of another repository: it is not believed.
		{"workflow_run", "workflow_run.completed.with-pull-requests.json", "octo-org/octo-repo", github.Event{Ask: true, Comments: true}},
		{"merge_group", "merge_group.checks_requested.json", "octo-org/octo-repo", github.Event{}},
	}
	for _, test := range tests {
		payload, err := os.ReadFile(filepath.Join("testdata/events", test.file))
		if err != nil {
			t.Fatal(err)
		}
		got, err := github.LoadEvent(test.name, payload, test.repo)
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
			continue
		}
		if test.want.Head == "" { // not worth spelling out
			if len(got.Head) != 40 {
				t.Errorf("%s: head %q", test.file, got.Head)
			}
			test.want.Head, test.want.Base = got.Head, got.Base
		}
		test.want.Name, test.want.Repo = test.name, test.repo
		if got != test.want {
			t.Errorf("%s: got %+v\nwant %+v", test.file, got, test.want)
		}
	}
}

func TestLoadEventErrors(t *testing.T) {
	tests := []struct{ name, payload, want string }{
		{"issues", "{}", `event "issues": kmsguard runs on`},
		{"pull_request", "", "GITHUB_EVENT_PATH is missing or empty"},
		{"pull_request", "{", "the payload cannot be read"},
		{"pull_request", "{}", "it names no pull request"},
		{"merge_group", "{}", "the payload names no commit"},
		{"push", `{"after": "x"}`, `"x" is no commit`},
		{"workflow_dispatch", `{"inputs": {"pull-request": "12; rm"}}`, "is not the number of a pull request"},
	}
	for _, test := range tests {
		_, err := github.LoadEvent(test.name, []byte(test.payload), "o/r")
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %s: %v, want %q", test.name, test.payload, err, test.want)
		}
	}
	if e, err := github.LoadEvent("schedule", nil, "o/r"); err != nil || e.Comments {
		t.Errorf("schedule: %+v, %v", e, err)
	}
	if e, err := github.LoadEvent("workflow_dispatch", []byte(`{"inputs": {"number": "7"}}`), "o/r"); err != nil || e.Number != 7 {
		t.Errorf("workflow_dispatch: %+v, %v", e, err)
	}
	if e, err := github.LoadEvent("workflow_dispatch", []byte(`{"inputs": null}`), "o/r"); err != nil || e.Number != 0 || e.Comments {
		t.Errorf("workflow_dispatch: %+v, %v", e, err)
	}
}

func TestNewClientErrors(t *testing.T) {
	tests := map[string]github.Config{
		"no token":                      {Repo: "o/r"},
		"want owner/name":               {Token: "t", Repo: "o"},
		"not the address of a server":   {Token: "t", Repo: "o/r", API: "file:///etc/passwd"},
		"the token is not sent without": {Token: "t", Repo: "o/r", API: "http://api.github.com"},
		"the token goes to one host":    {Token: "t", Repo: "o/r", API: "https://api.github.com", GraphQL: "https://other.example/graphql"},
	}
	for want, config := range tests {
		if _, err := github.NewClient(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Each event finds its pull request, its commits and what changed, or says that there is none.
func TestLoad(t *testing.T) {
	w := newWorld(t, githubtest.Tree{"a.json": "{}\n"}, githubtest.Tree{"a.json": "{}\n", "key.json": policy}, githubtest.Options{})
	head, _ := w.server.Head(w.number)
	ctx := context.Background()
	load := func(e github.Event) (github.Event, *github.Changes) {
		t.Helper()
		e.Repo = w.server.Repository()
		changes, err := w.client.Load(ctx, &e)
		if err != nil {
			t.Fatal(err)
		}
		return e, changes
	}
	files := func(c *github.Changes) string {
		var out []string
		if c != nil {
			for _, f := range c.Files {
				out = append(out, f.Status+" "+f.Name)
			}
		}
		return strings.Join(out, ", ")
	}
	e, c := load(github.Event{Name: "workflow_run", Head: head, Ask: true, Comments: true})
	if e.Number != w.number || !e.Comments || files(c) != "added key.json" {
		t.Errorf("workflow_run: %+v, %s", e, files(c))
	}
	base := c.Base
	fork := w.server.Commit(githubtest.Tree{"a.json": "{}\n", "fork.json": policy}, base)
	number := w.server.Pull(base, fork, "stranger/keys")
	if e, c = load(github.Event{Name: "workflow_run", Head: fork, Ask: true, Comments: true}); e.Number != number || !e.Fork || files(c) != "added fork.json" {
		t.Errorf("workflow_run of a fork: %+v, %s", e, files(c))
	}
	if e, c = load(github.Event{Name: "workflow_dispatch", Number: w.number, Comments: true}); e.Head != head || files(c) != "added key.json" {
		t.Errorf("workflow_dispatch: %+v, %s", e, files(c))
	}
	if e, c = load(github.Event{Name: "merge_group", Head: head, Base: base}); e.Number != 0 || e.Comments || files(c) != "added key.json" {
		t.Errorf("merge_group: %+v, %s", e, files(c))
	}
	if e, c = load(github.Event{Name: "schedule"}); c != nil || e.Comments {
		t.Errorf("schedule: %+v, %v", e, c)
	}
	gone, err := github.LoadEvent("push", []byte(`{"deleted": true, "before": "`+head+`", "after": "0000000000000000000000000000000000000000"}`), "o/r")
	if err != nil {
		t.Fatal(err)
	}
	if e, c = load(gone); c != nil || e.Comments || !e.Closed {
		t.Errorf("push that deletes the branch: %+v, %v", e, c)
	}
	alone := w.server.Commit(githubtest.Tree{"b.json": policy}, base)
	if e, c = load(github.Event{Name: "push", Head: alone, Base: base, Ask: true, Comments: true}); e.Number != 0 || e.Comments || files(c) != "removed a.json, added b.json" {
		t.Errorf("push without a pull request: %+v, %s", e, files(c))
	}
	next := w.server.Push(w.number, githubtest.Tree{"a.json": "{}\n", "key.json": policy, "more.json": "{}\n"})
	if e, c = load(github.Event{Name: "push", Head: next, Base: head, Ask: true, Comments: true}); e.Number != w.number || !e.Comments || files(c) != "added more.json" {
		t.Errorf("push with a pull request: %+v, %s", e, files(c))
	}
	if e, c = load(github.Event{Name: "pull_request", Number: w.number, Head: head, Base: base, Comments: true}); e.Comments || files(c) != "added key.json" || len(c.Log) != 1 {
		t.Errorf("pull_request that moved on: %+v, %s", e, files(c))
	}
}

// The payload that the stand-in makes is one that LoadEvent reads.
func TestStandInEvent(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{})
	e, err := github.LoadEvent("pull_request", w.server.Event(w.number, "opened"), w.server.Repository())
	head, _ := w.server.Head(w.number)
	if err != nil || e.Number != w.number || e.Head != head || e.Fork || !e.Comments {
		t.Errorf("got %+v, %v", e, err)
	}
}
