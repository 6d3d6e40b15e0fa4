package rules

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// The article's Sids for those who use the key.
const (
	useSid   = "Allow use of the key"
	grantSid = "Allow attachment of persistent resources"
)

// users names the identities that the repository's IAM policies let use the key, and lists those that cannot be named (DESIGN section 6).
func (c closing) users(st *policy.Statement) {
	var plain []named
	denied := map[*cfn.Identity]kms.ActionSet{} // whatever the request: a Deny with conditions stays in IAM
	for _, u := range c.p.Target.Uses {
		if u.Statement.Effect == policy.Deny && u.Statement.Inert == "" && len(u.Statement.Conditions) == 0 && c.everywhere(u) {
			denied[u.Identity] |= granted(u.Statement)
		}
	}
	for _, u := range c.p.Target.Uses {
		if u.Statement.Effect != policy.Allow || u.Statement.Inert != "" {
			continue
		}
		who := u.Identity.ARN
		actions := c.delegated(who, granted(u.Statement)&^denied[u.Identity]&^leftToIAM(c.p, st))
		if !c.loses(who, actions) {
			continue
		}
		node, why := c.nameable(u)
		if _, ok := c.narrowed(st, u.Statement.ConditionNode); why == "" && !ok {
			why = "its policy and the statement have conditions on the same key"
		}
		if why != "" {
			c.pr.Used = append(c.pr.Used, lint.User{Affected: affected(c.p, u, actions), Why: why})
			continue
		}
		c.pr.Gains = append(c.pr.Gains, lint.Gain{Principal: who, Actions: actions, Why: "uses the key, as its IAM policy says", Needed: true})
		plain = append(plain, named{node, u, actions})
	}
	for _, group := range alike(plain) {
		c.insertUse(st, group)
	}
}

// delegated returns those of a caller's actions that the policy leaves to IAM, in some environment, or may leave.
func (c closing) delegated(who string, actions kms.ActionSet) (left kms.ActionSet) {
	if who == "" {
		return actions
	}
	e := c.p.Engine
	for _, name := range actions.Names() {
		if one := kms.Set(name); e.Find(authz.Query{Principal: who, Actions: one}, e.Delegated(0)).Verdict != authz.No {
			left |= one
		}
	}
	return left
}

// narrowed joins the conditions of the statement that delegates with those of what it delegates to: both hold today. It is
// nil without any, and false where both ask the same key by the same operator or one is worked out by the template.
func (c closing) narrowed(st *policy.Statement, own *syntax.Node) (*syntax.Node, bool) {
	var outer *syntax.Node
	if st.Node != nil {
		outer = st.Node.Get("Condition")
	}
	switch {
	case outer == nil && own == nil:
		return nil, true
	case outer == nil:
		return clone(own), true
	case own == nil:
		return clone(outer), true
	}
	both := clone(outer)
	if intrinsic(both) || intrinsic(own.Resolved()) {
		return nil, false
	}
	for _, m := range own.Resolved().Members {
		block := both.Get(m.Key.Value)
		if block == nil {
			set(both, m.Key.Value, clone(m.Value))
			continue
		}
		more := m.Value.Resolved()
		if block.Kind != syntax.Mapping || intrinsic(block) || more == nil || more.Kind != syntax.Mapping || intrinsic(more) {
			return nil, false
		}
		for _, k := range more.Members {
			if slices.ContainsFunc(block.Members, func(have syntax.Member) bool { return strings.EqualFold(have.Key.Value, k.Key.Value) }) {
				return nil, false
			}
			set(block, k.Key.Value, clone(k.Value))
		}
	}
	return both, true
}

// named is one use whose identity the key policy can name.
type named struct {
	node    *syntax.Node
	use     cfn.Use
	actions kms.ActionSet
}

// granted expands what an IAM statement allows on a key.
func granted(st *policy.Statement) kms.ActionSet {
	var set kms.ActionSet
	for _, a := range st.Actions {
		set |= kms.Expand(a.Text)
	}
	if st.NotAction {
		set = kms.All &^ set
	}
	return set & kms.Effective
}

// loses tells whether a caller has any of the actions by delegation alone. What is not decided counts as lost.
func (c closing) loses(who string, actions kms.ActionSet) bool {
	if actions == 0 {
		return false
	}
	if who == "" {
		return true
	}
	e := c.p.Engine
	return e.Find(authz.Query{Principal: who, Actions: actions}, e.Delegated(0).Less(e.Direct(0))).Verdict != authz.No
}

