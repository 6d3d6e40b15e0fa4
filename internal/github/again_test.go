package github_test

import (
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
	"github.com/kmsguard/kmsguard/internal/lint"
)

func none(githubtest.Tree) []lint.Finding { return nil }

// A clean first run says nothing at all.
func TestCleanFirstRun(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
	w.find = none
	w.run()
	if n := w.server.Writes(); n != 0 {
		t.Errorf("wrote %d times", n)
	}
}

// A push that moves the lines but does not change them leaves the comment alone: GitHub moves it along.
func TestPushThatMovesLines(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
	w.run()
	w.server.Push(w.number, githubtest.Tree{"key.json": "\n\n\n" + policy})
	before := w.server.Writes()
	w.run()
	w.posted(1, 1)
	if n := w.server.Writes() - before; n != 0 {
		t.Errorf("wrote %d times\n%s", n, strings.Join(w.log, "\n"))
	}
	if err := w.server.Press(w.server.Comments(w.number)[0].ID); err != nil {
		t.Error(err)
	}
}

// A push or a force-push that changes the lines outdates the comment: a new one is made, and the old one is hidden.
func TestPushThatChangesLines(t *testing.T) {
	changed := strings.Replace(policy, `"kms:*"`, `["kms:*", "kms:Decrypt"]`, 1)
	for name, push := range map[string]func(*githubtest.Server, int, githubtest.Tree) string{
		"push": (*githubtest.Server).Push, "force-push": (*githubtest.Server).ForcePush} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
			w.run()
			push(w.server, w.number, githubtest.Tree{"key.json": changed})
			w.run()
			w.run()
			w.posted(2, 2)
			c := w.server.Comments(w.number)
			if c[0].Minimized != "OUTDATED" || !strings.Contains(c[0].Body, "a newer comment says what stands") || c[1].Minimized != "" {
				t.Errorf("the comments are %+v", c)
			}
		})
	}
}

// With contents: write, threads of what is fixed are resolved.
func TestFixedThreadsAreResolved(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{ContentsWrite: true})
	w.run()
	w.find = none
	w.run()
	w.run()
	c := w.server.Comments(w.number)
	if len(c) != 1 || !c[0].Resolved || c[0].Minimized != "" {
		t.Errorf("the comment is %+v", c)
	}
	if n := w.server.Conversation(w.number); !strings.Contains(n[0].Body, "nothing found") {
		t.Errorf("the summary is %s", n[0].Body)
	}
}

// A comment that people answered is never hidden or deleted; its text says what became of the finding.
func TestRepliesAreKept(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
	w.run()
	w.server.Reply(w.server.Comments(w.number)[0].ID, "alice", "are you sure?")
	w.find = none
	w.run()
	w.run()
	c := w.server.Comments(w.number)
	if len(c) != 2 || c[0].Minimized != "" || !strings.Contains(c[0].Body, "no longer stands") || c[1].Body != "are you sure?" {
		t.Errorf("the comments are %+v", c)
	}
}

// A person who resolves a thread has decided: nothing is said again, on this or a changed line, but it is counted.
func TestResolvedByAPerson(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
	w.run()
	w.server.Resolve(w.server.Comments(w.number)[0].ID, "alice")
	p, _ := w.run()
	w.posted(1, 1)
	if len(p.Declined) != 1 {
		t.Errorf("%d findings are declined, want 1", len(p.Declined))
	}
	w.logged("a person closed the comment")
	if n := w.server.Conversation(w.number); !strings.Contains(n[0].Body, "Closed by a person, and still there") {
		t.Errorf("the summary is %s", n[0].Body)
	}
	w.server.Push(w.number, githubtest.Tree{"key.json": strings.Replace(policy, `"kms:*"`, `["kms:*"]`, 1)})
	w.run()
	w.posted(1, 1)
	// Fixed and broken again is something new.
	find := w.find
	w.find = none
	w.run()
	w.find = find
	w.run()
	w.posted(2, 2)
}

// A marker counts only from our own author and over the text that it was made for.
func TestForgedMarkers(t *testing.T) {
	real := func() string {
		w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
		w.run()
		return w.server.Comments(w.number)[0].Body
	}()
	t.Run("by another author", func(t *testing.T) {
		for _, login := range []string{"mallory", "github-actions", "other[bot]"} {
			w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
			w.server.Forge(w.number, login, "key.json", 5, real)
			w.run()
			w.posted(2, 1)
		}
	})
	t.Run("in a reply of ours", func(t *testing.T) {
		w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
		root := w.server.Forge(w.number, "mallory", "key.json", 5, "hello")
		w.server.Reply(root, "github-actions[bot]", real)
		w.run()
		w.posted(3, 1)
	})
	t.Run("over another text", func(t *testing.T) {
		w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
		w.run()
		id := w.server.Comments(w.number)[0].ID
		w.server.Rewrite(id, strings.Replace(real, "Any role", "No role", 1))
		w.run()
		w.posted(2, 2)
	})
	t.Run("not on the last line", func(t *testing.T) {
		w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
		w.run()
		w.server.Rewrite(w.server.Comments(w.number)[0].ID, real+"\n\nand more")
		w.run()
		w.posted(2, 2)
	})
	t.Run("saved by a browser", func(t *testing.T) {
		w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
		w.run()
		w.server.Rewrite(w.server.Comments(w.number)[0].ID, strings.ReplaceAll(real, "\n", "\r\n")+"\r\n")
		w.run()
		w.posted(1, 1)
	})
	t.Run("summary of another author", func(t *testing.T) {
		w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
		w.run()
		body := w.server.Conversation(w.number)[0].Body
		w = newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
		w.server.Say(w.number, "mallory", body)
		w.run()
		if n := len(w.server.Conversation(w.number)); n != 2 {
			t.Errorf("there are %d comments, want 2", n)
		}
	})
}

