package github_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

var lastLine = regexp.MustCompile(`\n<!-- kmsguard:v1 (\S+) (\S+) (open|fixed|moved) [0-9a-f]{64} -->$`)

// story is a pull request with everything that happens to one.
type story struct {
	*world
	*rand.Rand
	replies map[int64]string
	told    []string
}

// step does one thing that people or GitHub do.
func (s *story) step() {
	_, tree := s.server.Head(s.number)
	name := fmt.Sprintf("k%d.json", s.IntN(3))
	comments := s.server.Comments(s.number)
	pick := func() *githubtest.Comment {
		if len(comments) == 0 {
			return nil
		}
		return &comments[s.IntN(len(comments))]
	}
	push := (*githubtest.Server).Push
	if s.IntN(4) == 0 {
		push = (*githubtest.Server).ForcePush
	}
	tell := func(format string, args ...any) { s.told = append(s.told, fmt.Sprintf(format, args...)) }
	switch s.IntN(10) {
	case 0: // add or repair the key
		tree[name] = policy
		push(s.server, s.number, tree)
		tell("push the weak key to %s", name)
	case 1:
		delete(tree, name)
		push(s.server, s.number, tree)
		tell("delete %s", name)
	case 2:
		if text, ok := tree[name]; ok {
			tree[name] = "\n" + text
			push(s.server, s.number, tree)
			tell("move the lines of %s", name)
		}
	case 3:
		if text, ok := tree[name]; ok {
			tree[name] = strings.Replace(text, `"kms:*"`, fmt.Sprintf(`["kms:*", "kms:%d"]`, s.IntN(1000)), 1)
			push(s.server, s.number, tree)
			tell("change the lines of %s", name)
		}
	case 4:
		if text, ok := tree[name]; ok {
			tree[name] = strings.Replace(text, "Enable IAM User Permissions", "Closed", 1)
			push(s.server, s.number, tree)
			tell("mend %s", name)
		}
	case 5:
		if c := pick(); c != nil && c.ReplyTo == 0 {
			text := fmt.Sprintf("reply %d", s.IntN(1000))
			s.replies[s.server.Reply(c.ID, "alice", text)] = text
			tell("reply to %d", c.ID)
		}
	case 6:
		if c := pick(); c != nil && c.ReplyTo == 0 {
			s.server.Resolve(c.ID, "alice")
			tell("resolve %d", c.ID)
		}
	case 7:
		if c := pick(); c != nil && c.ReplyTo == 0 {
			err := s.server.Press(c.ID)
			tell("press the button of %d: %v", c.ID, err)
		}
	case 8:
		faults := []githubtest.Fault{{Method: "POST", Status: 500, Times: 1, After: true}, {Method: "POST", Times: 1}, {Method: "PATCH", Status: 403, Times: 2},
			{Method: "MUTATION", Status: 502, Times: 1, After: true}, githubtest.SecondaryLimit(403, 1, 5), {Method: "DELETE", Status: 500, Times: 1}, {Method: "GET", Path: "/comments", Status: 500, Times: 9}}
		f := faults[s.IntN(len(faults))]
		s.server.Break(f)
		s.attempt()
		s.server.Mend()
		tell("a run with the fault %+v", f)
	case 9:
		s.attempt()
		tell("a run")
	}
}

// attempt is a run that may fail at any point.
func (s *story) attempt() {
	ctx := context.Background()
	event := github.Event{Name: "pull_request", Repo: s.server.Repository(), Number: s.number, Comments: true}
	changes, err := s.client.Load(ctx, &event)
	if err != nil {
		return
	}
	_, tree := s.server.Head(s.number)
	sources := map[string][]byte{}
	for name, text := range tree {
		sources[name] = []byte(text)
	}
	review, notes, self, _, err := s.client.Existing(ctx, s.number)
	if err != nil {
		return
	}
	p := github.NewPlan(github.Input{Findings: s.find(tree), Sources: sources, Files: changes.Files, Existing: review, Notes: notes, Self: self, Head: event.Head})
	s.client.Execute(ctx, s.number, p)
}

