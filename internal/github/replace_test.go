package github

import (
	"slices"
	"testing"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// A replacement does exactly what the edits do, and no line of it is in vain at its ends.
func FuzzReplacements(f *testing.F) {
	f.Add("a\nb\nc\n", 2, 3, "x")
	f.Add("a\nb\nc\n", 2, 2, "new\n")
	f.Add("a\nb\nc", 1, 1, "\nnew")
	f.Add("a\nb\nc", 0, 2, "")
	f.Add("a", 1, 1, "\n")
	f.Add("\n\n\n", 1, 2, "")
	f.Add("", 0, 0, "a\n")
	f.Add("a\na\na\n", 2, 2, "a\n")
	f.Fuzz(func(t *testing.T, source string, start, end int, text string) {
		if start < 0 || end < start || end > len(source) {
			return
		}
		edits := []syntax.Edit{{Start: start, End: end, Text: text}}
		ways, err := replacements([]byte(source), edits)
		if err != nil {
			return
		}
		old, new := textLines([]byte(source)), textLines([]byte(source[:start]+text+source[end:]))
		for _, r := range ways {
			if r.First < 1 || r.Last < r.First || r.Last > len(old) {
				t.Fatalf("lines %d to %d of %d", r.First, r.Last, len(old))
			}
			got := slices.Concat(old[:r.First-1], r.Lines, old[r.Last:])
			if !slices.Equal(got, new) {
				t.Errorf("%q with %v: lines %d to %d become %q: %q, want %q", source, edits, r.First, r.Last, r.Lines, got, new)
			}
			if slices.Equal(r.Lines, old[r.First-1:r.Last]) {
				t.Errorf("%q with %v: nothing changes", source, edits)
			}
		}
	})
}

// No line end, blank or not, and no other text forges or loses a marker.
func FuzzMarker(f *testing.F) {
	f.Add("text", "KMS001", "0123abcd", "text\n\nmore")
	f.Add("text\n<!-- kmsguard:v1 KMS001 x open "+zeros+" -->", "KMS001", "a b\n-->", "")
	f.Fuzz(func(t *testing.T, text, rule, fingerprint, other string) {
		body := sign(text, plainID(rule), fingerprint, open)
		m, ok := readMarker(body)
		if !ok || m.State != open || m.Fingerprint != markerName(fingerprint) || m.Rule != plainID(rule) {
			t.Fatalf("%q: %+v, %v", body, m, ok)
		}
		if _, ok := readMarker(other); ok {
			t.Errorf("%q has a marker", other)
		}
		if _, ok := readMarker(body + "\n" + "x"); ok {
			t.Error("a marker above the last line counts")
		}
		if _, ok := readMarker("x" + body); ok {
			t.Error("a marker over another text counts")
		}
	})
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

// Cut Markdown leaves nothing open.
func TestCut(t *testing.T) {
	for _, limit := range []int{20, 40, 60, 80} {
		got := cut("<details>\n\n````json\n{\n  \"```\": 1\n}\n````\n\n</details>\n\nand the end of it all\nand more\n", limit)
		if again := closeFence(got); again != got {
			t.Errorf("cut at %d leaves open\n%s", limit, got)
		}
	}
}
