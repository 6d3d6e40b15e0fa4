package cfn

import (
	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// knownAccount is the own account as the CDK stack's environment or the configuration gives it (DESIGN section 1).
func (t *Template) knownAccount() (id, how string) {
	if t.stack != nil && t.stack.account != "" {
		return t.stack.account, "environment of the CDK stack"
	}
	if t.opt.Account == nil {
		return "", ""
	}
	name := t.File.Name
	if t.outer != nil {
		name = t.outer.Name
	}
	return t.opt.Account(name)
}

// inferAccount works the own account out from the policy: the only account in it, else the only one whose principals can
// PutKeyPolicy, which has no effect across accounts. assumed is the symbol that stands for the own account until then.
func inferAccount(p *policy.Policy, assumed string) (id, how string) {
	accounts := p.Accounts()
	if len(accounts) == 1 && isDigits(accounts[0]) {
		return accounts[0], "the only account in the policy"
	}
	for _, s := range p.Statements {
		if s.Effect != policy.Allow || s.NotPrincipal || !permits(s, "kms:PutKeyPolicy") {
			continue
		}
		for _, q := range s.Principals {
			switch {
			case q.Account == "" || q.Account == assumed || q.Account == id:
			case id != "":
				return "", ""
			default:
				id = q.Account
			}
		}
	}
	return id, "the only account whose principals can change the policy"
}

// permits tells whether the action elements of a statement hold an action.
func permits(s *policy.Statement, action string) bool {
	for _, a := range s.Actions {
		if a.Unknown == "" && glob.Wildcard(a.Text).Fold().Match(action) {
			return !s.NotAction
		}
	}
	return s.NotAction
}
