package rules

import (
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// chosenPolicy shows what each of the policies needs between which the template chooses by Fn::If.
func chosenPolicy(p *lint.Pass, pr *lint.Proposal, guilty []*policy.Statement) *lint.Proposal {
	pr.WhyNot = "the template works the key's policy out, and each that it can be must name administrators and users"
	seen := map[*syntax.Node]bool{}
	for _, st := range guilty {
		if st.Node == nil {
			pr.WhyNot = "where the template leaves KeyPolicy out, KMS writes its default policy, which leaves the key to IAM; write one there too"
			continue
		}
		c := newClosing(p, pr)
		at, ok := c.listOf(st.Node)
		if !ok {
			pr.Changes = nil
			return pr
		}
		for sid := range c.sids {
			delete(c.sids, sid)
		}
		for _, item := range at.seq.Items {
			if sid := item.Resolved().Get("Sid"); sid != nil {
				c.sids[sid.Value] = true
			}
		}
		if !c.statement(st) || seen[at.seq] {
			continue
		}
		seen[at.seq] = true
		c.administration(st)
		if len(pr.Administrators) == 0 && !c.managedByIAM(st) {
			c.insert(st, administratorStatement(p, syntax.NewString("<your key administrators>")))
		}
		c.users(st)
		c.services(st)
	}
	var edits []syntax.Edit
	for _, change := range pr.Changes {
		edits = append(edits, change.Edits...)
	}
	after(p, pr, edits)
	if p.Key.Generated {
		pr.Text, pr.Language = cdkText(p), "typescript"
	}
	return pr
}

// listOf finds the statement list that holds a node, in whichever of the policies between which the template chooses.
func (c closing) listOf(st *syntax.Node) (list, bool) {
	if statementsNode(c.p) != nil || c.p.Key.PolicyNode == nil {
		return listOf(c.p, st)
	}
	var found list
	var walk func(n *syntax.Node, depth int)
	walk = func(n *syntax.Node, depth int) {
		if n = n.Resolved(); n == nil || depth > maxNesting || found.seq != nil {
			return
		}
		if statements := n.Get("Statement"); statements != nil && statements.Kind == syntax.Sequence {
			for i, item := range statements.Items {
				if item.Span.Contains(st.Span) {
					found = list{statements, i}
				}
			}
			return
		}
		for _, m := range n.Members {
			walk(m.Value, depth+1)
		}
		for _, item := range n.Items {
			walk(item, depth+1)
		}
	}
	walk(c.p.Key.PolicyNode, 0)
	return found, found.seq != nil
}
