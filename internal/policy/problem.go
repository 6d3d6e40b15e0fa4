package policy

import (
	"fmt"
	"strings"
)

// KMS's documented answers (semantics.md §1.6).
const (
	malformed         = "MalformedPolicyDocumentException"
	invalidPrincipals = malformed + ": Policy contains a statement with one or more invalid principals."
)

// awsProblems reports principals that KMS refuses when the policy is saved (semantics.md §1.3).
func (e elements) awsProblems(p Principal) {
	switch {
	case p.Kind == UniqueID:
		e.problem("unique-id", p.Node, invalidPrincipals, fmt.Sprintf("%s is the id of a deleted user or role, so KMS refuses the policy; name a principal that exists", p.Text))
	case p.Kind != InvalidARN:
	case strings.ContainsAny(p.Text, "*?"):
		e.problem("principal-wildcard", p.Node, invalidPrincipals, "a principal holds a wildcard, so KMS refuses the policy; write \"*\" with a condition on aws:PrincipalArn")
	case strings.Contains(p.Text, ":group/") || strings.Contains(p.Text, ":instance-profile/"):
		e.problem("principal-invalid", p.Node, invalidPrincipals, "groups and instance profiles are no principals, so KMS refuses the policy; name roles or users")
	default:
		e.problem("principal-invalid", p.Node, invalidPrincipals, "a principal is neither an account, user, role nor session, so KMS refuses the policy")
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
	const message = "a character beyond U+00FF stands in the policy, so KMS refuses it; write plain letters, quotes and dashes"
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
		r.characters(o.Value, when)
	}
}
