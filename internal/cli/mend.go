package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// maxRounds bounds how often fixes are applied and the files judged again. A round takes one fix of each key's policy, and a
// policy has room for some hundred statements at most; what is left after so many rounds is left for another run.
const maxRounds = 100

// mender applies fixes in memory. A fix is proved for the files as they are, so that one round applies what cannot get in each
// other's way, and the next one judges the files that this gave.
type mender struct {
	only        []string // rules by id or name; all where it is empty
	alternative int      // to apply instead of the fix, from 1; 0 for the fix
	scan        func([]repo.File) *scan.Result

	refused map[subject]string // findings whose fix failed its proof, with the reason
	careful map[string]bool    // files in which several fixes failed together: one a round
	edits   map[string][][]syntax.Edit
}

// subject is a finding over several rounds.
type subject struct{ file, key, rule, fingerprint string }

func subjectOf(f lint.Finding) subject { return subject{f.File, f.Key, f.Rule, f.Fingerprint} }

// mended is what fixes make of files.
type mended struct {
	changes []change
	left    *scan.Result // of the files as they are then
	why     func(lint.Finding) string
}

// change is one file with its fixes applied.
type change struct {
	file          string
	before, after []byte
	fixed         []fixed
}

// fixed is a finding that is gone, on its line in the file as it was.
type fixed struct {
	line                int
	rule, name, message string
}

// round is what one round does to a file.
type round struct {
	edits    []syntax.Edit
	findings []lint.Finding
	policies map[string]bool // keys whose policy is changed
}

// mend applies what can be applied, until nothing is left to apply.
func (m *mender) mend(files []repo.File) *mended {
	m.refused, m.careful, m.edits = map[subject]string{}, map[string]bool{}, map[string][][]syntax.Edit{}
	now := slices.Clone(files)
	res := m.scan(now)
	changes := map[string]*change{}
	for range maxRounds {
		rounds := m.choose(res)
		if len(rounds) == 0 {
			break
		}
		next := slices.Clone(now)
		for i, f := range next {
			if r := rounds[f.Path]; r != nil {
				next[i].Data, _ = syntax.Apply(f.Data, r.edits) // choose has tried it
			}
		}
		after := m.scan(next)
		if !m.proved(res, after, rounds) {
			continue
		}
		for i, f := range now {
			r := rounds[f.Path]
			if r == nil {
				continue
			}
			ch := changes[f.Path]
			if ch == nil {
				ch = &change{file: f.Path, before: f.Data}
				changes[f.Path] = ch
			}
			for _, g := range r.findings {
				ch.fixed = append(ch.fixed, fixed{m.lineOf(ch, g), g.Rule, g.Name, m.messageOf(g)})
			}
			ch.after = next[i].Data
			m.edits[f.Path] = append(m.edits[f.Path], r.edits)
		}
		now, res = next, after
	}
	done := &mended{left: res, why: m.why}
	for _, f := range files {
		if ch := changes[f.Path]; ch != nil {
			slices.SortStableFunc(ch.fixed, func(a, b fixed) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.rule, b.rule)) })
			done.changes = append(done.changes, *ch)
		}
	}
	return done
}

// choose picks the fixes of a round by file. Of fixes that touch, and of those that change one key's policy, the first stands:
// the others have to be proved again for what it leaves.
func (m *mender) choose(res *scan.Result) map[string]*round {
	rounds := map[string]*round{}
	for _, f := range res.Report.Findings {
		edits := m.editsOf(f)
		if len(edits) == 0 || f.Suppressed != nil || !m.selects(f) || m.refused[subjectOf(f)] != "" {
			continue
		}
		r := rounds[f.File]
		if r == nil {
			r = &round{policies: map[string]bool{}}
		}
		rule := rules.Lookup(f.Rule)
		policy := rule == nil || !rule.OfResource
		if m.careful[f.File] && len(r.findings) > 0 || policy && r.policies[f.Key] || touch(r.edits, edits) {
			continue
		}
		if _, err := syntax.Apply(res.Sources[f.File], edits); err != nil {
			m.refused[subjectOf(f)] = "its fix does not fit the file: " + err.Error()
			continue
		}
		r.edits = append(r.edits, edits...)
		r.findings = append(r.findings, f)
		r.policies[f.Key] = r.policies[f.Key] || policy
		rounds[f.File] = r
	}
	return rounds
}

// touch tells whether edits of one fix overlap those of another, or share an end: what two insertions at one offset make
// together nobody has proved.
func touch(some, others []syntax.Edit) bool {
	for _, a := range some {
		for _, b := range others {
			if a.Start <= b.End && b.Start <= a.End {
				return true
			}
		}
	}
	return false
}

// proved tells whether every file of the round is still read, and what was fixed is gone. Where that fails, the file's fixes
// are tried one by one, and the one that fails alone is refused.
func (m *mender) proved(before, after *scan.Result, rounds map[string]*round) bool {
	all := true
	for name, r := range rounds {
		why := unproved(before, after, name, r)
		if why == "" {
			continue
		}
		all = false
		if len(r.findings) > 1 {
			m.careful[name] = true
		} else {
			m.refused[subjectOf(r.findings[0])] = why
			delete(m.careful, name) // the others may get on together without it
		}
	}
	return all
}

// lineOf is the line of a finding in the file before any round.
func (m *mender) lineOf(ch *change, f lint.Finding) int {
	at := f.Range.Start.Offset
	for _, edits := range slices.Backward(m.edits[ch.file]) {
		at = origin(edits, at)
	}
	return 1 + bytes.Count(ch.before[:min(at, len(ch.before))], []byte("\n"))
}

// origin returns where an offset of the text after edits was before them.
func origin(edits []syntax.Edit, at int) int {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b syntax.Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	grown := 0
	for _, e := range sorted {
		switch start := e.Start + grown; {
		case at < start:
			return at - grown
		case at < start+len(e.Text):
			return e.Start
		}
		grown += len(e.Text) - (e.End - e.Start)
	}
	return at - grown
}

func (m *mender) selects(f lint.Finding) bool {
	return len(m.only) == 0 || slices.Contains(m.only, f.Rule) || slices.Contains(m.only, f.Name)
}

// editsOf are those of the fix, or of the alternative with the number; both are proved. nil where there are none.
func (m *mender) editsOf(f lint.Finding) []syntax.Edit {
	switch {
	case m.alternative > len(f.Alternatives):
		return nil
	case m.alternative > 0:
		return f.Alternatives[m.alternative-1].Edits
	case f.Fix == nil:
		return nil
	}
	return f.Fix.Edits
}

// messageOf says what was applied.
func (m *mender) messageOf(f lint.Finding) string {
	if m.alternative > 0 {
		return f.Alternatives[m.alternative-1].Message
	}
	return f.Fix.Message
}

// why says why a finding is left.
func (m *mender) why(f lint.Finding) string {
	switch why, edits := m.refused[subjectOf(f)], m.editsOf(f); {
	case why != "":
		return why
	case len(edits) > 0 && !m.selects(f):
		return "it has a fix, which --rule leaves out"
	case len(edits) > 0:
		return "its fix touches another; run fix again"
	case m.alternative > 0 && m.selects(f):
		return fmt.Sprintf("it has no alternative %d that can be written", m.alternative)
	case f.Remedy != nil && f.Remedy.WhyNot != "":
		return f.Remedy.WhyNot
	}
	for i, a := range f.Alternatives {
		if len(a.Edits) > 0 {
			return fmt.Sprintf("it leaves a choice; write one with --rule %s --alternative %d", f.Rule, i+1)
		}
	}
	return "it has no fix"
}
