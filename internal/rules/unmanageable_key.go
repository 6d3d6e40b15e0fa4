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

// UnmanageableKey reports keys whose policy nobody can change, and those for which KMS's lockout check would refuse it (semantics.md §1.6, §6.20).
var UnmanageableKey = &lint.Rule{
	ID:    "KMS010",
	Name:  "unmanageable-key",
	Title: "nobody can change the key policy",
	Level: lint.Error,
	Why: `When no user or role of the account can put the policy, only the root user or AWS Support can repair the key. KMS checks when a policy
is saved that the caller itself could put it again, and refuses it otherwise: "The new key policy will not allow you to update the key policy in the future."`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"], "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/KMSAdminRole"}, "Action": ["kms:Put*", "kms:Get*", "kms:Describe*"], "Resource": "*"}`,
	Ignore: "Where the key is meant never to change again, and the lockout check was bypassed on purpose.",
	Page:   "Default key policy",
	Run:    unmanageableKey,
}

// putting asks for a user or role of the own account that can put the policy.
var putting = authz.Query{Callers: authz.Identities, Where: authz.OwnAccount, Actions: kms.Set("kms:PutKeyPolicy")}

func unmanageableKey(p *lint.Pass) {
	reach := p.Engine.Reach(0)
	about := lint.About{Set: reach, Query: putting, Judged: "nobody can put the policy"}
	switch a := p.Ask(putting, reach); {
	case a.Verdict == authz.Undecided:
		undecided(p, nil, a, about, "anyone can change the key policy")
	case a.Verdict == authz.No && p.Engine.Find(putting, beforeDeny(p)).Verdict == authz.Yes:
		// A Deny takes it from everyone: that is KMS011's.
	case a.Verdict == authz.No && refusedManager(p):
		// Who is meant to manage it is no principal: that is KMS015's.
	case a.Verdict == authz.No && !ownIsKnown(p) && namedManager(p):
		undecided(p, nil, authz.Answer{Because: []string{ownerOpen}}, about, "anyone can change the key policy")
	case a.Verdict == authz.No:
		nobodyCan(p, about, nil)
	default:
		if g, known := environmentWithout(p, putting, reach); !known {
			undecided(p, nil, authz.Answer{Because: []string{"over 256 combinations of parameters and conditions"}}, about, "anyone can change the key policy in each of them")
		} else if g != nil {
			nobodyCan(p, about, g)
		} else if !refusedForDeployer(p) {
			fragile(p, about, a)
		}
	}
}

// namedManager tells whether a statement lets principals of some account put the policy, if that account owns the key.
func namedManager(p *lint.Pass) bool {
	return slices.ContainsFunc(allows(p), func(st stated) bool {
		return st.may&putting.Actions != 0 && slices.ContainsFunc(st.Principals, func(q principal) bool { return q.Account != "" })
	})
}

// refusedManager tells whether a statement gives management to nobody only because KMS refuses its principals, and KMS015 says so.
func refusedManager(p *lint.Pass) bool {
	if _, off := p.Config.RuleLevel(RejectedPolicy.ID, string(RejectedPolicy.Level)); off {
		return false
	}
	return slices.ContainsFunc(allows(p), func(st stated) bool {
		return st.may&putting.Actions != 0 && slices.ContainsFunc(st.Principals, func(q principal) bool { return q.Kind == policy.InvalidARN })
	})
}

// beforeDeny is what the Allow statements give that could be about putting the policy.
func beforeDeny(p *lint.Pass) authz.Set {
	var named authz.Set
	for _, st := range allows(p) {
		if st.may&putting.Actions != 0 {
			named = named.Or(p.Engine.Named(0, st.Index))
		}
	}
	return named
}

// nobodyCan reports the key in the environments of the guard.
func nobodyCan(p *lint.Pass, about lint.About, when policy.Guard) {
	root := rootPuts()
	root.When = when
	f := lint.Finding{Message: "no user or role of the own account can call kms:PutKeyPolicy, so KMS refuses the policy or nobody can ever change it; let an administrator call it"}
	switch dead := deletedManager(p); {
	case dead != "":
		f.Level = lint.Warning
		f.Message = fmt.Sprintf("only %s, the id of a deleted principal, could call kms:PutKeyPolicy, so nobody can; name an administrator that exists", dead)
	case p.Ask(root, p.Engine.Reach(0)).Verdict == authz.Yes:
		f.Message = "nobody but the root user can call kms:PutKeyPolicy, so KMS refuses the policy for any other caller; let an administrator call it"
	}
	var fix *lint.Proposal
	if !p.Quiet() {
		fix = addAdministrators(p)
	}
	if when != nil {
		p.Depend(&f, when)
		if fix != nil && len(fix.Changes) == 0 {
			fix.WhyNot = "who administers the key in that environment is not known here; let an administrator call kms:PutKeyPolicy there too"
		}
	}
	p.Report(f, nil, about, fix)
}

func rootPuts() authz.Query {
	return authz.Query{Callers: []kms.Caller{kms.RootUser}, Where: authz.OwnAccount, Actions: putting.Actions}
}

