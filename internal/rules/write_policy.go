package rules

import (
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// withoutPolicy proposes a policy for a key that has none, to which KMS gives its default policy, the statement st: the
// article's two statements, and those who use the key.
func withoutPolicy(p *lint.Pass, pr *lint.Proposal, st *policy.Statement) *lint.Proposal {
	if p.Key.Generated {
		pr.WhyNot, pr.Language, pr.Text = "the key has no KeyPolicy; write one", "typescript", cdkText(p)
		return pr
	}
	pr.Message = "write the key's policy: the root user, and who manages the key"
	c := newClosing(p, pr)
	if left := c.keepManagement(st, writtenRoot(p)); left != nil {
		*c.added = append(*c.added, left)
	}
	c.list(st)
	return c.complete(st)
}

// writtenRoot writes the own account as a principal.
func writtenRoot(p *lint.Pass) *syntax.Node {
	return syntax.NewMapping("AWS", substitute(p, "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"))
}

// writePolicy returns the edits that give a key's resource a KeyPolicy: the root user, and the statements that are added.
func (c closing) writePolicy() []syntax.Edit {
	root := syntax.NewMapping(
		"Sid", syntax.NewString(rootSid),
		"Effect", syntax.NewString("Allow"),
		"Principal", writtenRoot(c.p),
		"Action", syntax.NewString("kms:*"),
		"Resource", syntax.NewString("*"),
		"Condition", syntax.NewMapping("StringEquals", syntax.NewMapping("aws:PrincipalType", syntax.NewString("Account"))))
	written := syntax.NewMapping(
		"Version", syntax.NewString("2012-10-17"),
		"Statement", syntax.NewSequence(append([]*syntax.Node{root}, *c.added...)...))
	if properties := c.p.Key.Node.Get("Properties"); properties != nil {
		return []syntax.Edit{c.f.SetMember(properties, "KeyPolicy", written, "")}
	}
	return []syntax.Edit{c.f.SetMember(c.p.Key.Node, "Properties", syntax.NewMapping("KeyPolicy", written), "Type")}
}
