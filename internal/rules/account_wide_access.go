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

// AccountWideAccess reports direct access of identities of the own account that nothing names (semantics.md §2.6, §6.4).
var AccountWideAccess = &lint.Rule{
	ID:    "KMS024",
	Name:  "account-wide-access",
	Title: "everyone in the account uses the key, without IAM",
	Level: lint.Warning,
	Why: `Principal "*" with a condition on the account reads like delegation to IAM and is more: every user and role of the account gets in
by the key policy alone, those too whose IAM policies say nothing of KMS. Name who uses the key, or, where IAM is meant to decide, the
account as principal.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}}`,
	Ignore: "Where every identity of a small account is trusted with the data.",
	Page:   "AWS global condition context keys; kms:CallerAccount",
	Run:    accountWideAccess,
}

func accountWideAccess(p *lint.Pass) {
	q := authz.Query{Callers: authz.Identities, Where: authz.OwnAccount}
	q.Except, q.Having = exceptNamed(p.Policy)
	for _, st := range allows(p) {
		if !slices.ContainsFunc(st.alternatives, wide) {
			continue // it lets in by name alone
		}
		set := p.Engine.Direct(0).Of(st.Index)
		a := p.Ask(q, set)
		about := lint.About{Set: set, Query: q}
		switch a.Verdict {
		case authz.Undecided:
			undecided(p, st.Statement, a, about, "identities of the own account that nothing names use the key directly")
		case authz.Yes:
			f := p.Finding(a, q, set)
			f.Message = fmt.Sprintf("%s can call %s without any IAM policy for the key, because the statement lets in the account's identities themselves; name who uses the key",
				unnamed(p, a.Request.Principal), a.Request.Action)
			direct := q
			direct.Via = authz.Directly
			if p.Ask(direct, set).Verdict == authz.No {
				f.Level = lint.Note
				f.Message = fmt.Sprintf("any user or role of the own account can call %s through %s without any IAM policy for the key; name who uses that service",
					a.Request.Action, p.Show(first(a.Request.Context["kms:ViaService"])))
			}
			var fix *lint.Proposal
			if !p.Quiet() {
				fix = nameUsers(p, st, q, set)
				if !p.Key.Generated {
					fix.Others = accountPrincipal(p, st)
				}
			}
			p.Report(f, st.Statement, about, fix)
		}
	}
}

// unnamed says who the caller of a witness stands for.
func unnamed(p *lint.Pass, principal string) string {
	if strings.HasSuffix(principal, "/any") {
		return "any user or role of the own account"
	}
	return caller(p, principal) + ", which nothing names,"
}

// exceptNamed returns what leaves the identities out that the policy names. A named session has no ARN that requests carry, so its role is left out.
func exceptNamed(pol *policy.Policy) (except []string, having []policy.Condition) {
	var roles []policy.Operand
	for _, arn := range namedIdentities(pol) {
		kind, account, name, _ := policy.ParsePrincipal(arn)
		if kind != policy.RoleSession {
			except = append(except, arn)
			continue
		}
		prefix := "arn:" + pol.Partition + ":iam::" + account + ":role/"
		roles = append(roles, policy.Operand{Text: prefix + name}, policy.Operand{Text: prefix + "*/" + name})
	}
	if len(roles) > 0 {
		having = []policy.Condition{{Key: "aws:PrincipalArn", Operator: policy.Operator{Base: policy.ArnNotLike}, Values: roles}}
	}
	return except, having
}

// narrowing starts a proposal that takes the reported access away and keeps everyone who is named, and other accounts.
func narrowing(p *lint.Pass, message string, set authz.Set) *lint.Proposal {
	pr := &lint.Proposal{Message: message, Loses: set, Language: language(p),
		Keeps: []authz.Query{{Callers: authz.Identities, Where: authz.NamedAccounts | authz.UnnamedAccounts}},
		Kept:  []string{"the identities that the policy names, and other accounts"},
		Lost:  []string{"users and roles of the own account that nothing names"}}
	admins := administrators(p)
	for _, arn := range namedIdentities(p.Policy) {
		q := authz.Query{Principal: arn}
		if contains(admins, arn) { // who manages the key is named for that, not to use it
			q.Actions = kms.Manage
			pr.Lost = append(pr.Lost, p.Show(arn)+": what of use it had by the statement")
		}
		pr.Keeps = append(pr.Keeps, q)
	}
	return pr
}

