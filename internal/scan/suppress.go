package scan

import (
	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
)

// suppress marks the findings that the configuration, a comment or a template's metadata accepts, and reports entries that
// are expired or of no use (DESIGN section 8).
func suppress(rep *lint.Report, reads []read, opt Options) {
	entries := [][]config.Ignore{opt.Config.Ignore}
	for _, r := range reads {
		own, failures := r.ignores(opt)
		rep.Errors = append(rep.Errors, failures...)
		if opt.Base != nil && !opt.SuppressionsOfHead {
			own = opt.Base.known(r, own, opt)
		}
		entries = append(entries, own)
	}
	s := config.NewSuppressor(opt.Today, entries...)
	for i := range rep.Findings {
		f := &rep.Findings[i]
		e := s.Find(config.Subject{Rule: f.Rule, File: f.File, Key: f.Key, Sid: f.Sid, Fingerprint: f.Fingerprint,
			FirstLine: f.Range.Start.Line, LastLine: f.Range.End.Line})
		// Without a fingerprint an entry holds for access that the base already gave.
		if e != nil && (e.Fingerprint != "" || f.Introduced == nil || !*f.Introduced || opt.SuppressionsOfHead) {
			f.Suppressed = &lint.Suppressed{Reason: e.Reason, Until: e.Until}
		}
	}
	for _, stale := range s.Stale() {
		rep.Errors = append(rep.Errors, lint.Failure{File: stale.File, Line: stale.Position.Line, Column: stale.Position.Column, Message: stale.Message})
	}
}

// ignores reads the suppressions that stand in a file.
func (r *read) ignores(opt Options) (all []config.Ignore, failures []lint.Failure) {
	add := func(more []config.Ignore, errs []error) {
		all = append(all, more...)
		for _, err := range errs {
			failures = append(failures, failure(r.file.Path, err, false))
		}
	}
	names := opt.names()
	for i, t := range r.templates {
		if i == 0 {
			add(config.Inline(t.File, names))
		}
		add(config.Metadata(t.File, t.Root.Get("Metadata"), "", names))
		for _, m := range members(t.Root.Get("Resources")) {
			add(config.Metadata(t.File, m.Value.Resolved().Get("Metadata"), m.Key.Value, names))
		}
	}
	return all, failures
}

// known keeps the entries that the base's version of the file has too.
func (b *Base) known(r read, all []config.Ignore, opt Options) []config.Ignore {
	old, changed := b.before(r.file.Path, r.file.Data)
	if !changed || len(all) == 0 {
		return all
	}
	then := open(repo.File{Path: old.Name, Data: old.Data}, opt)
	before, _ := then.ignores(opt)
	type meaning struct{ rule, key, sid, fingerprint, reason, until string }
	count := map[meaning]int{}
	of := func(e config.Ignore) meaning { return meaning{e.Rule, e.Key, e.Sid, e.Fingerprint, e.Reason, e.Until} }
	for _, e := range before {
		count[of(e)]++
	}
	var kept []config.Ignore
	for _, e := range all {
		if count[of(e)] > 0 {
			count[of(e)]--
			kept = append(kept, e)
		}
	}
	return kept
}

func (opt Options) names() []string {
	names := make([]string, len(opt.Rules))
	for i, r := range opt.Rules {
		names[i] = r.ID
	}
	return names
}
