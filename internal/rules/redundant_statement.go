package rules

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// RedundantStatement reports live statements without which the policy would say the same.
var RedundantStatement = &lint.Rule{
	ID:    "KMS014",
	Name:  "redundant-statement",
	Title: "other statements say all that this one says",
	Level: lint.Note,
	Why: `A statement that adds nothing still looks as if it did: whoever takes it out to withdraw access withdraws none. The statement
is live, but every request that it allows, directly or by IAM, is allowed in the same way by the others, or every request that it
denies is denied by them.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/KMSAdminRole"}, "Action": "kms:DescribeKey", "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:DescribeKey", "Resource": "*"}`,
	Ignore: "Where the other statement is about to go.",
	Page:   "IAM Access Analyzer policy check reference: redundant statement",
	Run:    redundantStatement,
}

func redundantStatement(p *lint.Pass) {
	all := p.Statements()
	gone := map[int]bool{} // reported already: of two equal statements one stays
	for i := len(all) - 1; i >= 0; i-- {
		st := all[i][0]
		if st.Node == nil || st.Inert != "" {
			continue
		}
		others := sharing(p.Policy, all[i], gone)
		if len(others) == 0 || byConstruct(p, st) {
			continue
		}
		f := lint.Finding{}
		switch verdict, why := redundant(p, st, others); verdict {
		case authz.No:
			continue
		case authz.Undecided:
			f.Certainty, f.Undecided = lint.Undecided, &lint.Stopped{Construct: p.Show(why), Line: p.Range(st.Node).Start.Line}
			f.Message = fmt.Sprintf("it is not decided whether the statement adds anything to the others, since it depends on %s; write it without that", f.Undecided.Construct)
			p.Report(f, st, lint.About{Judged: "redundant"}, nil)
			continue
		}
		gone[st.Index] = true
		what := "allows"
		if st.Effect == policy.Deny {
			what = "denies"
		}
		f.Message = fmt.Sprintf("the other statements say everything that this one %s, so taking it out would change nothing; remove it", what)
		var fix *lint.Proposal
		if !p.Quiet() && len(gone) <= maxRemovals {
			fix = removeStatement(p, st)
		}
		p.Report(f, st, lint.About{Judged: "redundant"}, fix)
	}
}

// maxRemovals bounds the fixes for one key in one run: each is proved against the whole policy. The next run removes the rest.
const maxRemovals = 8

// byConstruct tells whether a CDK construct wrote the statement, so that no line of the user's source holds it.
func byConstruct(p *lint.Pass, st *policy.Statement) bool {
	return p.Key.Generated && p.Key.SidSource(st.Sid) == nil
}

// sharing returns the other statements of the same effect that can share a request with one: an action and a principal. It
// leaves out what surely shares none, which in most policies is everything, so that nothing has to be asked.
func sharing(pol *policy.Policy, alternatives []*policy.Statement, gone map[int]bool) []*policy.Statement {
	var all []*policy.Statement
	for _, o := range pol.Statements {
		if o.Index == alternatives[0].Index || o.Effect != alternatives[0].Effect || o.Inert != "" || gone[o.Index] {
			continue
		}
		if slices.ContainsFunc(alternatives, func(st *policy.Statement) bool { return actionsOf(st)&actionsOf(o) != 0 && sharePrincipal(st, o) }) {
			all = append(all, o)
		}
	}
	return all
}

// sharePrincipal tells whether one caller can be meant by both statements. An account in an Allow means its root user, or IAM,
// which nothing but the account gives; in a Deny it means everyone of the account (semantics.md §5.2).
func sharePrincipal(a, b *policy.Statement) bool {
	account := func(q policy.Principal) bool { return q.Kind == policy.AccountRoot }
	if wide(a) || wide(b) || a.Effect == policy.Deny && (slices.ContainsFunc(a.Principals, account) || slices.ContainsFunc(b.Principals, account)) {
		return true
	}
	for _, q := range a.Principals {
		for _, r := range b.Principals {
			if q.Text == r.Text || (q.Kind == policy.RoleSession || r.Kind == policy.RoleSession) && policy.BaseName(q.Name) == policy.BaseName(r.Name) {
				return true
			}
		}
	}
	return false
}

// redundant tells whether a live statement adds nothing to others. The parts that it can have are asked one by one: direct
// access, delegated access, refusals. What Denies take away they take from both sides, so the others need none.
func redundant(p *lint.Pass, st *policy.Statement, others []*policy.Statement) (v authz.Verdict, why string) {
	one, rest := *p.Policy, *p.Policy
	one.Statements, rest.Statements = nil, others
	for _, s := range p.Policy.Statements {
		if s.Index == st.Index || s.Effect == policy.Deny && st.Effect == policy.Allow {
			one.Statements = append(one.Statements, s)
		}
	}
	parts := []func(e *authz.Engine, of int) authz.Set{(*authz.Engine).Direct, (*authz.Engine).Delegated}
	if st.Effect == policy.Deny {
		parts = []func(e *authz.Engine, of int) authz.Set{func(e *authz.Engine, of int) authz.Set { return e.Denied(of, -1) }}
	}
	both := authz.New(&one, &rest)
	live := false
	for _, part := range parts {
		mine := both.Find(authz.Query{}, part(both, 0))
		if mine.Verdict == authz.No {
			continue
		}
		live = live || mine.Verdict == authz.Yes
		switch a := both.Find(authz.Query{}, part(both, 0).Less(part(both, 1))); {
		case a.Verdict == authz.Yes:
			return authz.No, ""
		case a.Verdict == authz.Undecided && both.Find(authz.Query{}, part(both, 0).And(part(both, 1))).Verdict == authz.No:
			return authz.No, "" // whatever the doubt, it is dead or needed
		case a.Verdict == authz.Undecided:
			return authz.Undecided, first(a.Because)
		}
	}
	if !live {
		return authz.No, "" // dead, or not known to live: KMS012's
	}
	return authz.Yes, ""
}

// removeStatement proposes to take a statement out of the list that it stands in.
func removeStatement(p *lint.Pass, st *policy.Statement) *lint.Proposal {
	pr := &lint.Proposal{Message: "remove the statement", Kept: []string{"everyone keeps what they have by the other statements"}}
	at, ok := listOf(p, st.Node)
	if !ok || at.seq.Items[at.index].Resolved() != st.Node.Resolved() || slices.Contains(at.seq.Items, nil) {
		pr.WhyNot = "the statement is worked out by the template"
		pr.Text, pr.Language = "remove the statement", "text"
		return pr
	}
	edits := []syntax.Edit{p.Document().RemoveItem(at.seq, at.index)}
	pr.Changes = []lint.Change{{Edits: edits}}
	pr.Text, pr.Language = p.After(edits), "json"
	if p.Document().Format == syntax.YAML {
		pr.Language = "yaml"
	}
	return pr
}
