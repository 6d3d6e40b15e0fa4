package kms

import (
	"strings"
	"sync"
)

// Expand returns the actions that a value of Action or NotAction means. Letter case does not matter; * is any run and
// ? any one character, which for ? is UNVERIFIED (semantics.md §1.5). "*" alone means all; actions of other services
// and malformed values mean none.
func Expand(pattern string) ActionSet {
	if pattern == "*" {
		return All
	}
	if s, ok := expanded.get(pattern); ok {
		return s
	}
	s := expand(pattern)
	expanded.put(pattern, s)
	return s
}

func expand(pattern string) ActionSet {
	name, ok := strings.CutPrefix(strings.ToLower(pattern), "kms:")
	if !ok {
		return 0
	}
	if !strings.ContainsAny(name, "*?") {
		if i, ok := actionIndex["kms:"+name]; ok {
			return 1 << i
		}
		return 0
	}
	var s ActionSet
	for known, i := range actionIndex {
		if like(name, known[len("kms:"):]) {
			s |= 1 << i
		}
	}
	return s
}

// expanded remembers what patterns mean: real files use some dozens, and every question about a statement expands its own.
var expanded memory

// memory maps patterns to actions, for use by several goroutines.
type memory struct {
	mu    sync.RWMutex
	known map[string]ActionSet
}

const (
	maxRemembered = 1 << 12 // patterns: beyond it the memory starts anew, so that a hostile repository does not fill it
	maxPattern    = 64      // bytes of a pattern that is worth remembering: the longest action of KMS has 39
)

func (m *memory) get(pattern string) (ActionSet, bool) {
	m.mu.RLock()
	s, ok := m.known[pattern]
	m.mu.RUnlock()
	return s, ok
}

func (m *memory) put(pattern string, s ActionSet) {
	if len(pattern) > maxPattern {
		return
	}
	m.mu.Lock()
	if m.known == nil || len(m.known) >= maxRemembered {
		m.known = map[string]ActionSet{}
	}
	m.known[strings.Clone(pattern)] = s
	m.mu.Unlock()
}

// Malformed tells whether a value of Action is none that IAM accepts: it has no colon, or no service or no name beside
// it, or a wildcard in the service (semantics.md §1.5). "*" alone is well formed.
func Malformed(pattern string) bool {
	if pattern == "*" {
		return false
	}
	service, name, ok := strings.Cut(pattern, ":")
	return !ok || service == "" || name == "" || strings.ContainsAny(service, "*?")
}

// like tells whether the text fits the pattern, by the place after the last * alone.
func like(pattern, text string) bool {
	p, t := 0, 0
	star, mark := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
