package config

import (
	"fmt"
	"time"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Suppressor asks entries about findings and remembers which were of use. It is for one goroutine.
type Suppressor struct {
	entries []Ignore
	used    []bool
	today   time.Time
}

// NewSuppressor returns a suppressor of the entries, on that day.
func NewSuppressor(today time.Time, entries ...[]Ignore) *Suppressor {
	s := &Suppressor{today: today}
	for _, list := range entries {
		s.entries = append(s.entries, list...)
	}
	s.used = make([]bool, len(s.entries))
	return s
}

// Find returns the first entry that covers the finding and has not expired, or nil.
func (s *Suppressor) Find(subject Subject) *Ignore {
	for i := range s.entries {
		if e := &s.entries[i]; e.Covers(subject) {
			s.used[i] = true
			if !e.Expired(s.today) {
				return e
			}
		}
	}
	return nil
}

// Stale is an entry to remove.
type Stale struct {
	File     string
	Position syntax.Position
	Message  string
}

// Stale returns the entries that have expired, and those that no finding needed so far.
func (s *Suppressor) Stale() []Stale {
	var list []Stale
	for i := range s.entries {
		e := &s.entries[i]
		switch {
		case e.Expired(s.today):
			list = append(list, Stale{e.File, e.Position, fmt.Sprintf("suppression of %s expired on %s: remove it, or review and renew it", e.Rule, e.Until)})
		case !s.used[i]:
			list = append(list, Stale{e.File, e.Position, fmt.Sprintf("suppression of %s matches no finding: remove it", e.Rule)})
		}
	}
	return list
}
