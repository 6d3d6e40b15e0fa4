package cli_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

// TestContainer builds the image and runs the action as a step of a workflow, against the stand-in on loopback. It needs
// the path of a runner of workflows in KMSGUARD_ACTION_RUNNER, called as "RUNNER act EVENT ARGS…" in a checkout.
func TestContainer(t *testing.T) {
	runner := os.Getenv("KMSGUARD_ACTION_RUNNER")
	if runner == "" {
		t.Skip("KMSGUARD_ACTION_RUNNER is not set: the container is not run")
	}
	s := githubtest.New(githubtest.Options{Fail: t.Errorf})
	defer s.Close()
	b := s.Commit(githubtest.Tree{".github/kmsguard.yml": configuration})
	number := s.Pull(b, s.Commit(githubtest.Tree{".github/kmsguard.yml": configuration, "policies/data.json": defaultPolicy}, b), "")

	checkout := checkout(t)
	log := workflow(t, runner, checkout, s, number, false)
	comments := s.Comments(number)
	if len(comments) != 1 || !strings.Contains(comments[0].Body, "```suggestion") {
		t.Fatalf("want one suggestion, have %+v; log:\n%s", comments, log)
	}

	// A person answers, the author pushes and force-pushes: nothing is said twice, and the answer stays.
	reply := s.Reply(comments[0].ID, "octocat", "is this needed?")
	moved := githubtest.Tree{".github/kmsguard.yml": configuration, "policies/data.json": "\n" + defaultPolicy, "notes.txt": "moved\n"}
	s.Push(number, moved)
	workflow(t, runner, checkout, s, number, false)
	s.ForcePush(number, githubtest.Tree{".github/kmsguard.yml": configuration, "policies/data.json": defaultPolicy})
	workflow(t, runner, checkout, s, number, false)
	open := openComments(s, number)
	if len(open) != 1 {
		t.Fatalf("%d comments are open after pushes, want one: %+v", len(open), open)
	}
	if !slices.ContainsFunc(s.Comments(number), func(c githubtest.Comment) bool { return c.ID == reply }) {
		t.Error("the reply is lost")
	}

	// The button mends it, and the check passes without a word.
	if err := s.Press(open[0].ID); err != nil {
		t.Fatal(err)
	}
	before := len(s.Comments(number))
	workflow(t, runner, checkout, s, number, true)
	if n := len(s.Comments(number)); n != before {
		t.Errorf("%d comments after the fix, want the %d that were there", n, before)
	}
}

// openComments are the comments that begin a thread, are not hidden and have a place in the diff.
func openComments(s *githubtest.Server, number int) []githubtest.Comment {
	return slices.DeleteFunc(s.Comments(number), func(c githubtest.Comment) bool { return c.ReplyTo != 0 || c.Minimized != "" || c.Outdated })
}

// checkout copies what the action is built from to a new repository with a workflow that uses it.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"action.yml", "Dockerfile", ".dockerignore", "go.mod", "go.sum", "cmd", "internal"} {
		copyTree(t, filepath.Join(top, name), filepath.Join(dir, name))
	}
	write(t, filepath.Join(dir, ".github/workflows/kmsguard.yml"), `on: pull_request
permissions: {}
jobs:
  kmsguard:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      pull-requests: write
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
      - uses: ./
        with:
          token: ${{ secrets.GITHUB_TOKEN }}
`)
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-qm", "test"}} {
		c := exec.Command("git", args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

// workflow runs the workflow on the pull request and checks how the job ends.
func workflow(t *testing.T, runner, dir string, s *githubtest.Server, number int, passes bool) string {
	t.Helper()
	event := filepath.Join(t.TempDir(), "event.json")
	write(t, event, string(s.Event(number, "synchronize")))
	c := exec.Command(runner, "act", "pull_request", "-e", event, "-s", "GITHUB_TOKEN="+s.Token(),
		"--env", "GITHUB_API_URL="+s.URL(), "--env", "GITHUB_GRAPHQL_URL="+s.URL()+"/graphql", "--env", "GITHUB_REPOSITORY="+s.Repository())
	c.Dir = dir
	out, err := c.CombinedOutput()
	if passes != (err == nil) {
		t.Fatalf("the job ended with %v; log:\n%s", err, out)
	}
	return string(out)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		data, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		write(t, filepath.Join(to, strings.TrimPrefix(path, from)), string(data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
