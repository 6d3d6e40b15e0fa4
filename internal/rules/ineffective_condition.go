package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// IneffectiveCondition reports conditions of Allow statements that let pass what they are there to keep out (semantics.md §6.6, §6.27).
var IneffectiveCondition = &lint.Rule{
	ID:    "KMS013",
	Name:  "ineffective-condition",
	Title: "a condition lets pass what it should keep out",
	Level: lint.Error,
	Why: `IfExists, ForAllValues and negated operators also hold where the request does not carry the key, so an Allow with them keeps out
only those who send it. A wildcard over the account or the organization names everyone. Such a condition reads like a restriction and is none.`,
	Before: `{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}}`,
	After:  `{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}`,
	Ignore: "Where requests without the key are meant to pass.",
	Page:   "Condition operators: IfExists",
	Run:    ineffectiveCondition,
}

func ineffectiveCondition(p *lint.Pass) {
	defer suspectHidden(p, "a condition lets pass what it should keep out")
	for _, st := range allows(p) {
		set := p.Engine.Reach(0).Of(st.Index)
		done := map[*syntax.Node]bool{}
		var gaps []gap
		for _, one := range st.alternatives {
			for _, c := range one.Conditions {
				if c.Unknown != "" || done[c.Node] {
					continue
				}
				if h, ok := hole(p, st, one, c, set); ok {
					done[c.Node] = true
					gaps = append(gaps, h)
				}
			}
		}
		if len(gaps) > 0 {
			reportHoles(p, st, set, gaps)
		}
	}
}

// gap is how a condition fails to keep a request out.
type gap struct {
	policy.Condition
	answer authz.Answer
	query  authz.Query
	absent bool // the request does not carry the key; else its value is anybody's
}

// hole asks for a request that passes the statement and that the closing form of the condition would keep out.
func hole(p *lint.Pass, st stated, one *policy.Statement, c policy.Condition, set authz.Set) (gap, bool) {
	q := authz.Query{When: one.When}
	switch op := c.Operator; {
	case op.Base == policy.NullTest:
		return gap{}, false
	case op.IfExists || op.Quantifier == policy.ForAllValues || op.Quantifier == policy.NoQuantifier && op.Base.Negated():
		k, known := kms.ConditionKey(c.Key)
		asked := slices.ContainsFunc(one.Conditions, func(o policy.Condition) bool { return equalKey(o.Key, c.Key) && fails(o) })
		if !known || asked {
			return gap{}, false // no request carries it, which is KMS016's; or only those pass that do
		}
		a, q := lacking(p, st, k, q, set)
		return gap{c, a, q, true}, a.Verdict != authz.No
	}
	q, ok := opened(p, c, q)
	if !ok {
		return gap{}, false
	}
	a := p.Ask(q, set)
	return gap{c, a, q, false}, a.Verdict != authz.No
}

// lacking asks for a request without the key that passes: of each kind of caller and each way apart, since for some of
// them it is not documented whether their requests carry it, and those decide only where nothing else does.
func lacking(p *lint.Pass, st stated, k kms.Key, base authz.Query, set authz.Set) (authz.Answer, authz.Query) {
	best := authz.Answer{Verdict: authz.No}
	bestQuery := base
	base.Having = []policy.Condition{{Key: k.Name, Operator: policy.Operator{Base: policy.NullTest}, Values: []policy.Operand{{Text: "true"}}}}
	for _, c := range callersOf(st) {
		if c == kms.ServiceCaller && len(services(st)) == 0 {
			continue
		}
		for _, via := range []authz.Via{authz.Directly, authz.ThroughService} {
			sure, unsure := mayLack(k, c, via, st.may&kms.Effective)
			q := base
			q.Callers, q.Via, q.Actions = []kms.Caller{c}, via, sure
			if sure != 0 {
				switch a := p.Ask(q, set); a.Verdict {
				case authz.Yes:
					return a, q
				case authz.Undecided:
					best, bestQuery = a, q
				}
			}
			q.Actions, q.Having = unsure, nil
			if unsure != 0 && best.Verdict == authz.No && p.Ask(q, set).Verdict != authz.No {
				best, bestQuery = authz.Answer{Because: []string{"whether such requests carry " + k.Name + " (UNVERIFIED)"}}, q
			}
		}
	}
	return best, bestQuery
}

// mayLack returns the actions whose requests by the caller can lack the key, and those of which that is not documented.
func mayLack(k kms.Key, c kms.Caller, via authz.Via, actions kms.ActionSet) (sure, unsure kms.ActionSet) {
	for _, i := range actions.Indexes() {
		switch k.Presence(c, via == authz.ThroughService, i) {
		case kms.Never, kms.Sometimes:
			sure |= 1 << i
		case kms.Unverified:
			unsure |= 1 << i
		}
	}
	return sure, unsure
}

