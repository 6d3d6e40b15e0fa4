package rules

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// bounded proposes to keep delegation, for the identities alone that use the key: the account principal with
// aws:PrincipalArn. A condition's ARNs need not exist when the key is written, so this works where the key policy cannot
// name a role that itself refers to the key (DESIGN section 6). It is nil where the policy can name everyone, or where one has no fixed name.
func (c closing) bounded(st *policy.Statement) *lint.Proposal {
	if len(c.pr.Used) == 0 {
		return nil
	}
	p := c.p
	arns := []string{"arn:" + p.Policy.Partition + ":iam::" + p.Policy.Own + ":root"} // the root user keeps what it has
	for _, u := range p.Target.Uses {
		if u.Statement.Effect != policy.Allow || !c.loses(u.Identity.ARN, granted(u.Statement)) {
			continue
		}
		shown := p.Show(u.Identity.ARN)
		if u.Identity.ARN == "" || strings.Contains(strings.ReplaceAll(shown, policy.AccountSymbol, ""), "${") {
			return nil
		}
		arns = append(arns, u.Identity.ARN)
	}
	arns = append(arns, c.pr.Administrators...)
	arns = append(arns, c.pr.Deployers...)
	var nodes []*syntax.Node
	for i, a := range arns {
		if !slices.Contains(arns[:i], a) {
			nodes = append(nodes, arn(p, p.Show(a)))
		}
	}
	edits, ok := pinCondition(c.f, st.Node, "ArnEquals", "aws:PrincipalArn", syntax.NewSequence(nodes...))
	if !ok {
		return nil
	}
	other := &lint.Proposal{
		Message: "let IAM decide for the identities alone that the templates let use the key",
		Changes: []lint.Change{{Edits: slices.Clone(edits)}},
		Loses:   p.Engine.Delegated(0),
		Lost:    []string{"users and roles of the own account that are not listed"},
	}
	after(p, other, edits)
	return other
}
