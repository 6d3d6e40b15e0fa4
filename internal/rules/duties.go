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
	all := configured(p)
	for _, who := range namedIdentities(p.Policy) {
		if !slices.Contains(all, who) && len(giving(p, allowed, who, kms.Set("kms:PutKeyPolicy"))) > 0 && len(giving(p, allowed, who, kms.Plaintext)) == 0 {
			all = append(all, who)
		}
	}
	return all
}

// giving returns the statements that name an identity and surely give it one of the actions directly.
func giving(p *lint.Pass, allowed []stated, who string, actions kms.ActionSet) []stated {
	var all []stated
	for _, st := range allowed {
		if st.may&actions == 0 || !slices.Contains(st.named, who) {
			continue
		}
		if p.Ask(authz.Query{Principal: who, Actions: actions}, p.Engine.Direct(0).Of(st.Index)).Verdict == authz.Yes {
			all = append(all, st)
		}
	}
	return all
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
