package scan

import (
	"sync"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
)

// suppressions are all entries that may accept a finding (DESIGN section 8).
type suppressions struct {
	mu     sync.Mutex
	all    *config.Suppressor
	ofHead bool
}

// suppressionsOf collects the entries of the configuration, of comments and of templates' metadata.
func suppressionsOf(reads []read, opt Options) *suppressions {
	entries := [][]config.Ignore{opt.Config.Ignore}
	for i := range reads {
		own, failures := reads[i].ignores(opt)
		reads[i].failures = append(reads[i].failures, failures...)
		if opt.Base != nil && !opt.SuppressionsOfHead {
			own = opt.Base.known(reads[i], own, opt)
		}
		entries = append(entries, own)
	}
	return &suppressions{all: config.NewSuppressor(opt.Today, entries...), ofHead: opt.SuppressionsOfHead}
}

// mark marks a finding that an entry accepts. Without a fingerprint an entry holds for access that the base already gave.
func (s *suppressions) mark(f *lint.Finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.all.Find(config.Subject{Rule: f.Rule, File: f.File, Key: f.Key, Sid: f.Sid, Fingerprint: f.Fingerprint,
		FirstLine: f.Range.Start.Line, LastLine: f.Range.End.Line})
	if e != nil && (e.Fingerprint != "" || f.Introduced == nil || !*f.Introduced || s.ofHead) {
		f.Suppressed = &lint.Suppressed{Reason: e.Reason, Until: e.Until}
	}
}

// stale reports the entries that are expired or of no use.
func (s *suppressions) stale() []lint.Failure {
	var all []lint.Failure
	for _, e := range s.all.Stale() {
		all = append(all, lint.Failure{File: e.File, Line: e.Position.Line, Column: e.Position.Column, Message: e.Message})
	}
	return all
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
	of := func(e config.Ignore) meaning {
		return meaning{e.Rule, e.Key, e.Sid, e.Fingerprint, e.Reason, e.Until}
	}
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
