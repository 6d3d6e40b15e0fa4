package rules

import (
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// withoutPolicy proposes a policy for a key that has none, to which KMS gives its default policy: the article's two statements.
func withoutPolicy(p *lint.Pass, pr *lint.Proposal) *lint.Proposal {
	if p.Key.Generated {
		pr.WhyNot, pr.Language, pr.Text = "the key has no KeyPolicy; write one", "typescript", cdkText(p)
		return pr
	}
	c := newClosing(p, pr)
	pr.Message = "write the key's policy: the root user, and who manages the key"
	who := c.appoint()
	c.warnDeployer()
	if len(who) == 0 {
		who = []*syntax.Node{syntax.NewString("<your key administrators>")}
	}
	for _, u := range p.Target.Uses {
		if actions := granted(u.Statement); c.loses(u.Identity.ARN, actions) {
			pr.Used = append(pr.Used, lint.User{Affected: affected(p, u, actions), Why: "the policy to write does not name it"})
		}
	}
	c.services(nil)
	edits := writePolicy(p, c.f, who)
	pr.Changes = []lint.Change{{Edits: edits}}
	after(p, pr, edits)
	return pr
}

// writePolicy returns the edits that give a key's resource a KeyPolicy.
func writePolicy(p *lint.Pass, f *syntax.File, who []*syntax.Node) []syntax.Edit {
	root := syntax.NewMapping(
		"Sid", syntax.NewString(rootSid),
		"Effect", syntax.NewString("Allow"),
		"Principal", syntax.NewMapping("AWS", substitute(p, "arn:${AWS::Partition}:iam::${AWS::AccountId}:root")),
		"Action", syntax.NewString("kms:*"),
		"Resource", syntax.NewString("*"),
		"Condition", syntax.NewMapping("StringEquals", syntax.NewMapping("aws:PrincipalType", syntax.NewString("Account"))))
	written := syntax.NewMapping(
		"Version", syntax.NewString("2012-10-17"),
		"Statement", syntax.NewSequence(root, administratorStatement(p, oneOrList(who))))
	if properties := p.Key.Node.Get("Properties"); properties != nil {
		return []syntax.Edit{f.SetMember(properties, "KeyPolicy", written, "")}
	}
	return []syntax.Edit{f.SetMember(p.Key.Node, "Properties", syntax.NewMapping("KeyPolicy", written), "Type")}
}
