package lint

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// silent proves R2: with the key as the fix makes it, the rule has fewer findings than before and no rule has more. The
// rule itself comes first, since the findings that a part of a fix leaves are mostly its own.
func (p *Pass) silent(after *cfn.Key) string {
	target := *p.Target
	target.Key = after
	engine := authz.New(after.Policy)
	w := newWork(p.work.rules)
	then := func(rule *Rule) (int, error) {
		q := &Pass{Rule: rule, Target: &target, Key: after, Policy: after.Policy, Engine: engine, Config: p.Config, work: w, quiet: true}
		err := q.run()
		return len(q.findings), err
	}
	switch n, err := then(p.Rule); {
	case err != nil:
		return err.Error()
	case n >= p.work.counts[p.Rule.ID]:
		return "the finding would still be there"
	}
	same := p.Rule.OfResource && Normal(after.Policy) == Normal(p.Policy)
	for _, rule := range p.work.rules {
		before, ran := p.work.counts[rule.ID]
		if rule == p.Rule || !ran || same && !rule.OfResource {
			continue
		}
		switch n, err := then(rule); {
		case err != nil:
			return err.Error()
		case n > before:
			return "the fix would bring a finding of " + rule.ID
		}
	}
	return ""
}

// maxSubsets bounds the changes of one fix of which every combination is tried. Of more, each is left out alone: what a
// fix needs for R1 to R4 it needs whatever else is left out, since each change serves one principal or closes one statement.
const maxSubsets = 4

// subsets returns the proper, non-empty subsets of n changes to try, as bit masks.
func subsets(n int) []int {
	var all []int
	if n > maxSubsets {
		for i := range n {
			all = append(all, (1<<n-1)&^(1<<i))
		}
		return all
	}
	for mask := 1; mask < 1<<n-1; mask++ {
		all = append(all, mask)
	}
	return all
}

// minimal proves R5: no proper subset of the changes proves R1 to R4 and gives what the templates need, Sids apart.
func (p *Pass) minimal(pr *Proposal, fixed *cfn.Key) string {
	var needed []Change
	var cosmetic []Change
	for _, c := range pr.Changes {
		if c.Cosmetic {
			cosmetic = append(cosmetic, c)
		} else {
			needed = append(needed, c)
		}
	}
	for _, mask := range subsets(len(needed)) {
		some := *pr
		some.Changes = cosmetic[:len(cosmetic):len(cosmetic)]
		for i, c := range needed {
			if mask>>i&1 == 1 {
				some.Changes = append(some.Changes, c)
			}
		}
		after, err := p.apply(some.edits())
		if err != nil {
			continue
		}
		switch p.check(&some, after) {
		case "":
			if !lacks(pr, fixed, after) {
				return "a part of the fix would do"
			}
		case notProved:
			return notProved
		}
	}
	return ""
}

// lacks tells whether a part of a fix gives less than the fix of what the repository's templates need, or may do so.
func lacks(pr *Proposal, fixed, part *cfn.Key) bool {
	var both *authz.Engine
	return slices.ContainsFunc(pr.Gains, func(g Gain) bool {
		if !g.Needed {
			return false
		}
		if both == nil {
			both = authz.New(fixed.Policy, part.Policy)
		}
		return both.Find(authz.Query{Principal: g.Principal, Actions: g.Actions}, both.Direct(0).Less(both.Direct(1))).Verdict != authz.No
	})
}

// deploys proves R7 for the principals that the fix writes: each exists before the key is written. A role of the same
// template does only where the key refers to it and it does not need the key in turn.
func deploys(pr *Proposal, after *cfn.Key) string {
	if after.LogicalID == "" {
		return ""
	}
	if after.In.DependsOn(after.LogicalID, after.LogicalID) {
		return "the key would refer to a resource that refers to the key, which CloudFormation refuses"
	}
	for _, g := range pr.Gains {
		_, _, name, _ := policy.ParsePrincipal(g.Principal)
		for _, id := range after.In.Identities() {
			if _, _, other, _ := policy.ParsePrincipal(id.ARN); id.LogicalID == "" || policy.BaseName(other) != policy.BaseName(name) {
				continue
			}
			if after.In.DependsOn(id.LogicalID, after.LogicalID) || !after.In.DependsOn(after.LogicalID, id.LogicalID) {
				return g.Principal + " is made by this template, and nothing makes sure that it is there before the key, so KMS could refuse the policy"
			}
		}
	}
	return ""
}