// deletedManager returns the id of a deleted principal that a statement would let put the policy.
func deletedManager(p *lint.Pass) string {
	for _, st := range allows(p) {
		for _, q := range st.Principals {
			if q.Kind == policy.UniqueID && st.may&putting.Actions != 0 {
				return q.Text
			}
		}
	}
	return ""
}

// refusedForDeployer predicts KMS's lockout check for the roles that are known to deploy the key.
func refusedForDeployer(p *lint.Pass) bool {
	var refused []string
	for _, d := range deployers(p) {
		arn := expand(p, d)
		q := authz.Query{Principal: arn, Actions: putting.Actions}
		switch a := p.Ask(q, p.Engine.Reach(0)); a.Verdict {
		case authz.Undecided:
			undecided(p, nil, a, lint.About{Set: p.Engine.Reach(0), Query: q, Judged: "the deployer can put the policy " + arn}, p.Show(arn)+" can put the policy that it deploys")
			return true
		case authz.No:
			refused = append(refused, p.Show(arn))
		}
	}
	if len(refused) == 0 {
		return false
	}
	f := lint.Finding{Message: fmt.Sprintf("%s deploys the key and cannot call kms:PutKeyPolicy, so KMS refuses the policy (The new key policy will not allow you to update the key policy in the future.); let it manage the key", sentence(refused))}
	var fix *lint.Proposal
	if !p.Quiet() {
		fix = addAdministrators(p)
	}
	p.Report(f, nil, lint.About{Judged: "the deployer cannot put the policy " + strings.Join(refused, " ")}, fix)
	return true
}

// fragile reports a key that hangs on one user, whom neither the root user nor IAM can replace.
func fragile(p *lint.Pass, about lint.About, a authz.Answer) {
	kind, _, _, _ := policy.ParsePrincipal(a.Request.Principal)
	if kind != policy.User || p.Ask(rootPuts(), p.Engine.Reach(0)).Verdict != authz.No {
		return
	}
	others := putting
	others.Except = []string{a.Request.Principal}
	if p.Ask(others, p.Engine.Reach(0)).Verdict != authz.No {
		return
	}
	f := p.Finding(a, putting, p.Engine.Reach(0))
	f.Level = lint.Warning
	f.Message = fmt.Sprintf("only %s can call kms:PutKeyPolicy, so the key is lost with that user; add a role, or let the root user manage it", caller(p, a.Request.Principal))
	about.Judged = "only one user can put the policy"
	p.Report(f, nil, about, nil)
}

// deployers returns who is known to deploy the key, as it is written: the key's own deployer, else the configured ones of the own account.
func deployers(p *lint.Pass) []string {
	if p.Key.Deployer != "" {
		return []string{p.Key.Deployer}
	}
	return slices.DeleteFunc(slices.Clone(p.Config.Deployers), func(d string) bool { return !ofOwn(p, d) })
}

func ofOwn(p *lint.Pass, principal string) bool {
	_, account, _, _ := policy.ParsePrincipal(expand(p, principal))
	return account == p.Policy.Own
}

// addAdministrators proposes a statement for the configured administrators, where nobody manages the key yet, and for the deployers who cannot.
func addAdministrators(p *lint.Pass) *lint.Proposal {
	pr := &lint.Proposal{Message: "let the configured administrators and deployers manage the key", Manage: true, Kept: []string{"all that the policy gives now"}}
	pr.Administrators = administrators(p)
	var add []string
	if len(pr.Administrators) == 0 {
		add = slices.DeleteFunc(slices.Clone(p.Config.Administrators), func(a string) bool { return !ofOwn(p, a) })
	}
	for _, d := range deployers(p) {
		pr.Deployers = append(pr.Deployers, expand(p, d))
		if !slices.Contains(pr.Administrators, expand(p, d)) && !slices.Contains(add, d) {
			add = append(add, d)
		}
	}
	list := statementsNode(p)
	switch {
	case len(add) == 0:
		pr.WhyNot = "who administers the key is not known here; name administrators in .github/kmsguard.yml"
		pr.Text, pr.Language = "administrators: [\"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/<your key administrators>\"]", "yaml"
		return pr
	case list == nil || list.Kind != syntax.Sequence:
		pr.WhyNot = "the policy's Statement is no list"
		return pr
	}
	var nodes []*syntax.Node
	for _, a := range add {
		nodes = append(nodes, arn(p, a))
		pr.Administrators = append(pr.Administrators, expand(p, a))
		pr.Gains = append(pr.Gains, lint.Gain{Principal: expand(p, a), Actions: kms.Manage, Why: "manages the key, as the configuration says"})
	}
	added := administratorStatement(p, oneOrList(nodes))
	unlike(added, sidsOf(p.Policy))
	edits := []syntax.Edit{p.Document().InsertItem(list, len(list.Items), added)}
	pr.Changes = []lint.Change{{Edits: edits}}
	after(p, pr, edits)
	return pr
}
