package rules

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
)

// IAMDelegation reports statements that hand the key to the IAM policies of its own account (semantics.md §2.1, §2.2).
var IAMDelegation = &lint.Rule{
	ID:    "KMS001",
	Name:  "iam-delegation",
	Title: "IAM policies of the account decide who uses the key",
	Level: lint.Error,
	Why: `A statement whose principal is the account does not mean the root user. It lets in every user and role of the account
whose IAM policy allows the action: administrators with "*", and anyone whom a wide policy reaches by accident.
With the condition aws:PrincipalType = Account the statement means the root user alone, and the key policy names everyone else.`,
	Before: `{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}`,
	After:  `{"Sid": "EnableRootAccessAndPreventPermissionDelegation", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}}}`,
	Ignore: "Where IAM is meant to decide, set delegation: allow in .github/kmsguard.yml; delegation: administration keeps IAM for management alone.",
	Page:   "How can I prevent IAM policies from allowing a user or role to access a KMS key in AWS KMS?",
	Run:    iamDelegation,
}

func iamDelegation(p *lint.Pass) {
	var actions kms.ActionSet
	switch p.Config.Delegation {
	case "allow":
		return
	case "administration":
		actions = kms.All &^ kms.Manage
	}
	q := authz.Query{Callers: authz.Identities, Where: authz.OwnAccount, Actions: actions}
	defer func() { askHidden(p, q, p.Engine.Delegated(0), "IAM policies of the own account reach the key") }()
	for _, st := range allows(p) {
		q := q
		for _, alt := range st.alternatives {
			q.Except = append(q.Except, pinned(alt)...)
		}
		set := p.Engine.Delegated(0).Of(st.Index)
		a := p.Ask(q, set)
		if a.Verdict == authz.No {
			continue
		}
		about := lint.About{Set: set, Query: q}
		if a.Verdict == authz.Undecided {
			undecided(p, st.Statement, a, about, "IAM policies of the own account reach the key")
			continue
		}
		f := p.Finding(a, q, set)
		guilty := st.guilty(p, q, set)
		f.Message = fmt.Sprintf("any user or role of the own account whose IAM policy allows %s gets in, because the statement hands the decision to IAM; hold it to the root user and name the key's administrators and users", a.Request.Action)
		direct := q
		direct.Via = authz.Directly
		if p.Ask(direct, set).Verdict == authz.No {
			f.Level = lint.Note
			f.Message = fmt.Sprintf("any user or role of the own account whose IAM policy allows %s gets in through %s; name the principals that use that service", a.Request.Action, p.Show(first(a.Request.Context["kms:ViaService"])))
		}
		var fix *lint.Proposal
		if !p.Quiet() && f.Level != lint.Note {
			fix = closeDelegation(p, append(slices.Clip(guilty), standsFor(p, st, q, set)...))
		}
		p.Report(f, guilty[0], about, fix)
	}
}

func first(all []string) string {
	if len(all) == 0 {
		return "an AWS service"
	}
	return all[0]
}
