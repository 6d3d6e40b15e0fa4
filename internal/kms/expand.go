package kms

import "strings"

// Expand returns the actions that a value of Action or NotAction means. Letter case does not matter; * is any run and
// ? any one character, which for ? is UNVERIFIED (semantics.md §1.5). "*" alone means all; actions of other services
// and malformed values mean none.
func Expand(pattern string) ActionSet {
	if pattern == "*" {
		return All
	}
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
