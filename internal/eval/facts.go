package eval

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
)

// The only facts of KMS that this package asks for.

// actionFacts tells whether an Allow in a key policy gives the action any effect, and whether callers of other
// accounts can use it (semantics.md §3.1).
func actionFacts(action string) (effective, crossAccount, known bool) {
	a, known := kms.Lookup(action)
	return a.Effective, a.CrossAccount, known && isKMS(action)
}

// takesNoKey tells whether the action is one of the 11 that KMS decides by IAM alone, so that no key policy is asked (semantics.md §1.6, §3.1).
func takesNoKey(action string) bool {
	a, _ := kms.Lookup(action)
	return a.IAMOnly
}

// isKMS tells whether the action is of KMS.
func isKMS(action string) bool { return strings.HasPrefix(lowerASCII(action), "kms:") }

// multiValued tells whether requests carry several values under the context key (semantics.md §3.2, §3.3).
func multiValued(key string) bool {
	k, _ := kms.ConditionKey(key)
	return k.Multi
}

// isKnown tells whether the action is in the table.
func isKnown(action string) bool {
	_, ok := kms.Lookup(action)
	return ok
}
