package github_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

// The tree of a commit is a file system, whether GitHub lists it at once or not.
func TestSnapshot(t *testing.T) {
	tree := githubtest.Tree{"a.json": "{}", "dir/b.json": "{\"b\": 1}", "dir/deep/c.yaml": "c: é\n", "dir-2/d": "", "z": strings.Repeat("z", 5000)}
	for _, limit := range []int{0, 2} {
		w := newWorld(t, githubtest.Tree{}, tree, githubtest.Options{TreeLimit: limit})
		head, _ := w.server.Head(w.number)
		s, err := w.client.Snapshot(context.Background(), head)
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(s, "a.json", "dir/b.json", "dir/deep/c.yaml", "dir-2/d", "z"); err != nil {
			t.Error(err)
		}
		for name, want := range tree {
			if got, err := s.ReadFile(name); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
}

// A file that both sides have is fetched once, and no more is fetched than the hour's requests allow.
func TestBlobsAreFetchedOnce(t *testing.T) {
	tree := githubtest.Tree{}
	for i := range 800 {
		tree[fmt.Sprintf("f%03d", i)] = fmt.Sprint(i)
	}
	w := newWorld(t, tree, tree, githubtest.Options{})
	head, _ := w.server.Head(w.number)
	s, err := w.client.Snapshot(context.Background(), head)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for range 2 {
		for _, name := range s.Names() {
			if _, err := s.ReadFile(name); err != nil {
				if failed++; !strings.Contains(err.Error(), "check the head commit out") {
					t.Fatal(err)
				}
			}
		}
	}
	if n := len(w.server.Requests()); n != 701 || failed != 200 {
		t.Errorf("made %d requests and refused %d files", n, failed)
	}
}