// The summary is one comment, changed in place.
func TestSummaryIsUpdatedInPlace(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
	w.sum.Gained = []github.Access{{Key: "key.json#", Principal: "arn:aws:iam::111122223333:role/any", Action: "kms:Decrypt", Access: "delegated"}}
	w.sum.Mermaid = "graph LR\n  a --> b\n"
	w.run()
	w.sum.Gained = nil
	w.run()
	n := w.server.Conversation(w.number)
	if len(n) != 1 || strings.Contains(n[0].Body, "Access that this change gives") || !strings.Contains(n[0].Body, "```mermaid\ngraph LR\n") {
		t.Errorf("the conversation is %+v", n)
	}
}

// comment: summary and none.
func TestModes(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
	w.option.Mode = github.ModeNone
	p, _ := w.run()
	if n := w.server.Writes(); n != 0 || len(p.Unplaced) != 1 {
		t.Errorf("wrote %d times and left %d findings to annotate, want 0 and 1", n, len(p.Unplaced))
	}
	w.option.Mode = github.ModeSummary
	w.run()
	w.posted(0, 0)
	if n := w.server.Conversation(w.number); len(n) != 1 || !strings.Contains(n[0].Body, "key.json:4") {
		t.Errorf("the conversation is %+v", n)
	}
}

// Worst first, no more than the limit, and a re-run does not post the next ones.
func TestLimitOfComments(t *testing.T) {
	w := newKey(t, 30, githubtest.Options{})
	inner := w.find
	w.find = func(tree githubtest.Tree) []lint.Finding {
		out := inner(tree)
		for i := range out {
			if out[i].File < "key04" {
				out[i].Level = lint.Warning
			}
		}
		return out
	}
	p, _ := w.run()
	w.run()
	w.posted(25, 1)
	if len(p.Unplaced) != 5 || p.Unplaced[4].Level != lint.Warning {
		t.Errorf("%d findings are left, the last a %s", len(p.Unplaced), p.Unplaced[len(p.Unplaced)-1].Level)
	}
	w.logged("there are 25 comments already")
}

// Notes, suppressed findings, and those that the base has get no comment.
func TestWhatGetsNoComment(t *testing.T) {
	yes, no := true, false
	w := newKey(t, 4, githubtest.Options{})
	inner := w.find
	w.find = func(tree githubtest.Tree) []lint.Finding {
		out := inner(tree)
		for i := range out {
			switch out[i].File {
			case "key00.json":
				out[i].Level = lint.Note
			case "key01.json":
				out[i].Suppressed = &lint.Suppressed{Reason: "partner"}
			case "key02.json":
				out[i].Introduced = &no
			case "key03.json":
				out[i].Introduced = &yes
			}
		}
		return out
	}
	p, _ := w.run()
	w.posted(1, 1)
	if c := w.server.Comments(w.number); c[0].Path != "key03.json" || len(p.Unplaced) != 0 {
		t.Errorf("the comment is on %s, and %d findings are left", c[0].Path, len(p.Unplaced))
	}
	summary := w.server.Conversation(w.number)[0].Body
	for _, want := range []string{"1 error, 1 note", "1 error from before this change, 1 error suppressed"} {
		if !strings.Contains(summary, want) {
			t.Errorf("the summary lacks %q:\n%s", want, summary)
		}
	}
}

// Ours is found among hundreds of others, with the state of its thread: every list is read to its end.
func TestLongLists(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
	for i := range 230 {
		w.server.Forge(w.number, "alice", "key.json", 1, "comment")
		w.server.Say(w.number, "bob", strings.Repeat("x", i))
	}
	w.run()
	comments := w.server.Comments(w.number)
	w.server.Resolve(comments[len(comments)-1].ID, "alice")
	p, _ := w.run()
	w.posted(231, 1)
	if len(p.Declined) != 1 || len(w.server.Conversation(w.number)) != 231 {
		t.Errorf("%d findings are declined, want 1; %d comments, want 231", len(p.Declined), len(w.server.Conversation(w.number)))
	}
}

// With the token of a person, what that person's token said is ours.
func TestTokenOfAPerson(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{Login: "robot"})
	w.run()
	before := w.server.Writes()
	w.run()
	w.posted(1, 1)
	if n := w.server.Writes() - before; n != 0 {
		t.Errorf("the second run wrote %d times", n)
	}
}
