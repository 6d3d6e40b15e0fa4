package rules

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/kms"
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
	all := summaries(p)
	gone := map[int]bool{} // reported already: of two equal statements one stays
	c := comparison{p: p, left: maxCompared, twins: map[string]bool{}}
	for i := len(all) - 1; i >= 0; i-- {
		st := all[i].alternatives[0]
		if st.Node == nil || st.Inert != "" || byConstruct(p, st) {
			continue
		}
		others := sharing(all, i, gone)
		if len(others) == 0 {
			continue
		}
		f := lint.Finding{}
		switch verdict, why := c.redundant(st, others); verdict {
		case authz.No:
			continue
		case authz.Undecided:
			f.Certainty, f.Undecided = lint.Undecided, &lint.Stopped{Construct: p.Show(why), Line: p.Range(st.Node).Start.Line}
			f.Message = fmt.Sprintf("it is not decided whether the statement adds anything to the others, since it depends on %s; write it without that", f.Undecided.Construct)
			if why == tooManyOverlap {
				f.Message = "it is not decided whether the statement adds anything to the others, since too many of them overlap; write fewer and wider ones"
			}
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
		if !p.Quiet() {
			fix = removeStatement(p, st)
			if len(gone) > maxRemovals {
				fix.Text, fix.Language = "remove the statement", "text"
				fix.WhyNot = "one run proves the removal of " + strconv.Itoa(maxRemovals) + " statements of a key; run again for the rest"
			}
		}
		p.Report(f, st, lint.About{Judged: "redundant"}, fix)
	}
}

// maxCompared bounds the statements with which others are compared in one run on one key, each comparison being of one
// statement with all that share an action and a principal with it. Most are decided by one request before it comes to that.
const maxCompared = 1000

// tooManyOverlap is what stops a comparison over the bound.
const tooManyOverlap = "the bound of statements that are compared"

// maxRemovals bounds the fixes for one key in one run: each is proved against the whole policy. The next run removes the rest.
const maxRemovals = 8

// byConstruct tells whether a CDK construct wrote the statement, so that no line of the user's source holds it.
func byConstruct(p *lint.Pass, st *policy.Statement) bool {
	return p.Key.Generated && p.Key.SidSource(st.Sid) == nil
}

// summary is what a statement as written can be about: its alternatives with the actions of each.
type summary struct {
	alternatives []*policy.Statement
	actions      []kms.ActionSet
	may          kms.ActionSet // of all
}

func summaries(p *lint.Pass) []summary {
	var all []summary
	for _, alternatives := range p.Statements() {
		s := summary{alternatives: alternatives}
		for _, st := range alternatives {
			s.actions = append(s.actions, actionsOf(st))
			s.may |= s.actions[len(s.actions)-1]
		}
		all = append(all, s)
	}
	return all
}