// nameable returns how the key policy names the identity of a use, or why it cannot.
func (c closing) nameable(u cfn.Use) (*syntax.Node, string) {
	key := c.p.Key
	id := u.Identity
	switch {
	case u.Every:
		return nil, "its policy is on more than this key, so it is listed and not copied"
	case id.ARN == "":
		return nil, "its policy is on a group, which no key policy can name"
	case u.Statement.ConditionNode != nil && !u.Local:
		return nil, "the conditions of its policy stand in another file"
	case barred(u.Statement) != "":
		return nil, "its policy has a condition on " + barred(u.Statement) + ", which KMS refuses in a key policy"
	case id.Kind == "user" && len(id.Boundaries) > 0:
		return nil, "its permissions boundary would not hold it where the key's policy names it"
	case !c.everywhere(u):
		return nil, "it or its policy is there under a condition of the template alone, and the key's policy would always name it"
	case !key.Template:
		return nil, "its ARN is known in its template alone"
	case policyInString(key) && calls(u.Statement.ConditionNode):
		return nil, "its policy has a condition with functions, which the key's policy, a string, cannot hold"
	case u.Local && id.LogicalID != "" && key.In.Has(id.LogicalID):
		if key.In.DependsOn(id.LogicalID, key.LogicalID) {
			return nil, "it refers to the key, so the key's policy cannot refer to it"
		}
		if !refers(c.p) {
			return nil, "the key's policy is a string without Fn::Sub, which cannot refer to it"
		}
		return intrinsicsOf(c.p).attribute(id.LogicalID, "Arn"), ""
	case u.Local && key.In.DependsOn(strings.TrimSuffix(id.LogicalID, "Role"), key.LogicalID): // that SAM makes of a function
		return nil, "it is made of a resource that refers to the key, so the key's policy cannot refer to it"
	case !u.Local && id.LogicalID != "":
		// Its template takes the key's ARN from this stack, so CloudFormation makes it later, whatever its name.
		return nil, "its stack needs the key, so it is not there yet when KMS checks the key's policy"
	}
	shown := c.p.Show(id.ARN)
	if strings.Contains(strings.ReplaceAll(shown, policy.AccountSymbol, ""), "${") {
		return nil, "it has no fixed name, so the key's policy cannot name it"
	}
	return written(c.p, id.ARN), ""
}

// barred returns a condition key of a statement with which KMS refuses a key policy (semantics.md §1.6), "" where there is none.
func barred(st *policy.Statement) string {
	for _, cond := range st.Conditions {
		if key, ok := kms.ConditionKey(cond.Key); ok && !key.AllowedInKeyPolicy {
			return cond.Key
		}
	}
	return ""
}

func affected(p *lint.Pass, u cfn.Use, actions kms.ActionSet) lint.Affected {
	a := lint.Affected{File: u.Identity.In.File.Name, LogicalID: u.Identity.LogicalID, Principal: p.Show(u.Identity.ARN), Actions: actions.Names()}
	if a.Principal == "" {
		a.Principal = u.Identity.Kind + " " + u.Identity.LogicalID
	}
	return a
}

// alike groups uses with the same actions that have no conditions or are by one statement of a policy that several identities have.
func alike(all []named) [][]named {
	var groups [][]named
	for _, n := range all {
		at := -1
		for i, g := range groups {
			a, b := n.use.Statement, g[0].use.Statement
			if g[0].actions == n.actions && (a.ConditionNode == nil && b.ConditionNode == nil || a.Node != nil && a.Node == b.Node) {
				at = i
			}
		}
		if at < 0 {
			groups = append(groups, []named{n})
		} else {
			groups[at] = append(groups[at], n)
		}
	}
	return groups
}

// attachActions are those of the article's "Allow attachment of persistent resources".
var attachActions = kms.Set("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant")

// insertUse writes a group as statements with the article's Sids: use, and grants where they have any.
func (c closing) insertUse(st *policy.Statement, group []named) {
	var who []*syntax.Node
	for _, n := range group {
		if !slices.ContainsFunc(who, func(have *syntax.Node) bool { return syntax.Equal(have, n.node) }) {
			who = append(who, n.node)
		}
	}
	first := group[0].use.Statement
	for _, part := range []struct {
		sid string
		set kms.ActionSet
	}{{useSid, group[0].actions &^ attachActions}, {grantSid, group[0].actions & attachActions}} {
		actions := writtenActions(first, part.set)
		if len(actions) == 0 {
			continue
		}
		s := syntax.NewMapping(
			"Sid", syntax.NewString(part.sid),
			"Effect", syntax.NewString("Allow"),
			"Principal", syntax.NewMapping("AWS", oneOrList(who)),
			"Action", oneOrList(stringList(actions).Items),
			"Resource", syntax.NewString("*"))
		if condition, ok := c.narrowed(st, first.ConditionNode); ok && condition != nil {
			set(s, "Condition", condition)
		}
		c.insert(st, s)
	}
}

// writtenActions returns the statement's own patterns where they lie in the set as a whole, else the actions by name.
func writtenActions(st *policy.Statement, set kms.ActionSet) []string {
	if set == 0 {
		return nil
	}
	var texts []string
	var have kms.ActionSet
	for _, a := range st.Actions {
		if in := kms.Expand(a.Text) & kms.Effective; !st.NotAction && in != 0 && in&^set == 0 {
			texts = append(texts, a.Text)
			have |= in
		}
	}
	texts = append(texts, (set &^ have).Names()...)
	slices.Sort(texts)
	return slices.Compact(texts)
}
