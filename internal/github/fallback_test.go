package github_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

// newKey is a pull request that adds n files with a key each.
func newKey(t *testing.T, n int, o githubtest.Options) *world {
	t.Helper()
	head := githubtest.Tree{"README.md": "keys\n"}
	for i := range n {
		head[fmt.Sprintf("key%02d.json", i)] = policy
	}
	return newWorld(t, githubtest.Tree{"README.md": "keys\n"}, head, o)
}

func (w *world) posted(comments, reviews int) {
	w.Helper()
	if n := len(w.server.Comments(w.number)); n != comments {
		w.Errorf("there are %d comments, want %d\n%s", n, comments, strings.Join(w.log, "\n"))
	}
	if n := len(w.server.Reviews(w.number)); n != reviews {
		w.Errorf("there are %d reviews, want %d\n%s", n, reviews, strings.Join(w.log, "\n"))
	}
}

// A fork's or Dependabot's token may only read: every finding is handed back for annotations, and the step summary
// holds the hardened statement.
func TestReadOnlyToken(t *testing.T) {
	w := newKey(t, 2, githubtest.Options{ReadOnly: true})
	p, o := w.run()
	w.posted(0, 0)
	if len(o.Unposted) != 2 {
		t.Errorf("handed back %d findings, want 2", len(o.Unposted))
	}
	if !strings.Contains(p.StepSummary, `"aws:PrincipalType": "Account"`) {
		t.Errorf("the step summary lacks the hardened statement:\n%s", p.StepSummary)
	}
	w.logged("the token may not do it (pull requests from forks and of Dependabot get a read-only token")
	w.logged("the summary is in the step summary only")
	if n := w.server.Writes(); n != 1 {
		t.Errorf("tried to write %d times, want once", n)
	}
}

// GitHub refuses a whole review for one bad comment and does not say which: the good ones are posted, and the bad one
// becomes a comment on its file, without a button.
func TestRefusedReviewIsNarrowedDown(t *testing.T) {
	for bad := range 5 {
		w := newKey(t, 5, githubtest.Options{})
		p := w.plan()
		p.Review.Comments[bad].Line, p.Review.Comments[bad].StartLine = 999, 0
		o := w.client.Execute(context.Background(), w.number, p)
		w.log = append(w.log, o.Log...)
		if len(o.Unposted) != 0 || o.Posted != 5 {
			t.Errorf("bad comment %d: posted %d, handed back %d", bad, o.Posted, len(o.Unposted))
		}
		w.logged("Pull request review thread line must be part of the diff")
		w.logged("trying a comment on the file")
		var onFile []githubtest.Comment
		for _, c := range w.server.Comments(w.number) {
			if c.Subject == "file" {
				onFile = append(onFile, c)
			}
		}
		if len(onFile) != 1 || onFile[0].Path != p.Review.Comments[bad].Path || strings.Contains(onFile[0].Body, "```suggestion") {
			t.Errorf("bad comment %d: comments on files are %+v", bad, onFile)
		}
	}
}

// All kinds of limit are waited for, and the review is posted once.
func TestLimitsAreWaitedFor(t *testing.T) {
	soon := time.Now().Add(90 * time.Second)
	tests := map[string]struct {
		fault githubtest.Fault
		want  time.Duration
	}{
		"secondary 403 with Retry-After":    {githubtest.SecondaryLimit(http.StatusForbidden, 1, 20), 20 * time.Second},
		"secondary 429 with Retry-After":    {githubtest.SecondaryLimit(http.StatusTooManyRequests, 1, 20), 20 * time.Second},
		"secondary 403 without Retry-After": {githubtest.SecondaryLimit(http.StatusForbidden, 1, -1), time.Minute},
		"secondary, twice":                  {githubtest.SecondaryLimit(http.StatusTooManyRequests, 2, -1), 3 * time.Minute},
		"primary 403":                       {githubtest.PrimaryLimit(http.StatusForbidden, 1, soon), 90 * time.Second},
		"primary 429":                       {githubtest.PrimaryLimit(http.StatusTooManyRequests, 1, soon), 90 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newKey(t, 1, githubtest.Options{})
			test.fault.Method, test.fault.Path = "POST", "/reviews"
			w.server.Break(test.fault)
			w.run()
			w.posted(1, 1)
			w.logged("GitHub's rate limit: waiting")
			var total time.Duration
			for _, d := range w.waits {
				total += d
			}
			if total < test.want-2*time.Second || total > test.want+2*time.Second {
				t.Errorf("waited %s, want %s", total, test.want)
			}
		})
	}
}

// A limit that outlasts the time to wait: the findings are handed back, and nothing more is sent.
func TestLimitBeyondBudget(t *testing.T) {
	w := newKey(t, 3, githubtest.Options{})
	f := githubtest.PrimaryLimit(http.StatusForbidden, 0, time.Now().Add(time.Hour))
	f.Method = "POST"
	w.server.Break(f)
	_, o := w.run()
	if len(o.Unposted) != 3 {
		t.Errorf("handed back %d findings, want 3", len(o.Unposted))
	}
	w.logged("not waited for")
	w.logged("GitHub's rate limit is used up")
	if n := w.server.Writes(); n != 1 {
		t.Errorf("went on after the limit: %d writes", n)
	}
	if len(w.waits) != 0 {
		t.Errorf("waited %v", w.waits)
	}
}

