package rules

import (
	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// delegatedSid is the Sid of a statement that leaves the management of the key to IAM policies.
const delegatedSid = "Allow IAM policies to manage the key"

// leftToIAM returns what the configuration lets IAM decide of what a statement allows: with "delegation: administration"
// the management of the key.
func leftToIAM(p *lint.Pass, st *policy.Statement) kms.ActionSet {
	if p.Config.Delegation != "administration" {
		return 0
	}
	return granted(st) & kms.Manage
}

// keepManagement returns a statement that gives the account what the configuration leaves to IAM of a statement that is held
// to the root user; nil where that is nothing.
func (c closing) keepManagement(st *policy.Statement, root *syntax.Node) *syntax.Node {
	left := leftToIAM(c.p, st)
	if left == 0 {
		return nil
	}
	s := syntax.NewMapping(
		"Sid", syntax.NewString(delegatedSid),
		"Effect", syntax.NewString("Allow"),
		"Principal", clone(root),
		"Action", stringList(managementActions(left)),
		"Resource", syntax.NewString("*"))
	if old := st.Node.Get("Condition"); old != nil { // of a statement that KMS writes there is no node
		set(s, "Condition", clone(old))
	}
	unlike(s, c.sids)
	c.pr.Keeps = append(c.pr.Keeps, authz.Query{Actions: left})
	c.pr.Lost = []string{"users and roles of the own account that only IAM policies let use the key"}
	return s
}

// managementActions writes a set of actions by the patterns of the article's administrators where they lie in it, and the
// rest by name.
func managementActions(set kms.ActionSet) []string {
	var texts []string
	for _, a := range kms.AdministratorActions {
		if in := kms.Expand(a) & kms.Effective; in != 0 && in&^set == 0 {
			texts = append(texts, a)
			set &^= in
		}
	}
	return append(texts, set.Names()...)
}

// managedByIAM tells whether IAM policies may still let somebody put the key's policy after the fix.
func (c closing) managedByIAM(st *policy.Statement) bool {
	need := kms.Set("kms:PutKeyPolicy", "kms:DescribeKey")
	return leftToIAM(c.p, st)&need == need
}
