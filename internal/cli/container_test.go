package cli_test

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

// TestContainer builds the image and runs the action as a step of the workflows that README.md shows, against the stand-in
// on loopback. It needs the path of a runner of workflows in KMSGUARD_ACTION_RUNNER, called as "RUNNER act EVENT ARGS…" in a
// checkout.
func TestContainer(t *testing.T) {
	runner := os.Getenv("KMSGUARD_ACTION_RUNNER")
	if runner == "" {
		t.Skip("KMSGUARD_ACTION_RUNNER is not set: the container is not run")
	}
	s := githubtest.New(githubtest.Options{Fail: t.Errorf})
	defer s.Close()
	b := s.Commit(githubtest.Tree{".github/kmsguard.yml": configuration})
	open := func(fork string, files githubtest.Tree) int {
		tree := githubtest.Tree{".github/kmsguard.yml": configuration}
		maps.Copy(tree, files)
		return s.Pull(b, s.Commit(tree, b), fork)
	}
	w := &workflows{runner: runner, dir: checkout(t), server: s}

	t.Run("kmsguard", func(t *testing.T) {
		w.story(t, b, open("", githubtest.Tree{"policies/data.json": defaultPolicy}))
	})
	t.Run("kmsguard for forks", func(t *testing.T) {
		number := open("stranger/keys", githubtest.Tree{"policies/data.json": defaultPolicy})
		log := w.run(t, "pull_request_target", s.Event(number, "opened"), false)
		if n := len(s.Comments(number)); n != 1 {
			t.Errorf("the fork's pull request has %d comments, want 1; log:\n%s", n, log)
		}
	})
	t.Run("kmsguard for the CDK", func(t *testing.T) {
		number := open("", githubtest.Tree{"lib/data-stack.ts": read(t, "../../testdata/demo/lib/data-stack.ts")})
		log := w.run(t, "pull_request", s.Event(number, "opened"), false)
		comments := s.Comments(number)
		if len(comments) != 1 || comments[0].Path != "lib/data-stack.ts" || !strings.Contains(comments[0].Body, "```typescript") {
			t.Errorf("want one comment with CDK code on the source, have %+v; log:\n%s", comments, log)
		}
	})
	t.Run("kmsguard audit", func(t *testing.T) {
		log := w.run(t, "schedule", []byte("{}"), true)
		if !strings.Contains(log, "the upload has KMS001 in policies/data.json") {
			t.Errorf("the SARIF file does not reach the upload; log:\n%s", log)
		}
	})
}

// story is a pull request from its opening to the merge queue, under the first workflow of README.md.
func (w *workflows) story(t *testing.T, base string, number int) {
	s := w.server
	judge := func(passes bool) string { return w.run(t, "pull_request", s.Event(number, "synchronize"), passes) }
	queue := func(tree githubtest.Tree, passes bool) {
		before := s.Writes()
		log := w.run(t, "merge_group", s.MergeGroup(s.Commit(tree, base), base), passes)
		if n := s.Writes() - before; n != 0 {
			t.Errorf("the merge queue wrote %d times to GitHub; log:\n%s", n, log)
		}
	}

	log := judge(false)
	comments := s.Comments(number)
	if len(comments) != 1 || !strings.Contains(comments[0].Body, "```suggestion") {
		t.Fatalf("want one suggestion, have %+v; log:\n%s", comments, log)
	}

	// A person answers, the author pushes and force-pushes: nothing is said twice, and the answer stays.
	reply := s.Reply(comments[0].ID, "octocat", "is this needed?")
	weak := githubtest.Tree{".github/kmsguard.yml": configuration, "policies/data.json": defaultPolicy}
	moved := maps.Clone(weak)
	moved["policies/data.json"], moved["notes.txt"] = "\n"+defaultPolicy, "moved\n"
	s.Push(number, moved)
	judge(false)
	s.ForcePush(number, weak)
	judge(false)
	open := openComments(s, number)
	if len(open) != 1 {
		t.Fatalf("%d comments are open after pushes, want one: %+v", len(open), open)
	}
	if !slices.ContainsFunc(s.Comments(number), func(c githubtest.Comment) bool { return c.ID == reply }) {
		t.Error("the reply is lost")
	}

	// A person resolves the thread: it is not said again, and the check and the merge queue fail all the same.
	s.Resolve(open[0].ID, "octocat")
	before := len(s.Comments(number))
	judge(false)
	if n := len(s.Comments(number)); n != before {
		t.Errorf("%d comments after a person resolved the thread, want the %d that were there", n, before)
	}
	queue(weak, false)

	// The button mends it, and the check and the merge queue pass without a word.
	if err := s.Press(open[0].ID); err != nil {
		t.Fatal(err)
	}
	judge(true)
	if n := len(s.Comments(number)); n != before {
		t.Errorf("%d comments after the fix, want the %d that were there", n, before)
	}
	_, mended := s.Head(number)
	queue(mended, true)
}

