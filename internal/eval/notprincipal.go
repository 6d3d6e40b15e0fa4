package eval

import "github.com/kmsguard/kmsguard/internal/policy"

const whyNotPrincipal = "whether NotPrincipal exempts a caller of which it does not list account, identity and session all is not documented"

// exempt tells whether a NotPrincipal list exempts the caller (semantics.md §1.4). A user is exempt where its account
// and its ARN are listed, a session where account, role and session are. Listed in part, it may be exempt or not:
// some services check the account first, and the guide and the simulator disagree about a listed account.
func (a *ask) exempt(list []policy.Principal) verdict {
	v := no
	var account, identity, ofSession bool
	for _, p := range list {
		i, d := a.meet(p)
		switch p.Kind {
		case policy.AccountRoot:
			account = account || d.truth == Yes
			if i.truth == Yes { // the root user, listed as itself
				v = yes
			}
		case policy.User, policy.Role, policy.RoleSession, policy.FederatedUser:
			identity = identity || i.truth == Yes && p.Kind != policy.RoleSession
			ofSession = ofSession || i.truth == Yes && p.Kind == policy.RoleSession
			if i.truth == Maybe {
				v = v.or(i)
			}
		default: // everyone, services, what was not read, and what matches nobody
			v = v.or(i)
		}
	}
	needsSession := a.caller.kind == session || a.caller.kind == role
	switch {
	case account && identity && (ofSession || !needsSession):
		return yes
	case account || identity || ofSession:
		return v.or(maybe(whyNotPrincipal))
	}
	return v
}
