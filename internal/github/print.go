package github

import (
	"fmt"
	"strings"

	"znkr.io/diff/textdiff"

	"github.com/kmsguard/kmsguard/internal/report"
)

// LocalFile is a changed file of a work tree as GitHub would list it, so that a plan can be made without GitHub. status
// is GitHub's word; before is ignored for added files, and after for removed ones.
func LocalFile(name, previous, status string, before, after []byte) ChangedFile {
	switch status {
	case "added":
		before = nil
	case "removed":
		after = nil
	}
	patch := textdiff.Unified(string(before), string(after))
	return ChangedFile{Name: name, Previous: previous, Status: status, SHA: BlobName(after), Patch: patch, HasPatch: patch != ""}
}

// String is the plan for a terminal: what would be posted, and where.
func (p Plan) String() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	drafts := p.OnFiles
	if p.Review != nil {
		say("--- review with %s ---\n%s\n", plural(len(p.Review.Comments), "comment"), shown(p.Review.Body))
		drafts = append(append([]Draft(nil), p.Review.Comments...), p.OnFiles...)
	}
	for _, d := range drafts {
		where := oneLine(d.Path)
		switch {
		case d.StartLine > 0:
			where += fmt.Sprintf(", lines %d to %d", d.StartLine, d.Line)
		case d.Line > 0:
			where += fmt.Sprintf(", line %d", d.Line)
		default:
			where += ", the whole file"
		}
		say("--- comment on %s ---\n%s\n", where, shown(d.Body))
	}
	for _, r := range p.Rewrites {
		say("--- comment %d is changed: %s ---\n%s\n", r.ID, oneLine(r.Why), shown(r.Body))
	}
	if p.Sticky != nil {
		say("--- summary ---\n%s\n", shown(p.Sticky.Body))
	}
	if b.Len() == 0 {
		say("nothing is said on the pull request")
	}
	return b.String()
}

// shown is a body without its marker.
func shown(body string) string {
	if _, ok := readMarker(body); ok {
		body = strings.TrimSpace(body[:strings.LastIndexByte(strings.TrimSpace(body), '\n')])
	}
	return report.Block(body)
}
