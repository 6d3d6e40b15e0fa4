package github

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// anchor is where a finding stands in the head's files.
type anchor struct {
	path        string
	first, last int
}

// where returns the lines that a person would change: the source line of generated files, else the statement's lines.
func where(f lint.Finding) anchor {
	if f.Source != nil {
		return anchor{f.Source.File, f.Source.Line, f.Source.Line}
	}
	last := f.Range.End.Line
	if f.Range.End.Column == 1 && last > f.Range.Start.Line {
		last-- // the range ends with a line end
	}
	return anchor{f.File, f.Range.Start.Line, max(last, f.Range.Start.Line)}
}

// diffFile is a changed file with the lines that can carry comments.
type diffFile struct {
	ChangedFile
	hunks []Hunk
	why   string // there are none: why
}

// hunk returns the hunk that shows all the lines.
func (d *diffFile) hunk(first, last int) bool {
	return slices.ContainsFunc(d.hunks, func(h Hunk) bool { return h.holds(first, last) })
}

// part returns the part of the lines that one hunk shows, the longest, and false where none is shown.
func (d *diffFile) part(first, last int) (int, int, bool) {
	from, to, ok := 0, -1, false
	for _, h := range d.hunks {
		a, b := max(first, h.First), min(last, h.Last)
		if a <= b && b-a > to-from {
			from, to, ok = a, b, true
		}
	}
	return from, to, ok
}

// diffFiles indexes the files of the pull request by name.
func diffFiles(files []ChangedFile) map[string]*diffFile {
	out := map[string]*diffFile{}
	for _, c := range files {
		d := &diffFile{ChangedFile: c}
		switch hunks, err := ParsePatch(c.Patch); {
		case !c.HasPatch:
			d.why = "GitHub shows no diff of the file"
		case err != nil:
			d.why = err.Error()
		default:
			d.hunks = hunks
		}
		out[c.Name] = d
	}
	return out
}

// shelf is what has been placed in one file so far.
type shelf struct {
	name    string
	careful bool
	taken   []taken
	buttons []lint.Finding
	edits   []syntax.Edit // of all buttons together
}

// has tells whether a key has a button already.
func (s *shelf) has(key string) bool {
	return slices.ContainsFunc(s.buttons, func(f lint.Finding) bool { return f.Key == key })
}

// parses tells whether the file can be read once all buttons are pressed.
func (s *shelf) parses(source []byte, more ...syntax.Edit) bool {
	together, err := syntax.Apply(source, append(slices.Clone(s.edits), more...))
	if err == nil {
		_, err = syntax.Parse(s.name, together)
	}
	return err == nil
}

type taken struct {
	replacement
	rule string
}

// place walks the ladder of DESIGN section 7 for each finding, worst first: a suggestion, a comment on its lines, a
// comment on the file, nothing. It returns why each step down was taken. People press several buttons, and at once: of fixes that
// each are right and together are not, as two that each leave the key to the other's administrator, one a key is a button.
func place(in Input, findings []lint.Finding) (drafts []Draft, unplaced []lint.Finding, log []string) {
	files := diffFiles(in.Files)
	careful := map[string]bool{}
	for {
		shelves := map[string]*shelf{}
		drafts, unplaced, log = walk(in, findings, files, shelves, careful)
		again := false
		for path, s := range shelves {
			if !careful[path] && len(s.buttons) > 1 && !(s.parses(in.Sources[path]) && (in.Together == nil || in.Together(path, s.buttons))) {
				careful[path], again = true, true
			}
		}
		if !again {
			return drafts, unplaced, log
		}
	}
}

