package rules

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// guilty returns the alternatives of a statement that give what was found, each written text once: under Fn::If the one that is
// found need not be the first. Without any, which a budget can bring about, it is all of them.
func (s stated) guilty(p *lint.Pass, q authz.Query, set authz.Set) []*policy.Statement {
	if len(s.alternatives) == 1 {
		return s.alternatives
	}
	var all []*policy.Statement
	for _, alt := range s.alternatives {
		if slices.ContainsFunc(all, func(have *policy.Statement) bool { return sameText(have.Node, alt.Node) }) {
			continue
		}
		at, possible := q.When.And(alt.When)
		narrow := q
		narrow.When = at
		if possible && alt.Effect == s.Effect && p.Engine.Find(narrow, set).Verdict != authz.No {
			all = append(all, alt)
		}
	}
	if len(all) == 0 {
		return s.alternatives
	}
	return all
}

func sameText(a, b *syntax.Node) bool { return a == b || a != nil && b != nil && a.Span == b.Span }