// nameUsers proposes to name who uses the key: where delegation is allowed the account, for IAM to decide; else the identities
// that the repository's IAM policies let use it.
func nameUsers(p *lint.Pass, st stated, q authz.Query, set authz.Set) *lint.Proposal {
	f := p.Document()
	delegated := p.Config.Delegation == "allow" || p.Config.Delegation == "administration" && st.may&kms.Effective&^kms.Manage == 0
	if delegated {
		pr := narrowing(p, "let IAM decide within the account", set)
		pr.Lost[0] = "users and roles of the own account without an IAM policy for the key"
		replacePrincipal(p, pr, st, f, ownRoot(p))
		return pr
	}
	pr := narrowing(p, "name who uses the key", set)
	manages := q
	manages.Actions = kms.Set("kms:PutKeyPolicy")
	pr.Manage, pr.Administrators = p.Ask(manages, set).Verdict != authz.No, administrators(p)
	var who []*syntax.Node
	var seen []string
	c := newClosing(p, pr)
	for _, u := range p.Target.Uses {
		actions := granted(u.Statement) & st.may
		if u.Statement.Effect != policy.Allow || u.Statement.Inert != "" || actions == 0 || slices.Contains(seen, u.Identity.ARN) {
			continue
		}
		seen = append(seen, u.Identity.ARN)
		node, why := c.nameable(u)
		if why != "" {
			pr.Used = append(pr.Used, lint.User{Affected: affected(p, u, actions), Why: why})
			continue
		}
		who = append(who, node)
	}
	if len(who) == 0 {
		pr.WhyNot = "nothing in the repository tells who uses the key"
		who = []*syntax.Node{syntax.NewString("<who uses the key>")}
	}
	replacePrincipal(p, pr, st, f, oneOrList(who))
	return pr
}

// replacePrincipal makes the principals of the statement, which are everyone, the given ones.
func replacePrincipal(p *lint.Pass, pr *lint.Proposal, st stated, f *syntax.File, who *syntax.Node) {
	principal := syntax.NewMapping("AWS", who)
	plain := len(st.alternatives) == 1 && st.Node != nil && only(st.Statement, policy.Everyone, policy.AWSEveryone) && st.PrincipalNode != nil && st.PrincipalNode.Tag == "" && !intrinsic(st.PrincipalNode)
	if !plain {
		if pr.WhyNot == "" {
			pr.WhyNot = "the statement's principals are not everyone alone, or the template works them out"
		}
		pr.Text, pr.Language = principalText(p, "<who uses the key>"), language(p)
		return
	}
	edits := []syntax.Edit{f.Replace(st.PrincipalNode, principal)}
	pr.Changes = []lint.Change{{Edits: edits}}
	if p.Key.Generated {
		pr.Text, pr.Language = "principals: [role], // instead of new iam.AnyPrincipal(); or new iam.AccountRootPrincipal(), where IAM is to decide", "typescript"
		return
	}
	after(p, pr, edits)
}

// principalText writes a Principal element for the file's notation.
func principalText(p *lint.Pass, who string) string {
	if language(p) == "yaml" {
		return "Principal:\n  AWS:\n    - " + who
	}
	return `"Principal": {"AWS": ["` + who + `"]}`
}

// ownRoot writes the own account as principal.
func ownRoot(p *lint.Pass) *syntax.Node {
	if policy.HasSymbol(p.Policy.Own) {
		return arn(p, "arn:${AWS::Partition}:iam::${AWS::AccountId}:root")
	}
	return syntax.NewString("arn:" + p.Policy.Partition + ":iam::" + p.Policy.Own + ":root")
}

// accountPrincipal is the alternative that leaves the decision to IAM. Where the configuration forbids that, it says so.
func accountPrincipal(p *lint.Pass, st stated) []*lint.Proposal {
	if p.Config.Delegation == "allow" {
		return nil // the fix itself
	}
	pr := &lint.Proposal{Message: "the account as principal, so that IAM decides; it needs delegation: allow in .github/kmsguard.yml"}
	replacePrincipal(p, pr, st, p.Document(), ownRoot(p))
	if pr.Shown == nil {
		return nil
	}
	pr.WhyNot = "it needs delegation: allow in .github/kmsguard.yml"
	return []*lint.Proposal{pr}
}