// openComments are the comments that begin a thread, are not hidden and have a place in the diff.
func openComments(s *githubtest.Server, number int) []githubtest.Comment {
	return slices.DeleteFunc(s.Comments(number), func(c githubtest.Comment) bool { return c.ReplyTo != 0 || c.Minimized != "" || c.Outdated })
}

// workflows runs the workflows of README.md in a checkout of the action.
type workflows struct {
	runner, dir string
	server      *githubtest.Server
}

// run runs the workflow that has the test's name and checks how its job ends.
func (w *workflows) run(t *testing.T, event string, payload []byte, passes bool) string {
	t.Helper()
	name := filepath.Base(t.Name())
	file := ".github/workflows/" + name + ".yml"
	write(t, filepath.Join(w.dir, file), here(t, readmeWorkflow(t, strings.ReplaceAll(name, "_", " "))))
	path := filepath.Join(t.TempDir(), "event.json")
	write(t, path, string(payload))
	s := w.server
	c := exec.Command(w.runner, "act", event, "-W", file, "-e", path, "-s", "GITHUB_TOKEN="+s.Token(),
		"--env", "GITHUB_API_URL="+s.URL(), "--env", "GITHUB_GRAPHQL_URL="+s.URL()+"/graphql", "--env", "GITHUB_REPOSITORY="+s.Repository())
	c.Dir = w.dir
	out, err := c.CombinedOutput()
	if passes != (err == nil) {
		t.Fatalf("the job ended with %v; log:\n%s", err, out)
	}
	return string(out)
}

// here makes a workflow run without a network: the action is the checkout itself, which its job therefore has, and what other
// people's tools do is done by a line of shell.
func here(t *testing.T, workflow string) string {
	t.Helper()
	demo, err := filepath.Abs("../../testdata/demo/cdk.out")
	if err != nil {
		t.Fatal(err)
	}
	for old, stand := range map[string]string{
		"uses: kmsguard/kmsguard@<commit>":                 "uses: ./",
		"uses: github/codeql-action/upload-sarif@<commit>": "uses: ./upload-sarif",
		"run: npm ci && npx cdk synth --quiet":             "run: cp -r '" + demo + "' cdk.out",
	} {
		workflow = strings.ReplaceAll(workflow, old, stand)
	}
	if !strings.Contains(workflow, "uses: actions/checkout@") {
		workflow = strings.Replace(workflow, "    steps:\n", "    steps:\n      - uses: actions/checkout@v5\n", 1)
	}
	return workflow
}

// checkout copies what the action is built from to a new repository.
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
	write(t, filepath.Join(dir, "policies/data.json"), defaultPolicy)
	write(t, filepath.Join(dir, "upload-sarif/action.yml"), `name: upload-sarif
description: tells what it was given
inputs:
  sarif_file:
    description: the file
runs:
  using: composite
  steps:
    - run: grep -q KMS001 '${{ inputs.sarif_file }}' && grep -q policies/data.json '${{ inputs.sarif_file }}' && echo 'the upload has KMS001 in policies/data.json'
      shell: bash
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
