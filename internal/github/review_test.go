package github_test

import (
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

// A pull request adds a key: one review with one suggestion; pressing the button closes the door, and the next run
// marks the comment as settled.
func TestReviewOfANewKey(t *testing.T) {
	w := newWorld(t, githubtest.Tree{"README.md": "keys\n"}, githubtest.Tree{"README.md": "keys\n", "key.json": policy}, githubtest.Options{})
	_, o := w.run()
	if o.Posted != 1 || len(w.server.Reviews(w.number)) != 1 {
		t.Fatalf("posted %d comments in %d reviews, want 1 in 1\n%s", o.Posted, len(w.server.Reviews(w.number)), strings.Join(w.log, "\n"))
	}
	comments := w.server.Comments(w.number)
	if c := comments[0]; c.Path != "key.json" || c.StartLine != 5 || c.Line != 9 {
		t.Errorf("the comment is on %s:%d-%d, want key.json:5-9", c.Path, c.StartLine, c.Line)
	}
	t.Log(comments[0].Body)
	t.Log(w.server.Conversation(w.number)[0].Body)
	if err := w.server.Press(comments[0].ID); err != nil {
		t.Fatal(err)
	}
	_, tree := w.server.Head(w.number)
	want := strings.Replace(policy, "Enable IAM User Permissions", "EnableRootAccessAndPreventPermissionDelegation", 1)
	want = strings.Replace(want, `"kms:*",
      "Resource": "*"`, `"kms:*",
      "Resource": "*",
      "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}}`, 1)
	if tree["key.json"] != want {
		t.Errorf("after the button the file is\n%s\nwant\n%s", tree["key.json"], want)
	}
	w.run()
	after := w.server.Comments(w.number)
	if len(after) != 1 || !strings.Contains(after[0].Body, "no longer stands") || after[0].Minimized != "RESOLVED" {
		t.Errorf("after the fix the comment is %+v", after)
	}
	if got := w.server.Conversation(w.number); len(got) != 1 || !strings.Contains(got[0].Body, "nothing found") {
		t.Errorf("after the fix the conversation is %+v", got)
	}
}

// A second run on the same head changes nothing.
func TestSecondRunIsSilent(t *testing.T) {
	w := newWorld(t, githubtest.Tree{}, githubtest.Tree{"key.json": policy}, githubtest.Options{})
	w.run()
	before := w.server.Writes()
	w.run()
	if n := w.server.Writes() - before; n != 0 {
		t.Errorf("the second run wrote %d times:\n%s", n, strings.Join(w.server.Requests(), "\n"))
	}
	w.logged("nothing new to say")
}
