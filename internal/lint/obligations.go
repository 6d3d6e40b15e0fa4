package lint

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
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

// alone proves that the edits, of the analysed file, change the key's resource and nothing else: what stands behind a YAML
// anchor may be a part of another key's policy too.
func (p *Pass) alone(edits []syntax.Edit) string {
	if p.Key.File.Format != syntax.YAML || bytes.IndexByte(p.Key.File.Source, '*') < 0 {
		return ""
	}
	why := ""
	var walk func(n *syntax.Node, depth int)
	walk = func(n *syntax.Node, depth int) {
		switch {
		case n == nil || n == p.Key.Node || depth > maxNesting || why != "":
			return
		case n.Kind == syntax.Alias && n.Target != nil:
			if slices.ContainsFunc(edits, func(e syntax.Edit) bool { return within(e, n.Target) }) {
				why = fmt.Sprintf("line %d has the same text by the alias *%s, so the change would be one there too", p.Key.File.Position(n.Span.Start).Line, n.Value)
			}
		}
		for _, m := range n.Members {
			walk(m.Key, depth+1)
			walk(m.Value, depth+1)
		}
		for _, item := range n.Items {
			walk(item, depth+1)
		}
	}
	for _, root := range p.Key.File.Roots {
		walk(root, 0)
	}
	if why == "" && p.Key.In.File == p.Key.File {
		why = p.elsewhere(edits)
	}
	return why
}

// elsewhere says which other resource the edits change: that with the anchor, where the key has the alias.
func (p *Pass) elsewhere(edits []syntax.Edit) string {
	resources := p.Key.In.Root.Get("Resources")
	if resources == nil || p.Key.LogicalID == "" {
		return ""
	}
	for _, m := range resources.Members {
		if m.Value == nil || m.Value == p.Key.Node {
			continue
		}
		if slices.ContainsFunc(edits, func(e syntax.Edit) bool { return within(e, m.Value) && !within(e, p.Key.Node) }) {
			return fmt.Sprintf("the text is that of %s, of which the key has an alias, so the change would be one there too", m.Key.Value)
		}
	}
	return ""
}

// maxNesting bounds how deep aliases are looked for: what stands deeper is no template's.
const maxNesting = 200

// within tells whether an edit changes a node. What is put at the end of a block belongs to it.
func within(e syntax.Edit, n *syntax.Node) bool {
	block := n.Kind != syntax.Scalar && n.Style == syntax.Block
	return e.Start >= n.Span.Start && (e.Start < n.Span.End || block && e.Start == n.Span.End) && (e.Start < e.End || e.Text != "")
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
