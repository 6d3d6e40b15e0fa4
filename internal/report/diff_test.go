package report

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	var b bytes.Buffer
	if err := Diff(&b, "a b/\"é\".yaml", []byte("one\ntwo\nthree"), []byte("one\n2\nthree\n"), DiffOptions{}); err != nil {
		t.Fatal(err)
	}
	want := "--- \"a/a b/\\\"\\303\\251\\\".yaml\"\n+++ \"b/a b/\\\"\\303\\251\\\".yaml\"\n@@ -1,3 +1,3 @@\n one\n-two\n-three\n\\ No newline at end of file\n+2\n+three\n"
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	b.Reset()
	if err := Diff(&b, "x", []byte("a\n"), []byte("a\n"), DiffOptions{}); err != nil || b.Len() > 0 {
		t.Errorf("got %q, %v", b.String(), err)
	}
}

func TestPatch(t *testing.T) {
	if got, want := Patch([]byte("a\nb\n"), []byte("a\nc\n")), "@@ -1,2 +1,2 @@\n a\n-b\n+c"; got != want {
		t.Errorf("got %q", got)
	}
	if got := Patch(nil, []byte("a\n")); got != "@@ -0,0 +1 @@\n+a" {
		t.Errorf("got %q", got)
	}
	if got := Patch(nil, nil); got != "" {
		t.Errorf("got %q", got)
	}
}

// git apply makes the new file of the old one.
func FuzzDiffApplies(f *testing.F) {
	if _, err := exec.LookPath("git"); err != nil {
		f.Skip(err)
	}
	f.Add("a\nb\nc\n", "a\nc\n")
	f.Add("a\nb", "a\nb\n")
	f.Add("\r\nx\r\n", "::error::\r\n")
	f.Fuzz(func(t *testing.T, old, new string) {
		if old == new || old == "" || new == "" || strings.ContainsRune(old+new, 0) {
			return // git makes and removes files where one is empty
		}
		dir := t.TempDir()
		var b bytes.Buffer
		if err := Diff(&b, "f.txt", []byte(old), []byte(new), DiffOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := applyDiff(t, dir, old, b.String()); got != new {
			t.Errorf("got %q, want %q from\n%s", got, new, b.String())
		}
	})
}

func applyDiff(t *testing.T, dir, old, patch string) string {
	t.Helper()
	file := filepath.Join(dir, "f.txt")
	if err := os.WriteFile(file, []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "apply", "--whitespace=nowarn", "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(patch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, patch)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
