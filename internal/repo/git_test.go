package repo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// gitIn runs git for a test, with an identity and none of the user's configuration.
func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main", "-c", "core.autocrlf=false"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// history makes a repository with a commit of the files.
func history(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	tree := plant(t, files)
	gitIn(t, tree.Dir(), "init", "-q")
	gitIn(t, tree.Dir(), "add", "-A")
	gitIn(t, tree.Dir(), "commit", "-q", "-m", "first")
	return tree
}

func write(t *testing.T, tree *Tree, name, text string) {
	t.Helper()
	full := filepath.Join(tree.Dir(), name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, tree *Tree, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(tree.Dir(), name)); err != nil {
		t.Fatal(err)
	}
}

func TestRefGivesTheSameCandidatesAsTheTree(t *testing.T) {
	files := map[string]string{
		"a.json": `"kms:Decrypt"`, "b/c/d.yaml": "Type: AWS::KMS::Key", "b/dull.yml": "x", "b/note.txt": "kms", "b0.json": "kms",
		"sub/new\nline.json": "kms", "sub/\xff.json": "kms", "node_modules/x.json": "kms", "empty.json": "", "-dash.json": "kms",
		"large.json": strings.Repeat(" ", 3000) + "AWS::KMS::Key", "larger.json": strings.Repeat(" ", 3000),
	}
	for i := range 200 {
		files[fmt.Sprintf("many/%03d.json", i)] = "kms"
	}
	tree := history(t, files)
	if err := os.Symlink("a.json", filepath.Join(tree.Dir(), "link.json")); err == nil {
		gitIn(t, tree.Dir(), "add", "-A")
		gitIn(t, tree.Dir(), "commit", "-q", "-m", "link")
	}
	ref, err := OpenRef(t.Context(), tree.Dir(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	tree.limits.file, ref.limits.file = 2000, 2000
	for _, paths := range [][]string{nil, {"b"}, {"b/note.txt"}, {"b/**/*.yaml"}, {"nowhere"}, {"b", "a.json", "."}, {"../x"}, {"*.jsn"}} {
		want, wantFailures := tree.Candidates(t.Context(), usual, []string{"**/node_modules/**"}, paths, 2)
		got, failures := ref.Candidates(t.Context(), usual, []string{"**/node_modules/**"}, paths, 2)
		if !slices.Equal(names(got), names(want)) {
			t.Errorf("%q: got %q, want %q", paths, names(got), names(want))
		}
		for i := range min(len(got), len(want)) {
			if string(got[i].Data) != string(want[i].Data) {
				t.Errorf("%q differs", got[i].Path)
			}
		}
		if g, w := messages(failures), strings.ReplaceAll(messages(wantFailures), "no such file or directory", "file does not exist"); g != w {
			t.Errorf("%q: got %swant %s", paths, g, w)
		}
	}
	sub, err := OpenRef(t.Context(), filepath.Join(tree.Dir(), "b"), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := sub.Candidates(t.Context(), usual, nil, nil, 0); !slices.Equal(names(got), []string{"c/d.yaml"}) {
		t.Errorf("in a subfolder: %q", names(got))
	}
}

func TestRefFS(t *testing.T) {
	tree := history(t, map[string]string{"a/b/c.json": "{}", "a/d.yaml": "x: 1", "e.txt": "e"})
	ref, err := OpenRef(t.Context(), tree.Dir(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(ref.FS(), "a/b/c.json", "a/d.yaml", "e.txt"); err != nil {
		t.Error(err)
	}
}

func TestDiff(t *testing.T) {
	long := strings.Repeat("a line of text\n", 50)
	tree := history(t, map[string]string{
		"same.json": "1", "touched.json": "1", "changed.json": "1", "gone.json": "1", "old name.yaml": long, "crlf.json": "a\nb\n", ".gitignore": "ignored.json\n", "sub/x.json": "1",
	})
	base := gitIn(t, tree.Dir(), "rev-parse", "HEAD")
	write(t, tree, "changed.json", "2")
	write(t, tree, "crlf.json", "a\r\nb\r\n")
	write(t, tree, "touched.json", "1")
	if err := os.Chtimes(filepath.Join(tree.Dir(), "touched.json"), day, day); err != nil {
		t.Fatal(err)
	}
	write(t, tree, "new\nline.json", "1")
	write(t, tree, "ignored.json", "1")
	write(t, tree, "staged.json", "something else\n")
	remove(t, tree, "gone.json")
	remove(t, tree, "old name.yaml")
	write(t, tree, "new name.yaml", long+"one more\n")
	gitIn(t, tree.Dir(), "add", "staged.json", "new name.yaml")
	ref, err := OpenRef(t.Context(), tree.Dir(), base)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Diff(t.Context(), ref, tree)
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{Path: "changed.json", Status: "modified"},
		{Path: "gone.json", Status: "removed"},
		{Path: "new\nline.json", Status: "added"},
		{Path: "new name.yaml", Previous: "old name.yaml", Status: "renamed"},
		{Path: "staged.json", Status: "added"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestMergeBase(t *testing.T) {
	tree := history(t, map[string]string{"a": "1"})
	first := gitIn(t, tree.Dir(), "rev-parse", "HEAD")
	gitIn(t, tree.Dir(), "checkout", "-q", "-b", "side")
	gitIn(t, tree.Dir(), "commit", "-q", "--allow-empty", "-m", "side")
	gitIn(t, tree.Dir(), "checkout", "-q", "main")
	gitIn(t, tree.Dir(), "commit", "-q", "--allow-empty", "-m", "main")
	if got, err := MergeBase(t.Context(), tree.Dir(), "side"); got != first || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for _, ref := range []string{"nowhere", "--all", "-x", "", "HEAD:a", "a\x00b"} {
		if got, err := MergeBase(t.Context(), tree.Dir(), ref); err == nil {
			t.Errorf("%q means %q", ref, got)
		}
		if _, err := OpenRef(t.Context(), tree.Dir(), ref); err == nil {
			t.Errorf("%q was opened", ref)
		}
	}
	if _, err := OpenRef(t.Context(), t.TempDir(), "HEAD"); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("outside a repository: %v", err)
	}
}

// A repository cannot make kmsguard run a program.
func TestNothingOfARepositoryIsRun(t *testing.T) {
	files := map[string]string{
		"a.json": "kms", "b.json": "kms b", "c.json": strings.Repeat("kms\n", 50),
		".gitattributes": "* filter=evil diff=evil text eol=crlf\n",
	}
	tree := history(t, files)
	proof := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(t.TempDir(), "evil.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$0 $@\" >> "+proof+"\ncat\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	hooks := t.TempDir()
	for _, h := range []string{"post-index-change", "post-checkout", "fsmonitor-watchman", "query-watchman", "reference-transaction"} {
		os.WriteFile(filepath.Join(hooks, h), []byte("#!/bin/sh\necho hook >> "+proof+"\n"), 0o755)
	}
	included := filepath.Join(t.TempDir(), "included")
	os.WriteFile(included, []byte("[filter \"evil\"]\n\tsmudge = "+script+"\n"), 0o644)
	monitor := filepath.Join(t.TempDir(), "monitor.sh")
	if err := os.WriteFile(monitor, []byte("#!/bin/sh\necho monitor >> "+proof+"\nprintf 'token\\0'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	gitIn(t, tree.Dir(), "config", "core.fsmonitor", monitor)
	gitIn(t, tree.Dir(), "update-index", "--fsmonitor") // from now on git asks it whenever it reads the index
	for _, kv := range [][2]string{
		{"core.hooksPath", hooks}, {"diff.external", script}, {"diff.evil.textconv", script}, {"diff.evil.command", script},
		{"filter.evil.clean", script}, {"filter.evil.required", "true"}, {"FILTER.evil.Process", script}, {"core.pager", script}, {"core.sshCommand", script}, {"include.path", included},
		{"core.askPass", script}, {"credential.helper", "!" + script}, {"remote.origin.url", "ext::" + script}, {"remote.origin.promisor", "true"},
		{"extensions.partialClone", "origin"}, {"core.repositoryFormatVersion", "1"}, {"alias.ls-tree", "!" + script}, {"core.gitProxy", script},
	} {
		gitIn(t, tree.Dir(), "config", kv[0], kv[1])
	}
	os.Remove(proof)
	write(t, tree, "a.json", "kms changed")
	remove(t, tree, "c.json")
	write(t, tree, "moved.json", files["c.json"])
	os.Chtimes(filepath.Join(tree.Dir(), "b.json"), day, day)
	ref, err := OpenRef(t.Context(), tree.Dir(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if got, failures := ref.Candidates(t.Context(), usual, nil, nil, 2); len(got) != 3 || failures != nil {
		t.Errorf("got %q, %v", names(got), failures)
	}
	changes, err := Diff(t.Context(), ref, tree)
	if err != nil {
		t.Fatal(err)
	}
	if len(changes) != 3 {
		t.Errorf("got %q", changes)
	}
	if _, err := MergeBase(t.Context(), tree.Dir(), "HEAD"); err != nil {
		t.Error(err)
	}
	// A blob that a partial clone has not fetched is an error, not a fetch.
	object := gitIn(t, tree.Dir(), "-c", "core.fsmonitor=false", "rev-parse", "HEAD:b.json")
	if err := os.Remove(filepath.Join(tree.Dir(), ".git/objects", object[:2], object[2:])); err != nil {
		t.Fatal(err)
	}
	if _, err := ref.ReadFile("b.json"); err == nil {
		t.Error("a missing object was read")
	}
	if _, failures := ref.Candidates(t.Context(), usual, nil, nil, 2); len(failures) != 1 || !failures[0].Counts {
		t.Errorf("got %v", failures)
	}
	if text, err := os.ReadFile(proof); err == nil {
		t.Errorf("something ran: %s", text)
	}
}

func TestRefIsCancelled(t *testing.T) {
	tree := history(t, map[string]string{"a.json": "kms"})
	ref, err := OpenRef(t.Context(), tree.Dir(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if files, failures := ref.Candidates(ctx, usual, nil, nil, 1); files != nil || len(failures) != 1 {
		t.Errorf("got %v, %v", files, failures)
	}
}

func FuzzRawChanges(f *testing.F) {
	f.Add(":100644 100644 a b M\x00p\x00:100644 100644 a b R090\x00old\x00new\x00")
	f.Fuzz(func(t *testing.T, out string) {
		changes, err := rawChanges(out)
		if err != nil && changes != nil {
			t.Error("both changes and an error")
		}
		for _, c := range changes {
			if c.Status == "" || (c.Status == "renamed") != (c.Previous != "") && c.Status == "renamed" && c.Previous != "" {
				t.Errorf("%+v", c)
			}
		}
	})
}

var day = time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC)