// sharing returns the other statements of the same effect that can share a request with one: an action and a principal. It
// leaves out what surely shares none, which in most policies is everything, so that nothing has to be asked.
func sharing(all []summary, i int, gone map[int]bool) []*policy.Statement {
	one := all[i]
	var others []*policy.Statement
	for j, other := range all {
		if j == i || gone[other.alternatives[0].Index] || one.may&other.may == 0 {
			continue
		}
		for k, o := range other.alternatives {
			if o.Effect != one.alternatives[0].Effect || o.Inert != "" {
				continue
			}
			for l, st := range one.alternatives {
				if one.actions[l]&other.actions[k] != 0 && sharePrincipal(st, o) {
					others = append(others, o)
					break
				}
			}
		}
	}
	return others
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

// comparison is one run of comparing statements.
type comparison struct {
	p     *lint.Pass
	left  int             // of maxCompared
	twins map[string]bool // normal forms of statements that are live and say what another of the same form says
}

// redundant tells whether a live statement adds nothing to others. The parts that it can have are asked one by one: direct
// access, delegated access, refusals. What Denies take away they take from both sides, so the others need none. A request
// that only it lets through, or only it refuses, shows that it is needed before all others are compared.
func (c *comparison) redundant(st *policy.Statement, others []*policy.Statement) (v authz.Verdict, why string) {
	p := c.p
	same := twin(p, st, others)
	if len(same) > 0 && c.twins[p.Normal(st.Index)] {
		return authz.Yes, ""
	}
	parts := []func(e *authz.Engine, of int) authz.Set{(*authz.Engine).Direct, (*authz.Engine).Delegated}
	if st.Effect == policy.Deny {
		parts = []func(e *authz.Engine, of int) authz.Set{func(e *authz.Engine, of int) authz.Set { return e.Denied(of, -1) }}
	}
	one, rest := *p.Policy, *p.Policy
	one.Statements, rest.Statements = nil, others
	for _, s := range p.Policy.Statements {
		if s.Index == st.Index || s.Effect == policy.Deny && st.Effect == policy.Allow {
			one.Statements = append(one.Statements, s)
		}
	}
	var live []func(e *authz.Engine, of int) authz.Set
	sure := false
	for _, part := range parts {
		mine := part(p.Engine, 0).Of(st.Index)
		if st.Effect == policy.Deny {
			mine = p.Engine.Denied(0, st.Index)
		}
		a := p.Engine.Find(authz.Query{}, mine)
		if a.Verdict == authz.No {
			continue
		}
		if a.Verdict == authz.Yes && refuses(&rest, a, st.Effect) {
			return authz.No, ""
		}
		sure = sure || a.Verdict == authz.Yes
		live = append(live, part)
	}
	if !sure {
		return authz.No, "" // dead, or not known to live: KMS012's
	}
	v, why = authz.Undecided, tooManyOverlap
	for _, among := range [][]*policy.Statement{same, others} {
		if len(among) == 0 {
			continue
		}
		if c.left -= len(among); c.left < 0 {
			return authz.Undecided, tooManyOverlap
		}
		rest.Statements = among
		if v, why = within(authz.New(&one, &rest), live); v == authz.Yes {
			c.twins[p.Normal(st.Index)] = c.twins[p.Normal(st.Index)] || len(same) > 0 && &among[0] == &same[0]
			return v, why
		}
	}
	return v, why
}

// within tells whether what the first policy says in some parts the second says too.
func within(both *authz.Engine, parts []func(e *authz.Engine, of int) authz.Set) (authz.Verdict, string) {
	for _, part := range parts {
		switch a := both.Find(authz.Query{}, part(both, 0).Less(part(both, 1))); {
		case a.Verdict == authz.Yes:
			return authz.No, ""
		case a.Verdict == authz.Undecided && both.Find(authz.Query{}, part(both, 0).And(part(both, 1))).Verdict == authz.No:
			return authz.No, "" // whatever the doubt, it is dead or needed
		case a.Verdict == authz.Undecided:
			return authz.Undecided, first(a.Because)
		}
	}
	return authz.Yes, ""
}

// refuses tells whether other statements surely do not say of a request what the answer says.
func refuses(others *policy.Policy, a authz.Answer, effect policy.Effect) bool {
	r, err := eval.Complete(others, a.Request)
	if err != nil {
		return false
	}
	got := eval.KeyPolicy(others, r)
	switch {
	case effect == policy.Deny:
		return got.Denied == eval.No
	case a.Delegated:
		return got.Delegated == eval.No
	}
	return got.Direct == eval.No
}

// twin returns the statement among others that is written like one, to compare with before all of them.
func twin(p *lint.Pass, st *policy.Statement, others []*policy.Statement) []*policy.Statement {
	for i, o := range others {
		if p.Normal(o.Index) == p.Normal(st.Index) {
			n := 1
			for i+n < len(others) && others[i+n].Index == o.Index {
				n++
			}
			return others[i : i+n]
		}
	}
	return nil
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
	after(p, pr, edits)
	return pr
}
