package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

const eventsConfiguration = `version: 1
account: "111122223333"
administrators: ["arn:aws:iam::111122223333:role/KMSAdminRole"]
`

const eventsPolicy = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Enable IAM User Permissions",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
      "Action": "kms:*",
      "Resource": "*"
    }
  ]
}
`

// happening is an event on a repository whose pull request adds a key that IAM decides about.
type happening struct {
	name     string
	fork     string // the repository of the head, where that is another one
	comments bool   // a pull request is found, and may be written on
	payload  func(w *eventWorld) any
}

var happenings = []happening{
	{name: "pull_request", comments: true, payload: func(w *eventWorld) any { return json.RawMessage(w.server.Event(w.number, "opened")) }},
	{name: "pull_request_target", fork: "stranger/keys", comments: true, payload: func(w *eventWorld) any { return json.RawMessage(w.server.Event(w.number, "opened")) }},
	{name: "merge_group", payload: func(w *eventWorld) any { return json.RawMessage(w.server.MergeGroup(w.head, w.base)) }},
	{name: "push", comments: true, payload: func(w *eventWorld) any {
		return map[string]any{"ref": "refs/heads/topic", "before": w.base, "after": w.head}
	}},
	{name: "workflow_run", comments: true, payload: func(w *eventWorld) any {
		return map[string]any{"workflow_run": map[string]any{"head_sha": w.head, "head_repository": map[string]any{"full_name": w.server.Repository()}}}
	}},
	{name: "workflow_dispatch", comments: true, payload: func(w *eventWorld) any {
		return map[string]any{"inputs": map[string]any{"number": fmt.Sprint(w.number)}}
	}},
	{name: "schedule", payload: func(*eventWorld) any { return map[string]any{} }},
}

// weather is a state in which GitHub may be.
type weather struct {
	name    string
	options githubtest.Options
	begin   func(w *eventWorld)
	// posted is how many comments stand afterwards on events that may write, and logged what the log says of it.
	posted int
	logged string
	// other tells that the comment is another one than in fair weather.
	other bool
}

var weathers = []weather{
	{name: "fair", posted: 1},
	{name: "read-only", options: githubtest.Options{ReadOnly: true}, logged: "the token may not do it"},
	{name: "primary limit", posted: 1, logged: "GitHub's rate limit: waiting", begin: func(w *eventWorld) {
		f := githubtest.PrimaryLimit(http.StatusForbidden, 1, w.now.Add(90*time.Second))
		f.Method, f.Path = "POST", "/reviews"
		w.server.Break(f)
	}},
	{name: "primary limit for hours", logged: "not waited for", begin: func(w *eventWorld) {
		f := githubtest.PrimaryLimit(http.StatusForbidden, 0, w.now.Add(3*time.Hour))
		f.Method = "POST"
		w.server.Break(f)
	}},
	{name: "secondary limit", posted: 1, logged: "GitHub's rate limit: waiting", begin: func(w *eventWorld) {
		f := githubtest.SecondaryLimit(http.StatusTooManyRequests, 1, 20)
		f.Method, f.Path = "POST", "/reviews"
		w.server.Break(f)
	}},
	{name: "fails before the effect", posted: 1, logged: "got no answer: looking whether it is there", begin: func(w *eventWorld) {
		w.server.Break(githubtest.Fault{Method: "POST", Path: "/reviews", Status: 502, Times: 1})
	}},
	{name: "fails after the effect", posted: 1, logged: "got no answer: looking whether it is there", begin: func(w *eventWorld) {
		w.server.Break(githubtest.Fault{Method: "POST", Path: "/reviews", Times: 1, After: true})
	}},
	{name: "no patch", options: githubtest.Options{PatchLines: 5}, posted: 1, logged: "GitHub shows no diff of the file", other: true},
	{name: "moved head", logged: "the pull request moved on to", begin: func(w *eventWorld) {
		var once sync.Once
		w.server.Before(func(_, path string) {
			if strings.HasSuffix(path, fmt.Sprintf("/pulls/%d/comments", w.number)) { // what is there already: the plan is next
				once.Do(func() { w.server.Push(w.number, githubtest.Tree{"other.txt": "x\n"}) })
			}
		})
	}},
	{name: "slow", posted: 1, begin: func(w *eventWorld) {
		w.server.Break(githubtest.Fault{Method: "POST", Path: "/reviews", Status: 504, Times: 1, After: true, Delay: 50 * time.Millisecond})
	}, logged: "got no answer: looking whether it is there"},
}

// eventWorld is one cell of the table.
type eventWorld struct {
	server     *githubtest.Server
	base, head string
	number     int
	now        time.Time
}

// newEventWorld opens the pull request. with are the files of its head.
func newEventWorld(t *testing.T, o githubtest.Options, fork string) (w *eventWorld, with githubtest.Tree) {
	o.Fail = t.Errorf
	w = &eventWorld{server: githubtest.New(o), now: time.Now()}
	t.Cleanup(w.server.Close)
	with = githubtest.Tree{".github/kmsguard.yml": eventsConfiguration}
	w.base = w.server.Commit(with)
	with["policies/data.json"] = eventsPolicy
	w.head = w.server.Commit(with, w.base)
	w.number = w.server.Pull(w.base, w.head, fork)
	return w, with
}

// told is what one run of the step leaves behind.
type told struct {
	status             int
	log, summary, outs string
}

// step runs the action on the event, with a clock that waits for nothing. The workspace has what is checked out.
func (w *eventWorld) step(t *testing.T, h happening, files map[string]string) told {
	t.Helper()
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	payload, err := json.Marshal(h.payload(w))
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"GITHUB_EVENT_NAME": h.name, "GITHUB_EVENT_PATH": file("event.json", payload), "GITHUB_REPOSITORY": w.server.Repository(),
		"GITHUB_API_URL": w.server.URL(), "GITHUB_GRAPHQL_URL": w.server.URL() + "/graphql", "GITHUB_OUTPUT": file("outputs", nil),
		"GITHUB_STEP_SUMMARY": file("summary", nil), "GITHUB_WORKSPACE": filepath.Dir(file("workspace/README.md", nil)), "INPUT_TOKEN": w.server.Token()}
	for name, text := range files {
		file("workspace/"+name, []byte(text))
	}
	var out bytes.Buffer
	a := &action{Streams: Streams{Out: &out, Err: &out}, env: func(name string) string { return env[name] },
		now:   func() time.Time { return w.now },
		sleep: func(_ context.Context, d time.Duration) error { w.now = w.now.Add(d); return nil }}
	var status exit
	if err := a.run(context.Background()); err != nil && !errors.As(err, &status) {
		t.Fatalf("%v; log:\n%s", err, out.String())
	}
	got := told{status: int(status), log: out.String()}
	for name, to := range map[string]*string{"GITHUB_STEP_SUMMARY": &got.summary, "GITHUB_OUTPUT": &got.outs} {
		data, err := os.ReadFile(env[name])
		if err != nil {
			t.Fatal(err)
		}
		*to = marks.ReplaceAllString(string(data), "mark")
	}
	return got
}

// marks are the delimiters that each run makes anew.
var marks = regexp.MustCompile(`kmsguard-[A-Z2-7]{20,}`)

func (w *eventWorld) bodies() (all []string) {
	for _, c := range w.server.Comments(w.number) {
		all = append(all, c.Path+"\n"+c.Body)
	}
	return all
}

// Every event in every state of GitHub: the exit status, the outputs and the step summary are those of fair weather, and what
// is posted is there once or, where nothing can be, in the annotations.
func TestEventsInAllWeathers(t *testing.T) {
	for _, h := range happenings {
		var fair told
		var comments []string
		for _, c := range weathers {
			t.Run(h.name+"/"+c.name, func(t *testing.T) {
				w, with := newEventWorld(t, c.options, h.fork)
				if c.begin != nil {
					c.begin(w)
				}
				got := w.step(t, h, with)
				if got.status != 1 {
					t.Fatalf("status %d, want 1; log:\n%s", got.status, got.log)
				}
				posted, summaries := w.bodies(), len(w.server.Conversation(w.number))
				if c.name == "fair" {
					fair, comments = got, posted
				}
				want := 0
				if h.comments {
					want = c.posted
				}
				if len(posted) != want || summaries != want {
					t.Errorf("%d comments and %d summaries, want %d of each; log:\n%s", len(posted), summaries, want, got.log)
				}
				if annotated := strings.Contains(got.log, "::error file=policies/data.json,"); annotated != (want == 0) {
					t.Errorf("the finding is annotated: %v, though %d comments are there; log:\n%s", annotated, want, got.log)
				}
				if want > 0 && !c.other && !slices.Equal(posted, comments) {
					t.Errorf("the comments are\n%s\nwant those of fair weather\n%s", posted, comments)
				}
				if h.comments && !strings.Contains(got.log, c.logged) {
					t.Errorf("the log does not say %q:\n%s", c.logged, got.log)
				}
				if !c.other && got.summary != fair.summary || got.outs != fair.outs || !strings.Contains(got.summary, "aws:PrincipalType") {
					t.Errorf("summary and outputs are\n%s\n%s\nwant those of fair weather\n%s\n%s", got.summary, got.outs, fair.summary, fair.outs)
				}
				if !h.comments && w.server.Writes() != 0 {
					t.Errorf("wrote %d times to GitHub", w.server.Writes())
				}

				// Once it is fair again, another run leaves everything there once.
				w.server.Mend()
				if again := w.step(t, h, with); c.name != "moved head" && again.status != 1 {
					t.Errorf("status %d of the second run, want 1; log:\n%s", again.status, again.log)
				}
				want = min(want, 1)
				if h.comments && c.name != "read-only" && c.name != "moved head" {
					want = 1
				}
				if n := len(w.server.Comments(w.number)); n != want {
					t.Errorf("%d comments after the second run, want %d", n, want)
				}
			})
		}
	}
}

// A mended finding whose thread the token may not resolve is hidden instead, on every event that may write.
func TestEventsWhereThreadsCannotBeResolved(t *testing.T) {
	for _, h := range happenings {
		if !h.comments || h.fork != "" {
			continue
		}
		t.Run(h.name, func(t *testing.T) {
			w, with := newEventWorld(t, githubtest.Options{}, "")
			w.step(t, h, with)
			first := w.server.Comments(w.number)
			if len(first) != 1 {
				t.Fatalf("%d comments, want 1", len(first))
			}
			with["policies/data.json"] = strings.Replace(eventsPolicy, `"Resource": "*"`, `"Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}}`, 1)
			with["policies/data.json"] = strings.Replace(with["policies/data.json"], "    }\n  ]", `    },
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/KMSAdminRole"}, "Action": ["kms:Put*", "kms:Get*", "kms:Describe*"], "Resource": "*"}
  ]`, 1)
			w.head = w.server.Push(w.number, with)
			got := w.step(t, h, with)
			c := w.server.Comments(w.number)
			if got.status != 0 || len(c) != 1 || c[0].Minimized == "" {
				t.Errorf("status %d, want 0; comments %+v, want one that is hidden; log:\n%s", got.status, c, got.log)
			}
		})
	}
}
