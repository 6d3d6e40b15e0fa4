package repo

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

func TestWriteFile(t *testing.T) {
	tree := plant(t, map[string]string{"a/key.json": "old", "other.json": "x"})
	full := filepath.Join(tree.Dir(), "a/key.json")
	if err := os.Chmod(full, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := tree.WriteFile("a/key.json", []byte("old"), []byte("new text")); err != nil {
		t.Fatal(err)
	}
	st, _ := os.Stat(full)
	if data, _ := os.ReadFile(full); string(data) != "new text" || st.Mode() != 0o640 {
		t.Errorf("got %q, %v", data, st.Mode())
	}
	if err := tree.WriteFile("a/key.json", []byte("old"), []byte("z")); !errors.Is(err, ErrChanged) {
		t.Errorf("a changed file was overwritten: %v", err)
	}
	if err := tree.WriteFile("../x", nil, nil); err == nil {
		t.Error("a file outside was written")
	}
	if err := os.Symlink("../other.json", filepath.Join(tree.Dir(), "a/link.json")); err == nil {
		if err := tree.WriteFile("a/link.json", []byte("x"), []byte("y")); err == nil {
			t.Error("a symbolic link was written through")
		}
	}
	entries, _ := fs.ReadDir(tree.FS(), "a")
	if len(entries) > 2 {
		t.Errorf("a temporary file was left: %v", entries)
	}
}

func TestFS(t *testing.T) {
	tree := plant(t, map[string]string{"a/b.json": "{}", "c.yaml": "x: 1"})
	if err := fstest.TestFS(tree.FS(), "a/b.json", "c.yaml"); err != nil {
		t.Error(err)
	}
	tree.limits.file = 3
	if _, err := fs.ReadFile(tree.FS(), "c.yaml"); !errors.Is(err, errLarge) {
		t.Errorf("got %v", err)
	}
}

func TestFindConfig(t *testing.T) {
	tree := plant(t, map[string]string{
		".github/kmsguard.yml":             "above",
		"repo/.git/HEAD":                   "",
		"repo/.github/kmsguard.yml":        "top",
		"repo/stacks/.github/kmsguard.yml": "stacks",
		"repo/stacks/prod/key.yaml":        "",
		"repo/lib/x.ts":                    "",
		"bare/.git/HEAD":                   "",
		"bare/deep/x":                      "",
		"loose/deep/x":                     "",
		"loose/own/.github/kmsguard.yml":   "own",
	})
	for path, want := range map[string]string{
		"repo": "top", "repo/lib": "top", "repo/lib/x.ts": "top", "repo/stacks/prod": "stacks", "repo/stacks/prod/key.yaml": "stacks",
		"repo/stacks/**/*.yaml": "stacks", "bare/deep": "", "loose/deep": "", "loose/own": "own", "": "above",
	} {
		c, err := FindConfig(filepath.Join(tree.Dir(), path))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if c != nil {
			got = string(c.Data)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
