package rules

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// NotAction reports Allow with NotAction that holds more than it seems to (semantics.md §6.11).
var NotAction = &lint.Rule{
	ID:    "KMS009",
	Name:  "not-action",
	Title: "NotAction allows taking over or destroying the key",
	Level: lint.Warning,
	Why: `Allow with NotAction gives every action that it does not list, those that AWS adds later included: PutKeyPolicy, CreateGrant,
ReplicateKey, ScheduleKeyDeletion. A list of what is needed says what is meant and stays what it is.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "NotAction": "kms:ScheduleKeyDeletion", "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"}`,
	Ignore: "Where the statement is an administrator's and new actions are meant to be in it.",
	Page:   "IAM JSON policy elements: NotAction",
	Run:    notAction,
}

func notAction(p *lint.Pass) {
	reached := kms.Takeover | kms.Destroy
	for _, st := range allows(p) {
		if !st.NotAction || st.may&reached == 0 {
			continue
		}
		set := p.Engine.Reach(0).Of(st.Index)
		q := authz.Query{Callers: authz.Identities, Actions: reached}
		about := lint.About{Set: set, Query: q}
		switch a := p.Ask(q, set); a.Verdict {
		case authz.Undecided:
			undecided(p, st.Statement, a, about, "NotAction lets anyone take over or destroy the key")
		case authz.Yes:
			f := p.Finding(a, q, set)
			f.Message = fmt.Sprintf("NotAction lets %s call %s, and every action that AWS adds later; list the actions that are needed", caller(p, a.Request.Principal), a.Request.Action)
			var fix *lint.Proposal
			if !p.Quiet() {
				fix = listed(p, st, set, reached)
			}
			p.Report(f, st.Statement, about, fix)
		}
	}
}

// listed proposes the list of what the statement means today, less what takes over or destroys.
func listed(p *lint.Pass, st stated, set authz.Set, drop kms.ActionSet) *lint.Proposal {
	today := st.may & kms.Effective & possible(p)
	list := (today &^ drop).Names()
	pr := &lint.Proposal{
		Message: "list what the statement means today, less takeover and destruction", Loses: set,
		Keeps: []authz.Query{{Actions: today &^ drop}},
		Kept:  []string{fmt.Sprintf("the %d other actions that the statement means today", len(list))},
		Lost:  []string{sentence((today & drop).Names()) + " through this statement"},
	}
	member := st.Node.Member("NotAction")
	if member == nil || !st.written() || len(list) == 0 || slices.ContainsFunc(st.Actions, func(a pattern) bool { return a.Unknown != "" }) {
		pr.WhyNot = "NotAction is worked out by the template, or leaves nothing else"
		pr.Text, pr.Language = actionLine(p, list), language(p)
		return pr
	}
	f := p.Document()
	edits := []syntax.Edit{f.Replace(member.Key, syntax.NewString("Action")), f.Replace(st.ActionNode, stringList(list))}
	pr.Changes = []lint.Change{{Edits: edits}}
	stillManaged(p, pr)
	afterActions(p, pr, edits, list)
	return pr
}
