package rules

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// standsFor returns the statements that delegate nothing that a statement does not: they are not reported beside it, so that its
// fix must close them too.
func standsFor(p *lint.Pass, wide stated, q authz.Query, set authz.Set) (all []*policy.Statement) {
	for _, st := range allows(p) {
		its := p.Engine.Delegated(0).Of(st.Index)
		if st.Index != wide.Index && p.Engine.Find(q, its).Verdict == authz.Yes && p.Engine.Find(q, its.Less(set)).Verdict == authz.No {
			all = append(all, st.guilty(p, q, its)...)
		}
	}
	return all
}

// spare takes the own account out of a statement that gives the root user nothing that a statement before it, or one that is
// held to the root user already, does not give it. It is false where there is none such.
func (c closing) spare(st *policy.Statement, guilty []*policy.Statement) bool {
	e := c.p.Engine
	root := authz.Query{Principal: "arn:" + c.p.Policy.Partition + ":iam::" + c.p.Policy.Own + ":root"}
	covered := slices.ContainsFunc(c.p.Policy.Statements, func(other *policy.Statement) bool {
		if other.Effect != policy.Allow || other.Index == st.Index {
			return false
		}
		if i := slices.IndexFunc(guilty, func(g *policy.Statement) bool { return g.Index == other.Index }); i >= 0 && i > slices.Index(guilty, st) {
			return false
		}
		return e.Find(root, e.Direct(0).Of(st.Index).Less(e.Direct(0).Of(other.Index))).Verdict == authz.No
	})
	at, ok := listOf(c.p, st.Node)
	if !covered || !ok || at.seq.Items[at.index].Resolved() != st.Node.Resolved() || leftToIAM(c.p, st) != 0 {
		return false
	}
	_, rest, mixed := splitPrincipals(c.p, st)
	switch {
	case !mixed && at.seq.Items[at.index] == st.Node && len(at.seq.Items) > 1:
		c.pr.Changes = append(c.pr.Changes, lint.Change{Edits: []syntax.Edit{c.f.RemoveItem(at.seq, at.index)}})
	case mixed && rest != nil:
		c.pr.Changes = append(c.pr.Changes, lint.Change{Edits: []syntax.Edit{c.f.Replace(st.PrincipalNode, rest)}})
	default:
		return false
	}
	if st == guilty[0] {
		c.pr.Message = "take the account out of the statement"
	}
	return true
}

// join makes what closes the statements one change, Sids apart: each closes the same door, so that none is for its own.
func (c closing) join() {
	var one lint.Change
	var all []lint.Change
	for _, change := range c.pr.Changes {
		if change.Cosmetic {
			all = append(all, change)
		} else {
			one.Edits = append(one.Edits, change.Edits...)
		}
	}
	c.pr.Changes = append([]lint.Change{one}, all...)
}
