package eval

import "github.com/kmsguard/kmsguard/internal/policy"

const (
	whyAllowStarService = `whether "*" in an Allow matches AWS services is not documented`
	whyAWSStarService   = `whether {"AWS": "*"} matches AWS services is not documented`
	whyFederated        = "whether the federated user was made by the named user, and within its limits, is not told by the request"
	whyUnnamedSession   = "the name of the role session is not given"
	whyUnread           = "a principal is hidden by a template construct"
	whyNobody           = "the principal of the request is none that calls KMS"
)

// allowPrincipal matches the principal element of an Allow: by identity, and by account (semantics.md §5.2).
func (a *ask) allowPrincipal(s *policy.Statement) (identity, account verdict) {
	if s.NotPrincipal {
		identity = a.exempt(s.Principals).not() // "*" less the list (§1.4)
		if a.caller.kind == service {
			identity = identity.and(maybe(whyAllowStarService))
		}
		return identity, no
	}
	for _, p := range s.Principals {
		i, d := a.meet(p)
		if a.caller.kind == service && p.Kind == policy.Everyone {
			i = maybe(whyAllowStarService)
		}
		identity, account = identity.or(i), account.or(d)
	}
	return identity, account
}

// denyPrincipal matches the principal element of a Deny. An account principal there hits every identity of the account (semantics.md §5.2).
func (a *ask) denyPrincipal(s *policy.Statement) verdict {
	if s.NotPrincipal {
		hit := a.exempt(s.Principals).not()
		if hit.truth == No && a.mayHaveBoundary() {
			return maybe("a Deny with NotPrincipal always hits a principal that has a permissions boundary; whether this one has is not known")
		}
		return hit
	}
	hit := no
	for _, p := range s.Principals {
		identity, account := a.meet(p)
		hit = hit.or(identity).or(account)
	}
	return hit
}

// mayHaveBoundary: permissions boundaries are of users and roles (semantics.md §5.3).
func (a *ask) mayHaveBoundary() bool {
	switch a.caller.kind {
	case user, session, role, federated, opaque:
		return true
	}
	return false
}

// meet is one cell of semantics.md §5.2: the caller is matched as itself, or as one of its account's.
func (a *ask) meet(p policy.Principal) (identity, account verdict) {
	c := a.caller
	if c.kind == nobody {
		return maybe(whyNobody), no
	}
	switch p.Kind {
	case policy.Everyone:
		return yes, no
	case policy.AWSEveryone:
		if c.kind == service {
			return maybe(whyAWSStarService), no
		}
		return yes, no
	case policy.Service:
		return sure(c.kind == service && p.Text == c.arn), no
	case policy.WebIdentity, policy.CanonicalUser, policy.UniqueID, policy.InvalidARN:
		return no, no
	case policy.AccountRoot, policy.User, policy.Role, policy.RoleSession, policy.FederatedUser:
		if c.kind == service {
			return no, no
		}
		return meetARN(p, parseCaller(p.Text), c)
	}
	if c.kind == rootUser || c.kind == service {
		return maybe(whyUnread), no
	}
	return maybe(whyUnread), maybe(whyUnread)
}

// meetARN compares the caller with a principal that is an ARN.
func meetARN(p policy.Principal, named, c caller) (identity, account verdict) {
	switch {
	case c.kind == opaque && p.Kind == policy.AccountRoot:
		return no, sure(c.account != "" && c.account == p.Account)
	case c.kind == opaque || named.kind == opaque:
		return sure(p.Text == c.arn), no
	case !c.sameAccount(named):
		return no, no
	}
	switch p.Kind {
	case policy.AccountRoot:
		return sure(c.kind == rootUser), sure(c.kind != rootUser)
	case policy.User:
		if c.kind == federated {
			return maybe(whyFederated), no
		}
	case policy.Role:
		return sure(c.role != "" && c.role == named.arn), no
	case policy.RoleSession:
		if c.kind == role && c.name == named.name {
			return maybe(whyUnnamedSession), no
		}
	}
	return sure(c.arn == named.arn), no
}
