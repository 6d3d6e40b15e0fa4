package rules

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// bounded proposes to keep delegation, for the identities alone that use the key: the account principal with
// aws:PrincipalArn. A condition's ARNs need not exist when the key is written, so this works where the key policy cannot
// name a role that itself refers to the key (DESIGN section 6). Names that CloudFormation makes are known by their beginning
// alone, so with them it is text. It is nil where the policy can name everyone, or where one has a name
// that nothing tells or the policy cannot write.
func (c closing) bounded(st *policy.Statement) *lint.Proposal {
	if len(c.pr.Used) == 0 || leftToIAM(c.p, st) != 0 {
		return nil
	}
	p := c.p
	arns := []string{"arn:" + p.Policy.Partition + ":iam::" + p.Policy.Own + ":root"} // the root user keeps what it has
	made := false
	for _, u := range p.Target.Uses {
		if u.Statement.Effect != policy.Allow || !c.loses(u.Identity.ARN, granted(u.Statement)) {
			continue
		}
		arn, begins := c.known(u)
		if arn == "" || begins && !refers(p) {
			return nil
		}
		made = made || begins
		arns = append(arns, arn)
	}
	for _, who := range append(slices.Clip(c.pr.Administrators), c.pr.Deployers...) {
		arns = append(arns, p.Show(who))
	}
	var nodes []*syntax.Node
	for i, a := range arns {
		if !slices.Contains(arns[:i], a) {
			nodes = append(nodes, written(p, a))
		}
	}
	operator := "ArnEquals"
	if made {
		operator = "ArnLike"
	}
	edits, ok := pinCondition(c.f, st.Node, operator, "aws:PrincipalArn", syntax.NewSequence(nodes...))
	if !ok {
		return nil
	}
	other := &lint.Proposal{
		Message: "let IAM decide for the identities alone that the templates let use the key",
		Loses:   p.Engine.Delegated(0),
		Lost:    []string{"users and roles of the own account that are not listed"},
	}
	if p.Key.Template && len(c.pr.Deployers) == 0 {
		other.Message += "; the role that deploys must be among them"
	}
	if made {
		other.Message += "; the names that CloudFormation makes begin with the stack's and the logical id, shortened where they would be longer than 64 letters"
	} else {
		other.Changes = []lint.Change{{Edits: slices.Clone(edits)}}
	}
	after(p, other, edits)
	return other
}

// known returns the ARN by which a condition can name the identity of a use, "" where nothing tells its name. begins tells
// that only the beginning of its name is known, since CloudFormation makes it: "${AWS::StackName}-AppRole-*".
func (c closing) known(u cfn.Use) (arn string, begins bool) {
	id := u.Identity
	shown := strings.ReplaceAll(c.p.Show(id.ARN), policy.AccountSymbol, "")
	if id.ARN == "" || !strings.Contains(shown, "${") {
		return c.p.Show(id.ARN), false
	}
	logical := "${" + id.LogicalID + "}"
	if !u.Local || id.LogicalID == "" || !strings.HasSuffix(shown, "/"+logical) || strings.Count(shown, "${") != 1 {
		return "", false
	}
	return strings.TrimSuffix(c.p.Show(id.ARN), logical) + "${AWS::StackName}-" + id.LogicalID + "-*", true
}
