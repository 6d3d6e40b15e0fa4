package rules

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// PublicAccess reports access that identities of any account have (semantics.md §6.2 to §6.6, §7).
var PublicAccess = &lint.Rule{
	ID:    "KMS002",
	Name:  "public-access",
	Title: "any AWS account can use the key",
	Level: lint.Error,
	Why: `The statement lets in callers of accounts that nothing in the policy names: whoever gives itself the IAM permission in an
account of its own. A condition closes it only if every request that meets it comes from a named account, organization or network;
conditions that also hold where their key is absent, or that only say which service passes the call on, do not.`,
	Before: `{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}}`,
	Ignore: "Never for keys that hold data.",
	Page:   "Determining access to AWS KMS keys",
	Run:    publicAccess,
}

// networkKeys say where a call comes from.
var networkKeys = []string{"aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths", "aws:SourceIp", "aws:VpcSourceIp"}

// organizationKeys say to which organization the caller's account belongs.
var organizationKeys = []string{"aws:PrincipalOrgID", "aws:PrincipalOrgPaths"}

func publicAccess(p *lint.Pass) {
	strangers := authz.Query{Callers: authz.Identities, Where: authz.UnnamedAccounts, Having: outside(p.Policy, organizationKeys)}
	anywhere := strangers
	anywhere.Having = append(anywhere.Having[:len(anywhere.Having):len(anywhere.Having)], outside(p.Policy, networkKeys)...)
	defer func() { askHidden(p, strangers, p.Engine.Reach(0), "any AWS account can use the key") }()
	for _, st := range allows(p) {
		set := p.Engine.Reach(0).Of(st.Index)
		q := anywhere
		a := p.Ask(q, set)
		bounded := false
		if a.Verdict == authz.No {
			if q, bounded = strangers, true; len(anywhere.Having) == len(strangers.Having) {
				continue
			}
			if a = p.Ask(q, set); a.Verdict == authz.No {
				continue
			}
		}
		about := lint.About{Set: set, Query: q}
		if a.Verdict == authz.Undecided {
			undecided(p, st.Statement, a, about, "any AWS account can use the key")
			continue
		}
		f := p.Finding(a, q, set)
		guilty := st.guilty(p, q, set)
		switch {
		case bounded:
			f.Level = lint.Warning
			f.Message = fmt.Sprintf("any AWS account can call %s from the named network, which alone bounds the statement; hold it to your account or organization too", a.Request.Action)
		default:
			f.Message = fmt.Sprintf("a role of any AWS account, such as %s, can call %s once its own account allows it; hold the statement to your account", p.Show(a.Request.Principal), a.Request.Action)
		}
		var fix *lint.Proposal
		if !p.Quiet() {
			fix = pinAccount(p, guilty, q)
		}
		p.Report(f, guilty[0], about, fix)
	}
}

// outside returns conditions that a request meets whose keys have none of the values that the policy names for them.
func outside(pol *policy.Policy, keys []string) []policy.Condition {
	var all []policy.Condition
	for _, key := range keys {
		var named, nets []policy.Operand
		for _, st := range pol.Statements {
			for _, c := range st.Conditions {
				if !equalKey(c.Key, key) {
					continue
				}
				for _, v := range c.Values {
					switch {
					case c.Operator.Base.Positive() == policy.IPAddress:
						one := policy.Condition{Operator: c.Operator, Values: []policy.Operand{v}}
						if _, want := one.Mistyped(); want == "" && !strings.HasSuffix(v.Text, "/0") {
							nets = append(nets, v)
						}
					case !openValue(v.Text):
						named = append(named, v)
					}
				}
			}
		}
		quantifier := policy.NoQuantifier
		if strings.HasSuffix(key, "OrgPaths") {
			quantifier = policy.ForAllValues
		}
		if len(named) > 0 {
			all = append(all, policy.Condition{Key: key, Values: named, Operator: policy.Operator{Quantifier: quantifier, Base: policy.StringNotLike}})
		}
		if len(nets) > 0 {
			all = append(all, policy.Condition{Key: key, Values: nets, Operator: policy.Operator{Base: policy.NotIPAddress}})
		}
	}
	return all
}

// openValue tells whether a value of an organization or network key names nothing: a wildcard stands before anything that could tell one from another.
func openValue(text string) bool {
	head, _, _ := strings.Cut(text, "/")
	return wildcard(head)
}

// pinAccount proposes to hold the statement to the own account.
func pinAccount(p *lint.Pass, guilty []*policy.Statement, q authz.Query) *lint.Proposal {
	pr := &lint.Proposal{Message: "hold the statement to the own account", Loses: p.Engine.Reach(0).Of(guilty[0].Index), Lost: []string{"callers of other accounts through this statement"}}
	f := p.Document()
	var edits []syntax.Edit
	for _, st := range guilty {
		more, ok := pinCondition(f, st.Node, "StringEquals", "kms:CallerAccount", ownAccount(p))
		if !ok {
			pr.WhyNot = "the statement's Condition is worked out by the template, or asks kms:CallerAccount already"
			return pr
		}
		edits = append(edits, more...)
	}
	pr.Changes = []lint.Change{{Edits: edits}}
	pr.LosesQuery = q
	after(p, pr, edits)
	return pr
}
