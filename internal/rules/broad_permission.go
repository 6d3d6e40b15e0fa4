package rules

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
)

// BroadPermission reports identities that can take the key over or destroy it without being its administrators (semantics.md §3.1, §6.14, §6.17).
var BroadPermission = &lint.Rule{
	ID:    "KMS007",
	Name:  "broad-permission",
	Title: "someone other than an administrator can take over the key",
	Level: lint.Warning,
	Why: `PutKeyPolicy, ReplicateKey and the actions on tags and aliases let a workload give itself or others everything; ScheduleKeyDeletion,
DisableKey and their like let it destroy what the key protects. An application that encrypts and decrypts needs none of them, and "kms:*" holds them all.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:*", "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"}`,
	Ignore: "Where the principal administers the key: then name it in administrators of .github/kmsguard.yml.",
	Page:   "Least-privilege permissions",
	Run:    broadPermission,
}

// broad is what administrators alone should have. Grants have a rule of their own.
var broad = (kms.Takeover | kms.Destroy) &^ kms.Set("kms:CreateGrant", "kms:RevokeGrant")

func broadPermission(p *lint.Pass) {
	allowed := allows(p)
	admins := keyAdministrators(p, allowed)
	for _, st := range allowed {
		if st.may&broad == 0 || st.allAmong(admins) {
			continue
		}
		set := p.Engine.Direct(0).Of(st.Index)
		q := authz.Query{Callers: authz.Identities, Where: authz.OwnAccount, Actions: broad, Except: admins}
		about := lint.About{Set: set, Query: q}
		switch a := p.Ask(q, set); a.Verdict {
		case authz.Undecided:
			undecided(p, st.Statement, a, about, "someone other than an administrator can take over or destroy the key")
		case authz.Yes:
			f := p.Finding(a, q, set)
			f.Message = fmt.Sprintf("%s can call %s, so it can %s the key, but is no key administrator; leave it the actions that it uses the key with",
				caller(p, a.Request.Principal), a.Request.Action, harm(a.Request.Action))
			f.Alternatives = []lint.Alternative{{Message: "name it as administrator in .github/kmsguard.yml, where it is one", Language: "yaml",
				Text: fmt.Sprintf("administrators: [%q]", p.Show(arnOf(a)))}}
			var fix *lint.Proposal
			if !p.Quiet() {
				fix = useOnly(p, st, admins)
			}
			p.Report(f, st.Statement, about, fix)
		}
	}
}

func harm(action string) string {
	if kms.Takeover.HasName(action) {
		return "take over"
	}
	return "destroy"
}

// useOnly proposes the actions with which the statement's principals use the key.
func useOnly(p *lint.Pass, st stated, admins []string) *lint.Proposal {
	set := p.Engine.Direct(0).Of(st.Index)
	pr := &lint.Proposal{Message: "leave the actions that use the key", Loses: set}
	switch {
	case st.NotAction || !st.plainActions():
		pr.WhyNot = "the statement's actions are not a plain list"
		pr.Text, pr.Language = actionLine(p, kms.UseActions("", "")), language(p)
		return pr
	case slices.ContainsFunc(st.named, func(who string) bool { return slices.Contains(admins, who) }):
		pr.WhyNot = "the statement names administrators too; give them a statement of their own"
		pr.Text, pr.Language = actionLine(p, kms.UseActions("", "")), language(p)
		return pr
	}
	list := without(st.Statement, broad)
	spec, usage, known := keyKind(p)
	if everything := slices.ContainsFunc(st.Actions, func(a pattern) bool { return kms.Expand(a.Text) == kms.All }); everything {
		list = kms.UseActions(spec, usage)
		if !known {
			pr.WhyNot = "what kind of key this is does not stand here, so the actions that use it are yours to say"
		}
	}
	if len(list) == 0 || len(list) > maxWrittenOut {
		pr.WhyNot = "the statement's other actions do not tell what its principals need; remove it, or list that"
		pr.Text, pr.Language = actionLine(p, kms.UseActions(spec, usage)), language(p)
		return pr
	}
	var kept kms.ActionSet
	for _, a := range list {
		kept |= kms.Expand(a)
	}
	pr.Keeps = []authz.Query{{Actions: kept}}
	pr.Kept = []string{"use of the key by the statement's principals: " + sentence(list)}
	pr.Lost = []string{sentence((st.may & kms.Effective &^ kept).Names()) + " of the statement's principals"}
	edits := writeActions(p.Document(), st.Statement, list)
	pr.Changes = []lint.Change{{Edits: edits}}
	stillManaged(p, pr)
	afterActions(p, pr, edits, list)
	return pr
}

// arnOf returns the ARN by which policies name the caller of an answer: of a session its role's.
func arnOf(a authz.Answer) string {
	if values := a.Request.Context["aws:PrincipalArn"]; len(values) == 1 {
		return values[0]
	}
	return a.Request.Principal
}
