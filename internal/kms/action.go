package kms

import (
	"slices"
	"strings"
)

// Action is one action of KMS. Source of all but the classes: data/kms-actions.json; of the classes: semantics.md §3.1.
type Action struct {
	Name  string // "kms:Decrypt"
	Index int    // its bit in an [ActionSet]
	// Effective: an Allow of a key policy can give it. False of the 11 that take no key (IAM only), of RetireGrant
	// (decided by the grant) and of SynchronizeMultiRegionKey (service-linked role only).
	Effective bool
	// IAMOnly: it takes no key, so that a key policy never meets it, in an Allow or a Deny.
	IAMOnly bool
	// CrossAccount: principals of other accounts can use it.
	CrossAccount bool
	// GrantOperation: a grant can give it.
	GrantOperation bool
	// Cryptographic: it uses key material. The rest is management ([Manage]).
	Cryptographic bool
	// Plaintext, Takeover and Destroy are the classes of DESIGN section 1. An action may be in two, or in none of them ("other").
	Plaintext, Takeover, Destroy bool
	// KeyUsages are the KeyUsage values of keys that can do it; empty where it does not depend on that. See also [Possible].
	KeyUsages []string
	// SymmetricOnly: of keys with usage ENCRYPT_DECRYPT, only symmetric ones can do it.
	SymmetricOnly bool
	// Unverified: known from the SDK only; its condition keys are guesses (semantics.md §9 no. 11).
	Unverified bool
}

// actionTable is data/kms-actions.json.
type actionTable struct {
	Generated string
	Actions   []struct {
		Name                      string
		PolicyType                string
		EffectiveInKeyPolicyAllow bool
		CrossAccount              string
		GrantOperation            bool
		CryptographicOperation    bool
		KeyUsages                 []string
		Unverified                []string
	}
}

var (
	actions     = readActions()
	actionIndex = indexActions() // by name in lower case
)

// The classes of semantics.md §3.1, derived sets.
var (
	plaintextNames = []string{"Decrypt", "ReEncryptFrom", "GenerateDataKey", "GenerateDataKeyPair", "DeriveSharedSecret",
		"Decapsulate", "Sign", "GenerateMac"}
	takeoverNames = []string{"PutKeyPolicy", "CreateGrant", "ReplicateKey", "TagResource", "UntagResource",
		"CreateAlias", "UpdateAlias", "DeleteAlias"}
	destroyNames = []string{"ScheduleKeyDeletion", "DeleteImportedKeyMaterial", "DisableKey", "RevokeGrant",
		"UpdatePrimaryRegion", "ImportKeyMaterial"}
)

// The sets that rules speak of.
var (
	// All holds every action.
	All = where(func(Action) bool { return true })
	// Effective is what an Allow of a key policy can give.
	Effective = where(func(a Action) bool { return a.Effective })
	// IAMOnly are the 11 that take no key.
	IAMOnly = where(func(a Action) bool { return a.IAMOnly })
	// CrossAccount are the 22 that other accounts can use.
	CrossAccount = where(func(a Action) bool { return a.CrossAccount })
	// GrantOperations are the 19 that a grant can give.
	GrantOperations = where(func(a Action) bool { return a.GrantOperation })
	// Cryptographic and Manage split All.
	Cryptographic = where(func(a Action) bool { return a.Cryptographic })
	Manage        = where(func(a Action) bool { return !a.Cryptographic })
	// Plaintext is *use* in DESIGN section 1.
	Plaintext = where(func(a Action) bool { return a.Plaintext })
	Takeover  = where(func(a Action) bool { return a.Takeover })
	Destroy   = where(func(a Action) bool { return a.Destroy })
	// Other holds what is in none of the three classes.
	Other = All &^ (Plaintext | Takeover | Destroy)
)

func where(is func(Action) bool) ActionSet {
	var s ActionSet
	for _, a := range actions {
		if is(a) {
			s |= 1 << a.Index
		}
	}
	return s
}

func readActions() []Action {
	var t actionTable
	mustRead("kms-actions.json", &t)
	var as []Action
	for i, row := range t.Actions {
		a := Action{
			Name:           "kms:" + row.Name,
			Index:          i,
			Effective:      row.EffectiveInKeyPolicyAllow,
			IAMOnly:        row.PolicyType == "iam-policy-only",
			CrossAccount:   row.CrossAccount == "yes",
			GrantOperation: row.GrantOperation,
			Cryptographic:  row.CryptographicOperation,
			Plaintext:      slices.Contains(plaintextNames, row.Name),
			Takeover:       slices.Contains(takeoverNames, row.Name),
			Destroy:        slices.Contains(destroyNames, row.Name),
			Unverified:     len(row.Unverified) > 0,
		}
		for _, u := range row.KeyUsages {
			usage, only := strings.CutSuffix(u, "(symmetric only)")
			a.KeyUsages = append(a.KeyUsages, usage)
			a.SymmetricOnly = a.SymmetricOnly || only
		}
		as = append(as, a)
	}
	return as
}

func indexActions() map[string]int {
	index := map[string]int{}
	for _, a := range actions {
		index[strings.ToLower(a.Name)] = a.Index
	}
	return index
}

// Actions returns every action, in the order of its index, which is that of names. The slice is the caller's.
func Actions() []Action { return slices.Clone(actions) }

// Lookup finds an action by its whole name; letter case does not matter (semantics.md §1.5).
func Lookup(name string) (Action, bool) {
	i, ok := actionIndex[strings.ToLower(name)]
	if !ok {
		return Action{}, false
	}
	return actions[i], true
}