// check runs once more without faults and looks at the pull request.
func (s *story) check() {
	s.Helper()
	s.client = s.connect() // a new run has a new budget of waiting
	s.run()
	writes := s.server.Writes()
	s.run()
	if n := s.server.Writes() - writes; n != 0 {
		s.Errorf("a second run wrote %d times: %v", n, s.server.Requests()[len(s.server.Requests())-n:])
	}
	_, tree := s.server.Head(s.number)
	stands := map[string]bool{}
	for _, f := range s.find(tree) {
		stands[f.Fingerprint] = true
	}
	live, declined := map[string]int{}, map[string]bool{}
	left := map[int64]string{}
	for _, c := range s.server.Comments(s.number) {
		if c.ReplyTo != 0 {
			left[c.ID] = c.Body
			continue
		}
		m := lastLine.FindStringSubmatch(c.Body)
		switch {
		case m == nil || m[3] != "open":
		case c.ResolvedBy != "":
			declined[m[2]] = true
		case c.Minimized == "":
			live[m[2]]++
			if c.Outdated {
				s.Errorf("comment %d is open and outdated", c.ID)
			}
		}
	}
	for id, text := range s.replies {
		if left[id] != text {
			s.Errorf("the reply %d %q is gone", id, text)
		}
	}
	for f := range stands {
		if live[f] != 1 && !(live[f] == 0 && declined[f]) {
			s.Errorf("%s has %d open comments (declined: %v)", f, live[f], declined[f])
		}
	}
	for f, n := range live {
		if !stands[f] {
			s.Errorf("%s is mended and has %d open comments", f, n)
		}
	}
	if n := len(s.server.Conversation(s.number)); n > 1 {
		s.Errorf("there are %d summaries", n)
	}
	if s.Failed() {
		s.Fatalf("the story:\n%s\nthe log:\n%s", strings.Join(s.told, "\n"), strings.Join(s.log, "\n"))
	}
}

// Whatever people, pushes and failures do to a pull request, after one clean run every finding has one open comment
// unless a person closed it, what is mended has none, replies are there, and another run has nothing to do.
func TestStories(t *testing.T) {
	stories := 20
	if testing.Short() {
		stories = 5
	}
	for seed := range stories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, githubtest.Tree{"README.md": "keys\n"}, githubtest.Tree{"README.md": "keys\n", "k0.json": policy}, githubtest.Options{ContentsWrite: seed%2 == 0})
			s := &story{world: w, Rand: rand.New(rand.NewPCG(uint64(seed), 1)), replies: map[int64]string{}}
			for range 6 {
				for range 1 + s.IntN(4) {
					s.step()
				}
				s.check()
			}
			t.Log(strings.Join(s.told, "\n"))
		})
	}
}

// Many runs at once leave one comment for each finding and one summary.
func TestManyRunsAtOnce(t *testing.T) {
	w := newKey(t, 4, githubtest.Options{})
	var group sync.WaitGroup
	for range 6 {
		c, p := w.connect(), w.plan()
		group.Go(func() { c.Execute(context.Background(), w.number, p) })
	}
	group.Wait()
	if n := len(w.server.Comments(w.number)); n != 4 {
		t.Errorf("there are %d comments, want 4", n)
	}
	if n := len(w.server.Conversation(w.number)); n != 1 {
		t.Errorf("there are %d summaries, want 1", n)
	}
}

// The pull request of a fork under pull_request_target: files come through the API as data, and the review is posted.
func TestForkUnderPullRequestTarget(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{})
	_, tree := w.server.Head(w.number)
	base := w.server.Commit(githubtest.Tree{"README.md": "keys\n"})
	w.number = w.server.Pull(base, w.server.Commit(tree, base), "stranger/keys")
	e, err := github.LoadEvent("pull_request_target", w.server.Event(w.number, "opened"), w.server.Repository())
	if err != nil || !e.Fork || !e.Comments {
		t.Errorf("the event is %+v, %v", e, err)
	}
	w.run()
	w.posted(1, 1)
	for _, r := range w.server.Requests() {
		if !strings.Contains(r, "/repos/octo-org/keys/") && !strings.Contains(r, "/user") && !strings.Contains(r, "/graphql") {
			t.Errorf("a request outside the base repository: %s", r)
		}
	}
}
