package rules

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
)

// keyAdministrators returns the administrators of DESIGN section 1: those whom the configuration names, the deployer, and
// the identities that statements name for putting the policy and for no plaintext. What everyone has makes nobody a user.
func keyAdministrators(p *lint.Pass, allowed []stated) []string {
	return lint.Once(p, "key administrators", func() []string { return slices.Clip(findAdministrators(p, allowed)) })
}

func findAdministrators(p *lint.Pass, allowed []stated) []string {
	all := configured(p)
	for _, who := range namedIdentities(p.Policy) {
		if !slices.Contains(all, who) && givenTo(p, allowed, who, putting.Actions, p.Engine.Named) && !givenTo(p, allowed, who, kms.Plaintext, given(p)) {
			all = append(all, who)
		}
	}
	return all
}

// given returns what statements give directly, after every Deny.
func given(p *lint.Pass) func(pol, statement int) authz.Set {
	return func(pol, statement int) authz.Set { return p.Engine.Direct(pol).Of(statement) }
}

// givenTo tells whether a statement that names an identity surely gives it one of the actions. A Deny that takes
// PutKeyPolicy from an administrator does not make a user of it, so that is asked before any Deny.
func givenTo(p *lint.Pass, allowed []stated, who string, actions kms.ActionSet, gives func(pol, statement int) authz.Set) bool {
	return slices.ContainsFunc(allowed, func(st stated) bool {
		return st.may&actions != 0 && slices.Contains(st.named, who) &&
			p.Engine.Find(authz.Query{Principal: who, Actions: actions}, gives(0, st.Index)).Verdict == authz.Yes
	})
}

// configured returns the ARNs of the configured administrators and deployers, and of the key's own deployer.
func configured(p *lint.Pass) []string {
	var all []string
	for _, who := range append(slices.Concat(p.Config.Administrators, p.Config.Deployers), p.Key.Deployer) {
		if who = expand(p, who); who != "" && !slices.Contains(all, who) {
			all = append(all, who)
		}
	}
	return all
}

// stillManaged makes a proposal that takes management away prove that somebody keeps it (R3).
func stillManaged(p *lint.Pass, pr *lint.Proposal) {
	pr.Administrators = administrators(p)
	pr.Manage = len(pr.Administrators) > 0
}
