package rules

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/lint"
)

// hidden lists the constructs that hide whole statements of the policy, as the engine names them.
func hidden(p *lint.Pass) []string {
	var all []string
	for _, u := range p.Policy.Unknown {
		all = append(all, u.Construct)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// askHidden asks a rule's question about the statements that the template hides, which a question about one statement
// leaves out: a macro may make any. It adds nothing to what the rule has reported, since that hangs on the same constructs.
func askHidden(p *lint.Pass, q authz.Query, set authz.Set, question string) {
	if len(p.Policy.Unknown) == 0 || p.Reported() {
		return
	}
	if a := p.Ask(q, set); a.Verdict == authz.Undecided {
		undecided(p, nil, a, lint.About{Set: set, Query: q, Judged: "hidden statements"}, question)
	}
}

// suspectHidden is askHidden for a question that is about how a statement is written.
func suspectHidden(p *lint.Pass, question string) {
	if len(p.Policy.Unknown) > 0 && !p.Reported() {
		undecided(p, nil, authz.Answer{Because: hidden(p)}, lint.About{Judged: "hidden statements"}, question)
	}
}
