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

// ExternalAccess reports access of foreign accounts, organizations and identities that the policy names (semantics.md §2.4, §6.5, §6.13).
var ExternalAccess = &lint.Rule{
	ID:    "KMS003",
	Name:  "external-access",
	Title: "another account or organization can use the key",
	Level: lint.Error,
	Why: `A foreign account that the policy names decides by its own IAM policies who of it uses the key, and with CreateGrant passes it on to
third accounts. Whether that is meant stands nowhere in the policy: the configuration says which accounts and organizations are trusted.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "kms:*", "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Reader"}, "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"}`,
	Ignore: "Where the other account is yours or a partner's: list it in trusted of .github/kmsguard.yml.",
	Page:   "Allowing users in other accounts to use a KMS key",
	Run:    externalAccess,
}

// outsider is an account or organization that the policy names and the configuration does not trust.
type outsider struct {
	id     string
	query  authz.Query
	org    bool
	unsure bool // it may be the own account
}

func externalAccess(p *lint.Pass) {
	defer suspectHidden(p, "another account or organization can use the key")
	all := outsiders(p)
	if len(all) == 0 {
		return
	}
	for _, st := range allows(p) {
		set := p.Engine.Reach(0).Of(st.Index)
		var found []access
		for _, o := range all {
			if !st.mayConcern(o) {
				continue
			}
			a := p.Ask(o.query, set)
			if a.Verdict == authz.Undecided {
				undecided(p, st.Statement, a, lint.About{Set: set, Query: o.query}, o.show(p)+" can use the key")
				found = nil
				break
			}
			if a.Verdict == authz.Yes {
				found = append(found, access{o, a, levelOf(p, o, set)})
			}
		}
		found = st.meant(found)
		if len(found) > 0 {
			reportOutsiders(p, st, set, found)
		}
	}
}

type access struct {
	outsider
	answer authz.Answer
	level  lint.Level
}

// outsiders returns whom the policy names from outside, less those that the configuration trusts.
func outsiders(p *lint.Pass) []outsider {
	untrusted := notIn(p.Config.Trusted.Organizations)
	own := ownIsKnown(p)
	var all []outsider
	for _, account := range p.Policy.Accounts() {
		if !slices.Contains(p.Config.Trusted.Accounts, account) {
			q := authz.Query{Callers: append([]kms.Caller{kms.RootUser}, authz.Identities...), Where: authz.NamedAccounts, Account: account, Having: untrusted}
			all = append(all, outsider{id: account, query: q, unsure: !own || policy.HasSymbol(account)})
		}
	}
	for _, id := range organizations(p.Policy) {
		if !slices.Contains(p.Config.Trusted.Organizations, id) {
			is := policy.Condition{Key: "aws:PrincipalOrgID", Operator: policy.Operator{Base: policy.StringEquals}, Values: []policy.Operand{{Text: id}}}
			q := authz.Query{Callers: authz.Identities, Where: authz.UnnamedAccounts, Having: []policy.Condition{is}}
			all = append(all, outsider{id: id, query: q, org: true, unsure: policy.HasSymbol(id)})
		}
	}
	return all
}

// ownIsKnown tells whether the own account is known, so that any other account in the policy is foreign.
func ownIsKnown(p *lint.Pass) bool {
	own := p.Policy.Own
	return !policy.HasSymbol(own) || slices.ContainsFunc(p.Policy.Statements, func(st *policy.Statement) bool { return mentions(st, own) })
}

// notIn returns the conditions of callers in none of the organizations.
func notIn(ids []string) []policy.Condition {
	if len(ids) == 0 {
		return nil
	}
	var is, below []policy.Operand
	for _, id := range ids {
		is = append(is, policy.Operand{Text: id})
		below = append(below, policy.Operand{Text: id + "/*"})
	}
	return []policy.Condition{
		{Key: "aws:PrincipalOrgID", Operator: policy.Operator{Base: policy.StringNotEquals}, Values: is},
		{Key: "aws:PrincipalOrgPaths", Operator: policy.Operator{Quantifier: policy.ForAllValues, Base: policy.StringNotLike}, Values: below},
	}
}

