package rules

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// everywhere tells whether a use is there whenever the key is, in every environment of the template: its identity, its
// policy and its statement, or together with those that the template chooses instead of it. A role under a Condition does
// not exist elsewhere, so that a key policy that names it does not deploy; and one whose policy stands under a Condition
// would have access where its policy gives it none.
func (c closing) everywhere(u cfn.Use) bool {
	var guards []policy.Guard
	for _, other := range c.p.Target.Uses {
		if !same(u, other) {
			continue
		}
		g, ok := other.Identity.When.And(other.Grant.When)
		if ok {
			g, ok = g.And(other.Statement.When)
		}
		if ok {
			guards = append(guards, g)
		}
	}
	if u.Local && (c.unread(u.Identity.LogicalID, u.Identity.When) || c.unread(u.Grant.LogicalID, u.Grant.When)) {
		return false
	}
	var key policy.Guard
	if u.Local {
		key = c.p.Key.When
	}
	return covered(u.Grant.Policy, guards, key)
}

// same tells whether two uses are the same statement for the same identity, in the environments of each. A resource that has
// one of several names is one identity.
func same(a, b cfn.Use) bool {
	if a.Identity != b.Identity && (a.Identity.LogicalID == "" || a.Identity.LogicalID != b.Identity.LogicalID || a.Identity.In != b.Identity.In) {
		return false
	}
	return a.Grant.LogicalID == b.Grant.LogicalID && sameNode(a.Grant.Node, b.Grant.Node) && sameNode(a.Statement.Node, b.Statement.Node) &&
		a.Statement.Effect == b.Statement.Effect && granted(a.Statement) == granted(b.Statement)
}

func sameNode(a, b *syntax.Node) bool { return a == b || a != nil && b != nil && a.Span == b.Span }

// unread tells whether a resource stands under a Condition, other than the key's, that its guard does not speak of.
func (c closing) unread(id string, guard policy.Guard) bool {
	resources := c.p.Key.In.Root.Get("Resources")
	condition := resources.Get(id).Get("Condition")
	if condition == nil || len(guard) > 0 {
		return false
	}
	own := resources.Get(c.p.Key.LogicalID).Get("Condition")
	return own == nil || own.Value != condition.Value
}

// covered tells whether one of the guards holds in every environment in which the key is made. Where there are too many
// to try, it is false.
func covered(pol *policy.Policy, guards []policy.Guard, key policy.Guard) bool {
	unconditional := func(g policy.Guard) bool {
		both, ok := key.And(g)
		return ok && len(both) == len(key)
	}
	if slices.ContainsFunc(guards, unconditional) {
		return true
	}
	all, ok := combined(pol, key, func(policy.Dimension) bool { return true })
	return ok && !slices.ContainsFunc(all, func(env policy.Guard) bool {
		return !slices.ContainsFunc(guards, func(g policy.Guard) bool {
			both, ok := env.And(g)
			return ok && len(both) == len(env)
		})
	})
}
