// Package rules holds the checks: one file a rule, each a [lint.Rule] value with its documentation, its question to
// package authz and its fix. No rule reasons about access by itself.
package rules

import "github.com/kmsguard/kmsguard/internal/lint"

// All are the rules in the order of their ids.
var All = []*lint.Rule{
	IAMDelegation,
	PublicAccess,
	ExternalAccess,
	UnboundedGrant,
	ConfusedDeputy,
	DutiesNotSeparated,
	BroadPermission,
	NotPrincipal,
	NotAction,
	UnmanageableKey,
	BrickingDeny,
	DeadStatement,
	IneffectiveCondition,
	RedundantStatement,
	RejectedPolicy,
	UnknownName,
	LockoutCheckBypassed,
	RotationOff,
	WeakDeletionGuard,
	DecryptOnAllKeys,
	ReplicaDiffers,
	WeakRSA,
	AttestationGap,
	AccountWideAccess,
	NewAccess,
}

// Names returns the id of every rule, in order.
func Names() []string {
	names := make([]string, len(All))
	for i, r := range All {
		names[i] = r.ID
	}
	return names
}

// Lookup returns the rule with the id or name, or nil.
func Lookup(name string) *lint.Rule {
	for _, r := range All {
		if r.ID == name || r.Name == name {
			return r
		}
	}
	return nil
}