// organizations returns the ids of the organizations that the policy's conditions write out.
func organizations(pol *policy.Policy) []string {
	var all []string
	for _, st := range pol.Statements {
		for _, c := range st.Conditions {
			if st.Effect != policy.Allow || !equalKey(c.Key, "aws:PrincipalOrgID") && !equalKey(c.Key, "aws:PrincipalOrgPaths") {
				continue
			}
			for _, v := range c.Values {
				if id, _, _ := strings.Cut(v.Text, "/"); id != "" && !wildcard(id) && !slices.Contains(all, id) {
					all = append(all, id)
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// mayConcern tells whether the statement could be about the outsider at all: it is wide, or names it.
func (s stated) mayConcern(o outsider) bool {
	return s.may&kms.CrossAccount != 0 && slices.ContainsFunc(s.alternatives, func(st *policy.Statement) bool {
		return wide(st) || !o.org && slices.ContainsFunc(st.Principals, func(q policy.Principal) bool { return q.Account == o.id })
	})
}

// meant leaves out accounts of which the statement does not speak, where an organization of which it speaks explains them.
func (s stated) meant(found []access) []access {
	if !slices.ContainsFunc(found, func(a access) bool { return a.org }) {
		return found
	}
	return slices.DeleteFunc(found, func(a access) bool {
		return !a.org && !slices.ContainsFunc(s.alternatives, func(st *policy.Statement) bool { return mentions(st, a.id) })
	})
}

// mentions tells whether a principal or a value of a condition holds the text.
func mentions(st *policy.Statement, text string) bool {
	return slices.ContainsFunc(st.Principals, func(q policy.Principal) bool { return strings.Contains(q.Text, text) }) ||
		slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool {
			return slices.ContainsFunc(c.Values, func(v policy.Operand) bool { return strings.Contains(v.Text, text) })
		})
}

// levelOf is a warning where only identities that the policy names have the access, and a note where the account may be the own one.
func levelOf(p *lint.Pass, o outsider, set authz.Set) lint.Level {
	if o.unsure {
		return lint.Note
	}
	if o.org {
		return lint.Error
	}
	others := o.query
	for _, st := range p.Policy.Statements {
		for _, q := range st.Principals {
			if q.Account == o.id {
				others.Except = append(others.Except, q.Text)
			}
		}
		others.Except = append(others.Except, pinned(st)...)
	}
	slices.Sort(others.Except)
	others.Except = slices.Compact(others.Except)
	if a := p.Ask(others, set); a.Verdict == authz.No || onlySessions(p, a, others.Except) {
		return lint.Warning
	}
	return lint.Error
}

// onlySessions tells whether the caller of an answer is itself listed, as sessions are that have no ARN of their own in aws:PrincipalArn.
func onlySessions(p *lint.Pass, a authz.Answer, listed []string) bool {
	return a.Verdict == authz.Yes && slices.Contains(listed, a.Request.Principal)
}

func (o outsider) show(p *lint.Pass) string {
	if o.org {
		return "organization " + p.Show(o.id)
	}
	return "account " + p.Show(o.id)
}

// reportOutsiders makes one finding of all outsiders of a statement, at the highest level of any.
func reportOutsiders(p *lint.Pass, st stated, set authz.Set, found []access) {
	slices.SortStableFunc(found, func(a, b access) int { return b.level.Rank() - a.level.Rank() })
	first := found[0]
	f := p.Finding(first.answer, first.query, set)
	f.Level = first.level
	who := first.show(p)
	if n := len(found) - 1; n > 0 {
		who = fmt.Sprintf("%s, like %d more,", who, n)
	}
	action := first.answer.Request.Action
	switch {
	case policy.HasSymbol(first.id):
		f.Message = fmt.Sprintf("%s can call %s, and nothing in the repository tells whose that is; write it out, or accept the finding with a reason", who, action)
	case first.unsure:
		f.Message = fmt.Sprintf("%s can call %s, and nothing tells whether it is the key's own; set account in .github/kmsguard.yml, or list it in trusted", who, action)
	case first.org:
		f.Message = fmt.Sprintf("every account of %s can let its users and roles call %s; list the organization in trusted of .github/kmsguard.yml, or name the accounts that need the key", who, action)
	case first.level == lint.Warning:
		f.Message = fmt.Sprintf("%s can call %s from outside; list its account in trusted of .github/kmsguard.yml, or remove it", caller(p, first.answer.Request.Principal), action)
	default:
		f.Message = fmt.Sprintf("%s decides by its own IAM policies who of it can call %s; list it in trusted of .github/kmsguard.yml, or remove it", who, action)
	}
	var fix *lint.Proposal
	if !p.Quiet() {
		fix = &lint.Proposal{WhyNot: "whether they may use the key is for you to say", Text: trustedLine(p, found), Language: "yaml", Others: narrower(p, st, found)}
	}
	p.Report(f, st.Statement, lint.About{Set: set, Query: first.query}, fix)
}

// trustedLine is the line of the configuration that accepts the outsiders.
func trustedLine(p *lint.Pass, found []access) string {
	var accounts, orgs []string
	for _, a := range found {
		switch {
		case policy.HasSymbol(a.id): // the configuration takes no parameters
		case a.org:
			orgs = append(orgs, fmt.Sprintf("%q", p.Show(a.id)))
		default:
			accounts = append(accounts, fmt.Sprintf("%q", p.Show(a.id)))
		}
	}
	var parts []string
	if len(accounts) > 0 {
		parts = append(parts, "accounts: ["+strings.Join(accounts, ", ")+"]")
	}
	if len(orgs) > 0 {
		parts = append(parts, "organizations: ["+strings.Join(orgs, ", ")+"]")
	}
	if len(parts) == 0 {
		return ""
	}
	return "trusted: {" + strings.Join(parts, ", ") + "}"
}

// narrower says what else can be done: remove, or leave what works across accounts and is needed to read.
func narrower(p *lint.Pass, st stated, found []access) []*lint.Proposal {
	foreign := func(q principal) bool {
		return slices.ContainsFunc(found, func(a access) bool { return !a.org && q.Account == a.id })
	}
	set := p.Engine.Reach(0).Of(st.Index)
	stays := []authz.Query{{Where: authz.OwnAccount}, {Callers: []kms.Caller{kms.ServiceCaller}}}
	remove := &lint.Proposal{Message: "remove it from the statement", Loses: set, Keeps: stays,
		Kept: []string{"the own account's access, and that of AWS services"}, Lost: []string{"what the statement gives " + sentence(showAll(p, found))},
		Text: "take the account, organization or principal out of Principal and Condition", Language: "text"}
	if edits, ok := leaveOut(p, st, foreign); ok {
		remove.Changes = []lint.Change{{Edits: edits}}
	} else if at, ok := listOf(p, st.Node); ok && st.written() && !st.NotPrincipal && len(at.seq.Items) > 1 && at.seq.Items[at.index] == st.Node && !slices.ContainsFunc(st.Principals, func(q principal) bool { return !foreign(q) }) {
		remove.Changes = []lint.Change{{Edits: []syntax.Edit{p.Document().RemoveItem(at.seq, at.index)}}}
	} else {
		remove.WhyNot = "the statement names them in no list of its own"
	}
	all := []*lint.Proposal{remove}
	useful := st.may & kms.CrossAccount
	read := useful & kms.Set("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:Sign", "kms:Verify", "kms:GetPublicKey")
	if rest := st.may & kms.Effective &^ useful; read != 0 && (rest != 0 || useful.HasName("kms:CreateGrant")) {
		narrow := &lint.Proposal{Message: "narrow it to actions that work across accounts and are needed", Loses: set,
			Keeps: append(stays, authz.Query{Actions: read}), Kept: []string{sentence(read.Names())}, Lost: []string{"the statement's other actions"},
			Text: actionLine(p, read.Names()), Language: language(p)}
		if st.plainActions() && !st.NotAction && !slices.ContainsFunc(st.Principals, func(q principal) bool { return !foreign(q) }) {
			narrow.Changes = []lint.Change{{Edits: writeActions(p.Document(), st.Statement, read.Names())}}
		} else {
			narrow.WhyNot = "the statement is not theirs alone, or its actions are not a plain list"
		}
		all = append(all, narrow)
	}
	if slices.ContainsFunc(found, func(a access) bool { return a.unsure }) {
		for _, pr := range all {
			pr.WhyNot = "the account may be the key's own"
		}
	}
	return all
}

func showAll(p *lint.Pass, found []access) []string {
	var all []string
	for _, a := range found {
		all = append(all, a.show(p))
	}
	return all
}

// actionLine writes an Action element for the file's notation.
func actionLine(p *lint.Pass, names []string) string {
	if language(p) == "yaml" {
		return "Action: [" + strings.Join(names, ", ") + "]"
	}
	return `"Action": ["` + strings.Join(names, `", "`) + `"]`
}
