package githubtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"znkr.io/diff"
)

// entry is one changed file as the API lists it.
type entry struct {
	name, previous, status string
	before, after          string
	added, deleted         int
	patch                  string // "" where GitHub gives none
}

// splitLines splits a text into lines that keep their ends.
func splitLines(text string) []string {
	out := strings.SplitAfter(text, "\n")
	return out[:len(out)-btoi(out[len(out)-1] == "")]
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// changes compares two trees as GitHub does: renames by equal or similar content, a patch of three lines of context,
// no patch for large files (github.md section 3).
func (s *Server) changes(before, after Tree) []entry {
	var out []entry
	var gone []string
	for name := range before {
		if _, ok := after[name]; !ok {
			gone = append(gone, name)
		}
	}
	slices.Sort(gone)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		old, had := before[name]
		e := entry{name: name, status: "modified", before: old, after: after[name]}
		switch {
		case had && old == after[name]:
			continue
		case !had:
			e.status = "added"
			if i := slices.IndexFunc(gone, func(g string) bool { return similar(before[g], after[name]) }); i >= 0 {
				e.status, e.previous, e.before = "renamed", gone[i], before[gone[i]]
				gone = slices.Delete(gone, i, i+1)
			}
		}
		out = append(out, e)
	}
	for _, name := range gone {
		out = append(out, entry{name: name, status: "removed", before: before[name]})
	}
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for i := range out {
		out[i].patch, out[i].added, out[i].deleted = unified(out[i].before, out[i].after)
		if s.options.PatchLines > 0 && out[i].added+out[i].deleted > s.options.PatchLines || strings.Contains(out[i].after, "\x00") {
			out[i].patch = ""
		}
	}
	return out
}

// similar is git's rule for renames, roughly: half of the lines are the same.
func similar(a, b string) bool {
	if a == b {
		return a != ""
	}
	same := 0
	for _, e := range diff.Edits(splitLines(a), splitLines(b)) {
		if e.Op == diff.Match {
			same++
		}
	}
	return 2*same > max(len(splitLines(a)), len(splitLines(b)))
}

// unified writes the hunks as in the patch field: no file header, no newline at the end.
func unified(before, after string) (patch string, added, deleted int) {
	var b strings.Builder
	for _, h := range diff.Hunks(splitLines(before), splitLines(after), diff.Context(3)) {
		fmt.Fprintf(&b, "@@ -%s +%s @@\n", span(h.PosX, h.EndX), span(h.PosY, h.EndY))
		for _, e := range h.Edits {
			line := "+" + e.Y
			switch e.Op {
			case diff.Match:
				line = " " + e.X
			case diff.Delete:
				line, deleted = "-"+e.X, deleted+1
			default:
				added++
			}
			if !strings.HasSuffix(line, "\n") {
				line += "\n\\ No newline at end of file\n"
			}
			b.WriteString(line)
		}
	}
	return strings.TrimSuffix(b.String(), "\n"), added, deleted
}

// span writes the half-open range of lines from 0 as git does.
func span(from, to int) string {
	switch to - from {
	case 0:
		return fmt.Sprintf("%d,0", from)
	case 1:
		return fmt.Sprint(from + 1)
	}
	return fmt.Sprintf("%d,%d", from+1, to-from)
}

// visible is the right side of one hunk: lines first to last.
type visible struct{ first, last int }

// right returns the hunks' right sides of one changed file, none where it has no patch.
func (e entry) right() []visible {
	var out []visible
	if e.patch == "" {
		return nil
	}
	for _, h := range diff.Hunks(splitLines(e.before), splitLines(e.after), diff.Context(3)) {
		if h.EndY > h.PosY {
			out = append(out, visible{h.PosY + 1, h.EndY})
		}
	}
	return out
}

// follow finds where lines first to last of one version stand in another, if none of them changed.
func follow(from, to string, first, last int) (int, int, bool) {
	place := map[int]int{}
	for _, e := range diff.Edits(splitLines(from), splitLines(to)) {
		if e.Op == diff.Match {
			place[e.PosX+1] = e.PosY + 1
		}
	}
	start, ok := place[first]
	for i := first; i <= last; i++ {
		if place[i] != start+i-first {
			ok = false
		}
	}
	return start, start + last - first, ok
}
