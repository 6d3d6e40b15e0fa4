package rules

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// NotPrincipal reports NotPrincipal, which lets in or locks out others than it seems to (semantics.md §1.4, §6.10, §6.12).
var NotPrincipal = &lint.Rule{
	ID:    "KMS008",
	Name:  "not-principal",
	Title: "NotPrincipal lets in or locks out others than it seems to",
	Level: lint.Error,
	Why: `With Allow, NotPrincipal lets everyone in but those it lists, of any account; AWS does not support it. With Deny, it also hits the
sessions of the roles that it lists, every principal with a permissions boundary, and AWS services. A condition on aws:PrincipalArn says what is meant.`,
	Before: `{"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/KMSAdminRole"}, "Action": "kms:Decrypt", "Resource": "*"}`,
	After:  `{"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/KMSAdminRole"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}}`,
	Ignore: "Never for Allow; for Deny where only IAM users without boundaries are listed and no service uses the key.",
	Page:   "AWS JSON policy elements: NotPrincipal",
	Run:    notPrincipal,
}

func notPrincipal(p *lint.Pass) {
	for _, st := range allows(p) {
		if st.NotPrincipal {
			allowNotPrincipal(p, st)
		}
	}
	for _, st := range denials(p) {
		if st.NotPrincipal {
			denyNotPrincipal(p, st)
		}
	}
	suspectHidden(p, "a statement has NotPrincipal")
}

func allowNotPrincipal(p *lint.Pass, st stated) {
	set := p.Engine.Reach(0).Of(st.Index)
	q := authz.Query{Callers: append([]kms.Caller{kms.RootUser}, authz.Identities...)}
	a := p.Ask(q, set)
	about := lint.About{Set: set, Query: q}
	switch a.Verdict {
	case authz.Undecided:
		undecided(p, st.Statement, a, about, "Allow with NotPrincipal lets anyone in")
	case authz.Yes:
		f := p.Finding(a, q, set)
		f.Message = fmt.Sprintf("%s can call %s, like everyone whom NotPrincipal does not list; name in Principal who is meant", caller(p, a.Request.Principal), a.Request.Action)
		var fix *lint.Proposal
		if !p.Quiet() {
			fix = &lint.Proposal{WhyNot: "whom the statement is meant for is yours to say", Language: language(p), Text: principalText(p, "<whom the statement is meant for>")}
		}
		p.Report(f, st.Statement, about, fix)
	}
}

// denyNotPrincipal asks whether the Deny hits a service, or one of those that it lists.
func denyNotPrincipal(p *lint.Pass, st stated) {
	set := p.Engine.Denied(0, st.Index)
	for _, q := range serviceCalls(p) {
		if a := askDenied(p, q, set); a.Verdict == authz.Yes {
			reportDenied(p, st, set, q, a, "AWS services")
			return
		}
	}
	for _, listed := range st.Principals {
		if kind, _, _, _ := policy.ParsePrincipal(listed.Text); kind == policy.InvalidARN || kind == policy.AccountRoot {
			continue
		}
		q := authz.Query{Principal: listed.Text}
		if a := askDenied(p, q, set); a.Verdict != authz.No {
			reportDenied(p, st, set, q, a, "sessions of "+caller(p, listed.Text))
			return
		}
	}
}

// serviceCalls asks for calls of AWS services: first of those that the policy lets in, which make the clearest witness.
func serviceCalls(p *lint.Pass) []authz.Query {
	var all []authz.Query
	for _, st := range allows(p) {
		for _, name := range services(st) {
			all = append(all, authz.Query{Principal: name})
		}
	}
	return append(all, authz.Query{Principal: "s3.amazonaws.com"}, authz.Query{Callers: []kms.Caller{kms.ServiceCaller}})
}

func reportDenied(p *lint.Pass, st stated, set authz.Set, q authz.Query, a authz.Answer, whom string) {
	// Whom NotPrincipal exempts is documented in part only; that the statement is none to rely on is sure.
	f := lint.Finding{Message: fmt.Sprintf("Deny with NotPrincipal also takes %s from %s; deny everyone but by a condition on aws:PrincipalArn", example(p, st, a), whom)}
	if a.Verdict == authz.Yes {
		f.Witness = p.Witness(a)
		f.Witness.Access = "denied"
	}
	var fix *lint.Proposal
	if !p.Quiet() {
		fix = denyByCondition(p, st)
	}
	p.Report(f, st.Statement, lint.About{Set: set, Query: q}, fix)
}

func example(p *lint.Pass, st stated, a authz.Answer) string {
	if a.Verdict == authz.Yes {
		return a.Request.Action
	}
	return sentence(st.may.Names())
}

// denyByCondition proposes to deny everyone but the ARNs listed, and to spare services.
func denyByCondition(p *lint.Pass, st stated) *lint.Proposal {
	pr := &lint.Proposal{
		Message:  "deny everyone but the listed ARNs, services apart",
		Restores: p.Engine.Denied(0, st.Index),
		Added:    []string{"AWS services are no longer denied what other statements allow them"},
		Kept:     []string{"the denial of everyone who is not listed"},
	}
	var listed []*syntax.Node
	var arns []string
	for _, q := range st.Principals {
		switch q.Kind {
		case policy.User, policy.Role, policy.AccountRoot, policy.FederatedUser:
			listed = append(listed, clone(q.Node))
			arns = append(arns, q.Text)
		default:
			pr.WhyNot = "NotPrincipal lists what has no ARN of its own in aws:PrincipalArn; name roles and users"
			pr.Text, pr.Language = conditionText(p, "ArnNotEquals", "aws:PrincipalArn", "<ARN of the role or user>"), language(p)
			return pr
		}
	}
	member := st.Node.Member("NotPrincipal")
	if member == nil || !st.written() || slices.ContainsFunc(st.Principals, func(q principal) bool { return policy.IsAccount(q.Node.Value) }) {
		pr.WhyNot = "NotPrincipal is worked out by the template, or lists a bare account id"
		pr.Text, pr.Language = conditionText(p, "ArnNotEquals", "aws:PrincipalArn", "<ARN of the role or user>"), language(p)
		return pr
	}
	pr.Withheld = []authz.Query{{Callers: append([]kms.Caller{kms.RootUser}, authz.Identities...), Except: arns}}
	for _, arn := range arns {
		pr.Gains = append(pr.Gains, lint.Gain{Principal: arn, Actions: kms.All, Why: "is no longer denied what other statements allow it"})
	}
	f := p.Document()
	pinned, ok := pinCondition(f, st.Node, "ArnNotEquals", "aws:PrincipalArn", oneOrList(listed))
	spared, ok2 := pinCondition(f, st.Node, "Bool", "aws:PrincipalIsAWSService", syntax.NewString("false"))
	if !ok || !ok2 {
		pr.WhyNot = "the statement's Condition asks aws:PrincipalArn already, or is worked out by the template"
		return pr
	}
	if st.Node.Member("Condition") == nil {
		pinned = []syntax.Edit{f.SetMember(st.Node, "Condition", syntax.NewMapping(
			"ArnNotEquals", syntax.NewMapping("aws:PrincipalArn", oneOrList(listed)),
			"Bool", syntax.NewMapping("aws:PrincipalIsAWSService", syntax.NewString("false"))), "")}
		spared = nil
	}
	edits := append([]syntax.Edit{f.Replace(member.Key, syntax.NewString("Principal")), f.Replace(st.PrincipalNode, syntax.NewString("*"))}, pinned...)
	edits = append(edits, spared...)
	pr.Changes = []lint.Change{{Edits: edits}}
	after(p, pr, edits)
	return pr
}
