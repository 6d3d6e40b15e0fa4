package github_test

import (
	"slices"
	"strings"
	"testing"

	"znkr.io/diff"
	"znkr.io/diff/textdiff"

	"github.com/kmsguard/kmsguard/internal/github"
)

func TestParsePatch(t *testing.T) {
	tests := map[string]struct {
		patch string
		want  []github.Hunk
	}{
		"none":                  {"", nil},
		"added file":            {"@@ -0,0 +1,3 @@\n+a\n+b\n+c", []github.Hunk{{1, 3}}},
		"one line":              {"@@ -1 +1 @@\n-a\n+b", []github.Hunk{{1, 1}}},
		"no newline, both":      {"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file", []github.Hunk{{1, 1}}},
		"no newline, then more": {"@@ -1,2 +1,3 @@\n a\n-b\n\\ No newline at end of file\n+b\n+c", []github.Hunk{{1, 3}}},
		"removed file":          {"@@ -1,2 +0,0 @@\n-a\n-b", nil},
		"two hunks, a heading": {"@@ -1,3 +1,4 @@ func x() {\n a\n+n\n b\n c\n@@ -10,2 +11,1 @@\n d\n-e",
			[]github.Hunk{{1, 4}, {11, 11}}},
		"a line that looks like a header": {"@@ -1,1 +1,2 @@\n a\n+@@ -1,9 +1,9 @@", []github.Hunk{{1, 2}}},
		"an empty context line stripped":  {"@@ -1,3 +1,3 @@\n a\n\n-b\n+c", []github.Hunk{{1, 3}}},
	}
	for name, test := range tests {
		got, err := github.ParsePatch(test.patch)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, test.want)
		}
	}
	for _, bad := range []string{"x", "@@ -1,2 +1,2 @@\n a", "@@ -1 +1 @@\n a\n a", "@@ -1 +1 @@\nxa", "@@ -1 +99999999999 @@\n a", "@@ -0,0 +0,2 @@\n+a\n+b",
		"@@ -1 +5 @@\n a\n@@ -2 +5 @@\n a", "diff --git a b\n@@ -1 +1 @@\n a"} {
		if got, err := github.ParsePatch(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}

// Whatever comes in, hunks are in order, do not overlap and show no more lines than the patch has.
func FuzzParsePatch(f *testing.F) {
	f.Add("@@ -1,3 +1,4 @@ x\n a\n+n\n b\n c\n@@ -10,2 +11,1 @@\n d\n-e\n\\ No newline at end of file")
	f.Fuzz(func(t *testing.T, patch string) {
		hunks, err := github.ParsePatch(patch)
		if err != nil {
			return
		}
		last, shown := 0, 0
		for _, h := range hunks {
			if h.First <= last || h.Last < h.First {
				t.Fatalf("hunks %v of %q", hunks, patch)
			}
			last, shown = h.Last, shown+h.Last-h.First+1
		}
		if shown > strings.Count(patch, "\n") {
			t.Fatalf("%d lines shown of %q", shown, patch)
		}
	})
}

// The hunks of a real diff show the lines that it prints, and all that changed.
func FuzzHunksOfDiff(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nx\nc")
	f.Fuzz(func(t *testing.T, before, after string) {
		hunks, err := github.ParsePatch(textdiff.Unified(before, after))
		if err != nil {
			t.Fatalf("%v\n%s", err, textdiff.Unified(before, after))
		}
		var want []github.Hunk
		for _, h := range textdiff.Hunks(before, after, diff.Context(3)) {
			n := 0
			for _, e := range h.Edits {
				if e.Op != diff.Delete {
					n++
				}
			}
			if n > 0 {
				first := h.LineNoY + 1
				want = append(want, github.Hunk{First: first, Last: first + n - 1})
			}
		}
		if !slices.Equal(hunks, want) {
			t.Errorf("got %v, want %v\n%s", hunks, want, textdiff.Unified(before, after))
		}
	})
}
