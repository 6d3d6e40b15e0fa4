package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/scan"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// world judges files of words: each rule finds a word and has a fix for it.
type world struct {
	fixes map[string]string // by word, which is also the rule's name; what it becomes
	scans int
}

func (w *world) scan(files []repo.File) *scan.Result {
	w.scans++
	res := &scan.Result{Report: &lint.Report{}, Sources: map[string][]byte{}}
	for _, f := range files {
		res.Sources[f.Path] = f.Data
		if bytes.Contains(f.Data, []byte("BROKEN")) {
			res.Report.Errors = append(res.Report.Errors, lint.Failure{File: f.Path, Message: "this is no valid YAML", Counts: true})
			continue
		}
		for i := 0; i < len(f.Data); i++ {
			for word, text := range w.fixes {
				if !bytes.HasPrefix(f.Data[i:], []byte(word)) {
					continue
				}
				edits := []syntax.Edit{{Start: i, End: i + len(word), Text: text}}
				if strings.HasPrefix(text, "+") {
					edits = []syntax.Edit{{Start: len(f.Data), End: len(f.Data), Text: text[1:]}, {Start: i, End: i + 1, Text: "-"}}
				}
				position := (&syntax.File{Source: f.Data}).Position(i)
				res.Report.Findings = append(res.Report.Findings, lint.Finding{Rule: word, Name: word, File: f.Path, Key: word, Fingerprint: word,
					Range: lint.Range{Start: position, End: position}, Fix: &lint.Fix{Message: "mend " + word, Edits: edits}})
			}
		}
	}
	return res
}

func mendText(t *testing.T, text string, fixes map[string]string) (after string, said string, scans int) {
	t.Helper()
	w := &world{fixes: fixes}
	m := &mender{scan: w.scan}
	done := m.mend([]repo.File{{Path: "a.txt", Data: []byte(text)}})
	after = text
	for _, ch := range done.changes {
		if string(ch.before) != text {
			t.Errorf("the file was %q, not %q", text, ch.before)
		}
		after = string(ch.after)
	}
	var out bytes.Buffer
	done.summarize(Streams{Out: &out}, nil)
	return after, out.String(), w.scans
}

// Fixes that insert at one offset are made one after the other; what each is fixed on is its line in the file as it was.
func TestMendTouching(t *testing.T) {
	after, said, scans := mendText(t, "AAA\nBBB\n", map[string]string{"AAA": "+one\ntwo\n", "BBB": "+three\n"})
	if after != "-AA\n-BB\none\ntwo\nthree\n" || scans != 3 {
		t.Errorf("%d scans give %q", scans, after)
	}
	if want := "a.txt:1: fixed AAA AAA: mend AAA\na.txt:2: fixed BBB BBB: mend BBB\n2 fixed\n"; said != want {
		t.Errorf("said %q, want %q", said, want)
	}
	if after, said, _ = mendText(t, after, map[string]string{"AAA": "+one\n", "BBB": "+three\n"}); said != "" {
		t.Errorf("a second run gives %q and says %q", after, said)
	}
	// one ends where the other starts
	if after, _, scans = mendText(t, "AAABBB", map[string]string{"AAA": "a\n", "BBB": "b"}); after != "a\nb" || scans != 3 {
		t.Errorf("%d scans give %q", scans, after)
	}
	// those that do not touch are made together
	if after, _, scans = mendText(t, "AAA BBB", map[string]string{"AAA": "a", "BBB": "b"}); after != "a b" || scans != 2 {
		t.Errorf("%d scans give %q", scans, after)
	}
}

// Nothing is written for a fix that fails its proof, and what else there is in the file is mended all the same.
func TestMendProof(t *testing.T) {
	for _, c := range []struct{ name, bad, why string }{
		{"no longer parses", "BROKEN", "could then not be read: this is no valid YAML"},
		{"still found", "BBB!", "BBB would still be found"},
	} {
		after, said, _ := mendText(t, "AAA\nBBB\nCCC\n", map[string]string{"AAA": "a", "BBB": c.bad, "CCC": "c"})
		if after != "a\nBBB\nc\n" {
			t.Errorf("%s: the file becomes %q", c.name, after)
		}
		if !strings.Contains(said, "a.txt:2: left BBB BBB: its fix failed its proof, since ") || !strings.Contains(said, c.why) || !strings.HasSuffix(said, "2 fixed, 1 left\n") {
			t.Errorf("%s: said %q", c.name, said)
		}
	}
}

// A fix that brings another finding is not written, so fixes cannot go round in a circle.
func TestMendBringsNothing(t *testing.T) {
	after, said, scans := mendText(t, "AAA\n", map[string]string{"AAA": "BBB", "BBB": "AAA"})
	if after != "AAA\n" || scans != 2 || said != "a.txt:1: left AAA AAA: its fix failed its proof, since BBB would be found then\n1 left\n" {
		t.Errorf("%d scans give %q; said %q", scans, after, said)
	}
}

// What needs more rounds than one run has is left for another, and the run says so.
func TestMendEnds(t *testing.T) {
	n := maxRounds + 2
	after, said, scans := mendText(t, strings.Repeat("ABC", n), map[string]string{"ABC": ""})
	if after != "ABCABC" || scans != maxRounds+1 || !strings.HasSuffix(said, fmt.Sprintf("left ABC ABC: its fix touches another; run fix again\n%d fixed, 2 left\n", maxRounds)) {
		t.Errorf("%d scans give %q; said %q", scans, after, said[max(0, len(said)-200):])
	}
}

func TestOrigin(t *testing.T) {
	edits := []syntax.Edit{{Start: 10, End: 12, Text: ""}, {Start: 2, End: 2, Text: "xxxx"}, {Start: 5, End: 8, Text: "yy"}}
	for at, want := range map[int]int{0: 0, 1: 1, 3: 2, 6: 2, 8: 4, 9: 5, 10: 5, 11: 8, 12: 9, 13: 12, 20: 19} {
		if got := origin(edits, at); got != want {
			t.Errorf("%d comes from %d, want %d", at, got, want)
		}
	}
}
