package github

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// ours is a comment of our own with its marker.
type ours struct {
	Comment
	marker
	answered bool // people replied
}

// own returns our comments: by our author, with a marker that fits their text. A marker of anyone else, or over a text
// that was changed, is nothing to us (github.md section 8.2).
func own(self string, comments []Comment) []ours {
	if self == "" {
		return nil
	}
	answered := map[int64]bool{}
	for _, c := range comments {
		if c.InReplyTo != 0 && c.Author != self {
			answered[c.InReplyTo] = true
		}
	}
	var out []ours
	for _, c := range comments {
		if m, ok := readMarker(c.Body); ok && c.Author == self && c.InReplyTo == 0 {
			out = append(out, ours{c, m, answered[c.ID]})
		}
	}
	slices.SortStableFunc(out, func(a, b ours) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// reconcile compares what is to be said with what is there, and returns the drafts that are new (github.md section 8).
func reconcile(in Input, drafts []Draft, p *Plan) []Draft {
	// Findings without a place in this diff may still have a comment of an earlier push: it stays.
	stands := map[string]bool{}
	for _, f := range in.Findings {
		if f.Suppressed == nil && introduced(f) {
			stands[markerName(f.Fingerprint)] = true
		}
	}
	there := map[string][]ours{}
	for _, c := range own(in.Self, in.Existing) {
		if c.State == open {
			there[c.Fingerprint] = append(there[c.Fingerprint], c)
		}
	}
	var fresh []Draft
	for _, d := range drafts {
		list := there[d.name]
		delete(there, d.name)
		if i := slices.IndexFunc(list, ours.settled); i >= 0 {
			p.Declined = append(p.Declined, d.Finding)
			p.Log = append(p.Log, fmt.Sprintf("%s in %s: a person closed the comment %d: nothing is said again, and the finding counts all the same", oneLine(d.Finding.Rule), oneLine(d.Path), list[i].ID))
			continue
		}
		keep := slices.IndexFunc(list, func(c ours) bool { return !c.Outdated && fits(c, d) })
		for i, c := range list {
			switch {
			case i != keep && keep >= 0:
				p.close(in, c, moved, "DUPLICATE")
			case i != keep:
				p.close(in, c, moved, "OUTDATED")
			case c.Body != d.Body:
				p.Rewrites = append(p.Rewrites, Rewrite{c.ID, d.Body, fmt.Sprintf("what is said of %s changed", c.Rule)})
			}
		}
		if keep < 0 {
			fresh = append(fresh, d)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		for _, c := range there[name] {
			if !stands[name] {
				p.close(in, c, fixed, "RESOLVED")
			}
		}
	}
	for _, d := range fresh {
		if d.Line == 0 {
			p.OnFiles = append(p.OnFiles, d)
		}
	}
	return slices.DeleteFunc(fresh, func(d Draft) bool { return d.Line == 0 })
}

// settled tells whether a person closed a comment that still says its finding stands: we mark those that we close.
func (c ours) settled() bool { return c.Resolved || c.Minimized }

// fits tells whether a comment that is there can take the draft's text: a suggestion replaces the comment's own lines,
// so they must be the draft's.
func fits(c ours, d Draft) bool {
	return c.Path == d.Path && (!d.Suggestion || !c.OnFile && c.StartLine == d.StartLine && c.Line == d.Line)
}

// close marks a comment as settled and hides it. Where people answered, it stays in sight.
func (p *Plan) close(in Input, c ours, s state, classifier string) {
	p.Rewrites = append(p.Rewrites, Rewrite{c.ID, closedBody(in, c, s), fmt.Sprintf("%s is %s", c.Rule, s)})
	if c.settled() {
		return // a person hid it before
	}
	n := Closing{ID: c.ID, Classifier: classifier}
	if c.CanResolve {
		n.Thread = c.Thread
	}
	if !c.answered && c.CanMinimize {
		n.Node = c.NodeID
	}
	if n.Thread != "" || n.Node != "" {
		p.Closings = append(p.Closings, n)
	}
}