// accountKeys and orgKeys hold whole account ids, and ids of organizations alone or before their paths.
var (
	accountKeys = []string{"aws:PrincipalAccount", "kms:CallerAccount", "aws:SourceAccount", "aws:VpceAccount"}
	orgKeys     = []string{"aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:VpceOrgID", "aws:VpceOrgPaths"}
	arnKeys     = []string{"aws:PrincipalArn", "aws:SourceArn"}
)

// opened returns the question for what a wildcard value opens: callers or resources of accounts that nothing names, or, where the whole value is open, any value that nothing names. It is false where no value is open so.
func opened(p *lint.Pass, c policy.Condition, q authz.Query) (authz.Query, bool) {
	switch c.Operator.Base {
	case policy.StringLike, policy.ArnLike, policy.ArnEquals:
	default:
		return q, false
	}
	is := func(keys []string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return equalKey(k, c.Key) })
	}
	open := func(part func(string) string) bool {
		return slices.ContainsFunc(c.Values, func(v policy.Operand) bool { return wildcard(part(v.Text)) })
	}
	whole := func(text string) string { return text }
	switch {
	case is(accountKeys) && open(whole), is(orgKeys) && open(func(s string) string { id, _, _ := strings.Cut(s, "/"); return id }),
		is(arnKeys) && open(openPart):
		// What another condition holds to a named organization or resource is not open.
		q.Where = authz.UnnamedAccounts
		if strings.HasPrefix(strings.ToLower(c.Key), "aws:source") {
			q.Callers = []kms.Caller{kms.ServiceCaller}
			q.Having = slices.DeleteFunc(elsewhere(p.Policy), func(c policy.Condition) bool { return strings.HasPrefix(c.Key, "kms:") })
			return q, true
		}
		q.Callers = append(slices.Clone(authz.Identities), kms.RootUser)
		q.Having = outside(p.Policy, organizationKeys)
		return q, true
	case !is(accountKeys) && !is(orgKeys) && !is(arnKeys) && slices.ContainsFunc(c.Values, func(v policy.Operand) bool { return v.Text == "*" }):
		return q, true
	}
	return q, false
}

// openPart returns the part of an ARN pattern that says whose it is: the account, or in ARNs without one the name.
func openPart(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	switch {
	case len(parts) != 6:
		return arn
	case parts[4] != "":
		return parts[4]
	}
	if name, _, _ := strings.Cut(parts[5], "/"); strings.Trim(name, "*?") == "" {
		return name
	}
	return ""
}

// reportHoles makes one finding of the conditions of a statement: of the first that surely fails, else of the first.
func reportHoles(p *lint.Pass, st stated, set authz.Set, gaps []gap) {
	slices.SortStableFunc(gaps, func(a, b gap) int { return int(b.answer.Verdict) - int(a.answer.Verdict) })
	h := gaps[0]
	about := lint.About{Set: set, Query: h.query}
	if len(gaps) == 1 {
		about.Node = h.Node
	}
	for _, g := range gaps {
		about.Judged += g.OperatorText + " " + strings.ToLower(g.Key) + " "
	}
	name := h.OperatorText + " on " + p.Show(h.Key)
	if h.answer.Verdict == authz.Undecided {
		undecided(p, st.Statement, h.answer, about, name+" keeps anybody out")
		return
	}
	f := p.Finding(h.answer, h.query, set)
	who := fmt.Sprintf("%s by %s", h.answer.Request.Action, caller(p, h.answer.Request.Principal))
	if n := len(gaps) - 1; n > 0 {
		name = fmt.Sprintf("%s, like %d more of the statement's conditions,", name, n)
	}
	switch {
	case h.absent:
		f.Message = fmt.Sprintf("%s also holds where the request does not carry the key, so %s passes; %s", name, who, remedyFor(h.Condition))
	case h.query.Where == authz.UnnamedAccounts:
		f.Message = fmt.Sprintf("the wildcard in %s names everyone, so %s passes; write your own account or organization", name, who)
	default:
		f.Message = fmt.Sprintf(`the value "*" of %s fits everything, so %s passes with any value; write what is meant`, name, who)
	}
	var fix *lint.Proposal
	if !p.Quiet() {
		fix = closeHoles(p, st, set, gaps)
	}
	p.Report(f, st.Statement, about, fix)
}

func remedyFor(c policy.Condition) string {
	if c.Operator.IfExists {
		return "leave IfExists out"
	}
	return `add "Null": "false" for the key`
}
