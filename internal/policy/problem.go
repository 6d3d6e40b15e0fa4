package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// KMS's documented answers (semantics.md §1.6).
const (
	malformed         = "MalformedPolicyDocumentException"
	invalidPrincipals = malformed + ": Policy contains a statement with one or more invalid principals."
)

// problemKey is what alternatives of one statement have in common.
type problemKey struct {
	kind, message string
	node          *syntax.Node
}

// found is a problem in the environments of some alternatives.
type found struct {
	index int // in Problems
	whens []Guard
}

func (r *reader) problem(p Problem) {
	key := problemKey{p.Kind, p.Message, p.Node}
	if f := r.seen[key]; f != nil {
		f.whens = append(f.whens, p.When)
		return
	}
	r.seen[key] = &found{index: len(r.p.Problems), whens: []Guard{p.When}}
	r.p.Problems = append(r.p.Problems, p)
}

// settleProblems gives each problem the widest guard that its alternatives add up to: one that stands whatever a condition is does
// not depend on it.
func (r *reader) settleProblems() {
	for _, f := range r.seen {
		if len(f.whens) > 1 {
			r.p.Problems[f.index].When = widest(f.whens, r.p.Dimensions)
		}
	}
}

// widest leaves dimensions out of guards that differ in them alone and have all their values, and returns the first guard then.
func widest(whens []Guard, dimensions []Dimension) Guard {
	for _, d := range dimensions {
		groups := map[string][]Guard{} // by what they say beside d
		var order []string
		for _, g := range whens {
			rest := maps.Clone(g)
			delete(rest, d.Name)
			key := fmt.Sprint(map[string]string(rest)) // fmt sorts the keys
			if groups[key] == nil {
				order = append(order, key)
			}
			groups[key] = append(groups[key], g)
		}
		whens = nil
		for _, key := range order {
			group := groups[key]
			if covers(group, d) {
				wide := maps.Clone(group[0])
				delete(wide, d.Name)
				group = []Guard{wide}
			}
			whens = append(whens, group...)
		}
	}
	return slices.MinFunc(whens, func(g, h Guard) int { return cmp.Compare(len(g), len(h)) })
}

// covers tells whether the guards, together, do not depend on the dimension.
func covers(guards []Guard, d Dimension) bool {
	seen := map[string]bool{}
	for _, g := range guards {
		value, ok := g[d.Name]
		if !ok {
			return true
		}
		seen[value] = true
	}
	return !slices.ContainsFunc(d.Values, func(v string) bool { return !seen[v] })
}

// awsProblems reports principals that KMS refuses when the policy is saved (semantics.md §1.3).
func (e elements) awsProblems(p Principal) {
	switch {
	case p.Kind == UniqueID:
		e.problem("unique-id", p.Node, invalidPrincipals, fmt.Sprintf("%s is the id of a deleted user or role, so KMS refuses the policy; name a principal that exists", p.Text))
	case p.Kind != InvalidARN:
	case strings.ContainsAny(p.Text, "*?"):
		e.problem("principal-wildcard", p.Node, invalidPrincipals, fmt.Sprintf("principal %s holds a wildcard, so KMS refuses the policy; write \"*\" with a condition on aws:PrincipalArn", p.Text))
	case strings.Contains(p.Text, ":group/") || strings.Contains(p.Text, ":instance-profile/"):
		e.problem("principal-invalid", p.Node, invalidPrincipals, fmt.Sprintf("%s is no principal, since groups and instance profiles are none, so KMS refuses the policy; name roles or users", p.Text))
	default:
		e.problem("principal-invalid", p.Node, invalidPrincipals, fmt.Sprintf("principal %s is neither an account, user, role nor session, so KMS refuses the policy; name one of these", p.Text))
	}
}

// keyProblems reports condition keys that no key policy may have.
func (e elements) keyProblems(c Condition) {
	key := strings.ToLower(c.Key)
	switch {
	case strings.HasPrefix(key, "aws:resourcetag/"), key == "kms:resourcealiases", key == "kms:resourcetag":
		e.problem("key-not-permitted", c.KeyNode, malformed+": These condition keys are not permitted in a key policy: "+c.Key,
			fmt.Sprintf("%s works in IAM policies only, so KMS refuses the key policy", c.Key))
	case c.Operator.Quantifier == ForAllValues && (strings.HasPrefix(key, "kms:encryptioncontext:") || strings.HasPrefix(key, "aws:requesttag/")):
		e.problem("for-all-values", c.OperatorNode, malformed+": OverlyPermissiveCondition",
			fmt.Sprintf("ForAllValues on %s also holds where the key is absent, so KMS refuses the policy; leave ForAllValues out", c.Key))
	}
}

// duplicates reports keys that stand twice in an object. No document says which counts, so the policy is not decided.
func (r *reader) duplicates(v *Value, when Guard) {
	seen := map[string]bool{}
	for _, m := range v.Members {
		if seen[m.Key] {
			r.problem(Problem{Kind: "duplicate-key", Statement: -1, When: when, Node: m.KeyNode,
				Message: fmt.Sprintf("the key %q stands twice in one object; which of them KMS reads is not documented", m.Key)})
			r.unread("the duplicate key "+m.Key, when, m.KeyNode)
		}
		seen[m.Key] = true
	}
}

// characters reports text that KMS's character set lacks: tab, line feed, carriage return and U+0020 to U+00FF (semantics.md §1.1).
func (r *reader) characters(v *Value, when Guard) {
	bad := func(text string) bool {
		return strings.ContainsFunc(text, func(c rune) bool {
			return !IsSymbol(c) && (c > 0xFF || c < 0x20 && c != '\t' && c != '\n' && c != '\r')
		})
	}
	const message = "a character stands in the policy that is no tab, line end or one of U+0020 to U+00FF, so KMS refuses it; write plain letters, quotes and dashes"
	if v.Kind == Text && bad(v.Text) {
		r.problem(Problem{Kind: "character", Statement: -1, When: when, Node: v.Node, Error: "ValidationException", Message: message})
	}
	for _, m := range v.Members {
		if bad(m.Key) {
			r.problem(Problem{Kind: "character", Statement: -1, When: when, Node: m.KeyNode, Error: "ValidationException", Message: message})
		}
		r.characters(m.Value, when)
	}
	for _, item := range v.Items {
		r.characters(item, when)
	}
	for _, o := range v.Options {
		if both, ok := when.And(o.When); ok {
			r.characters(o.Value, both)
		}
	}
}
