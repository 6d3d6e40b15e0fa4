package eval

import "github.com/kmsguard/kmsguard/internal/policy"

// identityPolicies tells whether one of the identity policies allows the request and whether one denies it. They have
// no Principal: they are the caller's own (semantics.md §5.1). So a statement that is inert for want of a principal
// alone is live here.
func identityPolicies(list []*policy.Policy, own string, partition string, r policy.Request) (allowed, denied verdict) {
	for _, p := range list {
		if p == nil {
			continue
		}
		a := newAsk(p, r)
		a.own, a.partition = own, partition // of the key, not of the policy
		for _, s := range p.Statements {
			if s == nil || len(s.Actions) == 0 || len(s.Resources) == 0 {
				continue
			}
			switch s.Effect {
			case policy.Allow:
				allowed = allowed.or(a.rest(s))
			case policy.Deny:
				denied = denied.or(a.rest(s))
			}
		}
		for _, u := range p.Unknown {
			unread := a.guard(u.When).and(maybe("a part of an identity policy could not be read: " + u.Construct))
			allowed, denied = blur(allowed, unread), denied.or(unread)
		}
	}
	return allowed, denied
}
