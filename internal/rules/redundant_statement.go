package rules

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/eval"
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
	rest := p.Policy // without what is reported already: of two equal statements one stays
	for i := len(all) - 1; i >= 0; i-- {
		st := all[i][0]
		if st.Node == nil || st.Inert != "" || byConstruct(p, st) {
			continue
		}
		less := policyWithout(rest, st.Index)
		if len(less.Statements) == 0 {
			continue
		}
		verdict, why := redundant(p, rest, less, st)
		f := lint.Finding{}
		switch verdict {
		case authz.No:
			continue
		case authz.Undecided:
			f.Certainty, f.Undecided = lint.Undecided, &lint.Stopped{Construct: p.Show(why), Line: p.Range(st.Node).Start.Line}
			f.Message = fmt.Sprintf("it is not decided whether the statement adds anything to the others, since it depends on %s; write it without that", f.Undecided.Construct)
		default:
			rest = less
			what := "allows"
			if st.Effect == policy.Deny {
				what = "denies"
			}
			f.Message = fmt.Sprintf("the other statements say everything that this one %s, so taking it out would change nothing; remove it", what)
		}
		var fix *lint.Proposal
		if !p.Quiet() && verdict == authz.Yes {
			fix = removeStatement(p, st)
		}
		p.Report(f, st, lint.About{Judged: "redundant"}, fix)
	}
}

// byConstruct tells whether a CDK construct wrote the statement, so that no line of the user's source holds it.
func byConstruct(p *lint.Pass, st *policy.Statement) bool {
	return p.Key.Generated && p.Key.SidSource(st.Sid) == nil
}

// policyWithout is the policy without a statement.
func policyWithout(pol *policy.Policy, index int) *policy.Policy {
	less := *pol
	less.Statements = nil
	for _, st := range pol.Statements {
		if st.Index != index {
			less.Statements = append(less.Statements, st)
		}
	}
	return &less
}

// redundant tells whether a live statement of the policy adds nothing to less, the policy without it. No is the usual answer, so
// it is looked for first at the cost of one request: one of the statement's that the evaluator does not find in less.
func redundant(p *lint.Pass, pol, less *policy.Policy, st *policy.Statement) (v authz.Verdict, why string) {
	for _, part := range []struct {
		of   func(e *authz.Engine, policy, index int) authz.Set // of the statement
		all  func(e *authz.Engine, policy int) authz.Set        // of the policy
		left func(eval.Result) eval.Truth
	}{
		{func(e *authz.Engine, n, i int) authz.Set { return e.Direct(n).Of(i) }, (*authz.Engine).Direct, func(r eval.Result) eval.Truth { return r.Direct }},
		{func(e *authz.Engine, n, i int) authz.Set { return e.Delegated(n).Of(i) }, (*authz.Engine).Delegated, func(r eval.Result) eval.Truth { return r.Delegated }},
		{(*authz.Engine).Denied, func(e *authz.Engine, n int) authz.Set { return e.Denied(n, -1) }, func(r eval.Result) eval.Truth { return r.Denied }},
	} {
		a := p.Engine.Find(authz.Query{}, part.of(p.Engine, 0, st.Index))
		switch a.Verdict {
		case authz.No:
			continue // nothing of this part
		case authz.Yes:
			r, err := eval.Complete(less, a.Request)
			if err == nil && part.left(eval.KeyPolicy(less, r)) == eval.No {
				return authz.No, ""
			}
		}
		both := authz.New(pol, less)
		switch b := both.Find(authz.Query{}, part.of(both, 0, st.Index).Less(part.all(both, 1))); b.Verdict {
		case authz.Yes:
			return authz.No, ""
		case authz.Undecided:
			if apart(p, pol, st, part.of) {
				return authz.No, "" // whatever the doubt, it is dead or needed
			}
			return authz.Undecided, first(b.Because)
		}
		if a.Verdict == authz.Yes {
			v = authz.Yes // live, and nothing of this part is its own
		}
	}
	if v != authz.Yes {
		return authz.No, "" // dead: KMS012's
	}
	return v, ""
}

// apart tells whether no other statement of the policy shares a request with this one.
func apart(p *lint.Pass, pol *policy.Policy, st *policy.Statement, of func(e *authz.Engine, policy, index int) authz.Set) bool {
	last := st.Index
	for _, o := range pol.Statements {
		if o.Index == st.Index || o.Index == last || o.Effect != st.Effect {
			continue
		}
		last = o.Index
		if p.Engine.Find(authz.Query{}, of(p.Engine, 0, st.Index).And(of(p.Engine, 0, o.Index))).Verdict != authz.No {
			return false
		}
	}
	return true
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
