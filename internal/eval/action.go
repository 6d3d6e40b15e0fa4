package eval

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// action matches Action or NotAction (semantics.md §1.5).
func (a *ask) action(s *policy.Statement) verdict {
	v := no
	for _, p := range s.Actions {
		v = v.or(matchAction(p, a.request.Action))
	}
	if s.NotAction {
		return v.not()
	}
	return v
}

// matchAction compares service and name without case; "*" alone is every action. Variables do not work here (semantics.md §4.4).
func matchAction(p policy.Pattern, action string) verdict {
	if p.Unknown != "" {
		return maybe("an action is hidden by " + p.Unknown)
	}
	if p.Text == "*" {
		return yes
	}
	prefix, name, ok := strings.Cut(lowerASCII(p.Text), ":")
	request := lowerASCII(action)
	if !ok || strings.ContainsAny(prefix, "*?") {
		if globText(lowerASCII(p.Text)).match([]rune(request)) {
			return maybe("what a wildcard in the service prefix of an action matches is not documented")
		}
		return no
	}
	service, operation, ok := strings.Cut(request, ":")
	return sure(ok && service == prefix && globText(name).match([]rune(operation)))
}

// allowWorks tells whether an Allow of a key policy can give this caller the action at all: RetireGrant
// and SynchronizeMultiRegionKey are given otherwise (semantics.md §3.1), and a caller of another account can use
// only the actions that work across accounts (§2.4). Deny knows no such limits (§2.3).
func (a *ask) allowWorks() verdict {
	effective, crossAccount, known := actionFacts(a.request.Action)
	switch {
	case !known && isKMS(a.request.Action):
		return maybe("the action is not in the table of KMS actions")
	case !known || !effective:
		return no
	case crossAccount:
		return yes
	}
	return a.foreign().not()
}