// A create whose answer is lost is never repeated blindly: whether it took effect or not, the comments are there once.
func TestLostAnswers(t *testing.T) {
	tests := map[string]githubtest.Fault{
		"500 before the effect":        {Status: 500, Times: 1},
		"500 after the effect":         {Status: 500, Times: 1, After: true},
		"502 after the effect":         {Status: 502, Times: 1, After: true},
		"cut before the effect":        {Times: 1},
		"cut after the effect":         {Times: 1, After: true},
		"twice, after the effect":      {Status: 500, Times: 2, After: true},
		"for ever, before the effect":  {Status: 500},
		"first before, then no answer": {Times: 2},
	}
	for name, fault := range tests {
		for _, path := range []string{"/reviews", "/issues/1/comments"} {
			t.Run(name+path, func(t *testing.T) {
				w := newKey(t, 2, githubtest.Options{})
				fault.Method, fault.Path = "POST", path
				w.server.Break(fault)
				_, o := w.run()
				w.logged("got no answer: looking whether it is there")
				w.server.Mend()
				w.run()
				w.run()
				w.posted(2, 1)
				if n := len(w.server.Conversation(w.number)); n != 1 {
					t.Errorf("there are %d summaries, want 1\n%s", n, strings.Join(w.log, "\n"))
				}
				if path == "/reviews" && fault.Status == 500 && fault.Times == 0 && len(o.Unposted) != 2 {
					t.Errorf("handed back %d findings, want 2", len(o.Unposted))
				}
			})
		}
	}
}

// Reading is tried again.
func TestReadsAreRepeated(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{})
	w.server.Break(githubtest.Fault{Method: "GET", Path: "/files", Status: 502, Times: 2})
	w.server.Break(githubtest.Fault{Method: "GET", Path: "/comments", Times: 3})
	w.server.Break(githubtest.Fault{Method: "QUERY", Path: "/graphql", Status: 500, Times: 1})
	w.run()
	w.posted(1, 1)
	w.logged("answered 502")
	w.logged("gave no answer")
}

// Without the state of threads, comments are still made, and the log says what is not known.
func TestThreadsForbidden(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{})
	w.run()
	w.server.Break(githubtest.Fault{Method: "QUERY", Path: "/graphql", Status: 403, Message: "Resource not accessible by integration"})
	w.run()
	w.posted(1, 1)
	w.logged("the state of review threads could not be read")
}

// GitHub gives no patch for large files: the comment is on the file and shows the hardened statement.
func TestNoPatch(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{PatchLines: 5})
	_, o := w.run()
	comments := w.server.Comments(w.number)
	if o.Posted != 1 || comments[0].Subject != "file" || strings.Contains(comments[0].Body, "```suggestion") || !strings.Contains(comments[0].Body, `"aws:PrincipalType": "Account"`) {
		t.Errorf("the comment is %+v", comments)
	}
	w.logged("GitHub shows no diff of the file")
	before := w.server.Writes()
	w.run()
	if n := w.server.Writes() - before; n != 0 {
		t.Errorf("the second run wrote %d times", n)
	}
}

// Of a large pull request GitHub lists 3,000 files; the rest is found by comparing the trees, so that it counts.
func TestUnlistedFiles(t *testing.T) {
	for _, limit := range []int{0, 3} { // of the tree list, which GitHub cuts too
		w := newKey(t, 7, githubtest.Options{MaxFiles: 2, TreeLimit: limit})
		p, _ := w.run()
		if n := len(w.server.Comments(w.number)); n != 7 {
			t.Errorf("there are %d comments, want 2 on lines and 5 on files", n)
		}
		if len(p.OnFiles) != 5 {
			t.Errorf("%d comments on files, want 5", len(p.OnFiles))
		}
	}
}

// The head moves while the run works: it says nothing about the old head.
func TestMovedHead(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{})
	p := w.plan()
	w.server.Push(w.number, githubtest.Tree{"other.json": policy})
	o := w.client.Execute(context.Background(), w.number, p)
	w.log = append(w.log, o.Log...)
	w.posted(0, 0)
	w.logged("the pull request moved on to")
	if len(o.Unposted) != 1 {
		t.Errorf("handed back %d findings, want 1", len(o.Unposted))
	}
}

func TestClosedPull(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{})
	w.server.ClosePull(w.number)
	w.run()
	w.posted(0, 0)
	w.logged("the pull request is closed")
}

// Two runs that planned at the same time leave one comment for each finding, and one summary.
func TestTwoRunsAtOnce(t *testing.T) {
	// One after the other, with plans of the same moment.
	w := newKey(t, 3, githubtest.Options{})
	first, second := w.plan(), w.plan()
	ctx := context.Background()
	w.client.Execute(ctx, w.number, first)
	o := w.connect().Execute(ctx, w.number, second)
	w.posted(3, 1)
	w.log = o.Log
	w.logged("is there already")

	// The second slips in between the first's last look and its post.
	w = newKey(t, 3, githubtest.Options{})
	first, second = w.plan(), w.plan()
	slipped := false
	w.server.Before(func(method, path string) {
		if method == "POST" && strings.HasSuffix(path, "/reviews") && !slipped {
			slipped = true
			other := w.connect().Execute(ctx, w.number, second)
			w.log = append(w.log, other.Log...)
		}
	})
	o = w.client.Execute(ctx, w.number, first)
	w.log = append(w.log, o.Log...)
	if n := len(w.server.Comments(w.number)); n != 3 {
		t.Errorf("there are %d comments, want 3", n)
	}
	if n := len(w.server.Conversation(w.number)); n != 1 {
		t.Errorf("there are %d summaries, want 1", n)
	}
	w.logged("took the later comment back")
}