// walk is place, which is careful with a file, and parses it anew after each button, only where its fixes failed together: that
// takes long in large files, and it is rare.
func walk(in Input, findings []lint.Finding, files map[string]*diffFile, shelves map[string]*shelf, careful map[string]bool) (drafts []Draft, unplaced []lint.Finding, log []string) {
	onFiles := 0
	names := map[string]int{}
	for _, f := range findings {
		name := markerName(f.Fingerprint)
		if names[name]++; names[name] > 1 {
			f.Fingerprint = fmt.Sprintf("%.100s:%d", name, names[name])
			name = f.Fingerprint
		}
		at := where(f)
		d := files[at.path]
		note := func(why string) {
			log = append(log, fmt.Sprintf("%s in %s: %s", oneLine(f.Rule), oneLine(at.path), why))
		}
		switch {
		case d == nil || d.Status == "removed":
			note("the pull request does not change the file: the finding is in the summary and the annotations")
			unplaced = append(unplaced, f)
			continue
		case len(drafts) >= in.Options.MaxComments:
			note(fmt.Sprintf("there are %d comments already: the finding is in the summary and the annotations", in.Options.MaxComments))
			unplaced = append(unplaced, f)
			continue
		}
		if shelves[at.path] == nil {
			shelves[at.path] = &shelf{name: at.path, careful: careful[at.path]}
		}
		draft, why := suggest(in, f, d, shelves[at.path])
		if draft == nil {
			if f.Fix != nil {
				note("no button: " + why)
			}
			draft = &Draft{Path: at.path, Finding: f}
			var shown bool
			if draft.StartLine, draft.Line, shown = d.part(at.first, at.last); !shown {
				if onFiles++; onFiles > maxOnFiles {
					note(fmt.Sprintf("there are %d comments on files already: the finding is in the summary and the annotations", maxOnFiles))
					unplaced = append(unplaced, f)
					continue
				}
				reason := d.why
				if reason == "" {
					reason = "its lines are in no hunk of the diff"
				}
				note("comment on the file: " + reason)
				draft.StartLine, draft.Line = 0, 0
			}
			draft.Body = commentBody(in, f, "", why)
		}
		if draft.StartLine == draft.Line {
			draft.StartLine = 0 // GitHub refuses a range of one line (github.md section 2.1)
		}
		draft.name = name
		drafts = append(drafts, *draft)
	}
	return drafts, unplaced, log
}

// suggest makes the comment with a button, or says why there can be none.
func suggest(in Input, f lint.Finding, d *diffFile, s *shelf) (*Draft, string) {
	source, ok := in.Sources[f.File]
	switch {
	case f.Fix == nil:
		if f.Remedy != nil {
			return nil, f.Remedy.WhyNot
		}
		return nil, ""
	case f.Source != nil && f.Source.File != f.File:
		return nil, "the file is generated"
	case in.Options.NoButtons:
		return nil, "buttons are turned off"
	case !ok:
		return nil, "the file's content is not known"
	case len(d.hunks) == 0:
		return nil, "GitHub shows no diff of these lines"
	}
	ways, err := replacements(source, f.Fix.Edits)
	if err != nil {
		return nil, err.Error()
	}
	i := slices.IndexFunc(ways, func(r replacement) bool { return d.hunk(r.First, r.Last) })
	if i < 0 {
		return nil, "the lines that it changes are not all in one hunk of the diff"
	}
	r := ways[i]
	for _, t := range s.taken {
		if t.equal(r) {
			return nil, fmt.Sprintf("the suggestion for %s on the same lines does it too", t.rule)
		}
		if t.overlaps(r) {
			return nil, fmt.Sprintf("it overlaps the suggestion for %s: commit that one first, and the next run offers this one", t.rule)
		}
	}
	if s.careful && (s.has(f.Key) || !s.parses(source, f.Fix.Edits...)) {
		return nil, "it does not go together with the suggestions above it: commit those first, and the next run offers this one"
	}
	body := commentBody(in, f, raw("suggestion", r.text()), "")
	if len(body) > maxBody {
		return nil, "it is too long for a comment"
	}
	s.taken, s.edits, s.buttons = append(s.taken, taken{r, f.Rule}), append(s.edits, f.Fix.Edits...), append(s.buttons, f)
	return &Draft{Path: f.File, StartLine: r.First, Line: r.Last, Body: body, Suggestion: true, Finding: f,
		Fallback: commentBody(in, f, "", "GitHub refused these lines")}, ""
}

// sortDrafts puts lower lines first within a file.
func sortDrafts(drafts []Draft) {
	slices.SortStableFunc(drafts, func(a, b Draft) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), b.Line-a.Line, b.StartLine-a.StartLine)
	})
}
