package rules

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// administrators returns the ARNs of the identities of the own account that the policy names and that can put it directly (DESIGN section 1).
func administrators(p *lint.Pass) []string {
	return lint.Once(p, "administrators", func() []string { return slices.Clip(putters(p)) })
}

func putters(p *lint.Pass) []string {
	var all []string
	for _, who := range namedIdentities(p.Policy) {
		q := authz.Query{Principal: who, Actions: kms.Set("kms:PutKeyPolicy"), Via: authz.Directly}
		if p.Ask(q, p.Engine.Direct(0)).Verdict == authz.Yes {
			all = append(all, who)
		}
	}
	return all
}

// namedIdentities returns the ARNs of the users, roles, sessions and federated users of the own account that the policy lists as principals or pins by a whole aws:PrincipalArn.
func namedIdentities(pol *policy.Policy) []string {
	var all []string
	add := func(arn string) {
		kind, account, _, _ := policy.ParsePrincipal(arn)
		switch kind {
		case policy.User, policy.Role, policy.RoleSession, policy.FederatedUser:
			if account == pol.Own && !slices.Contains(all, arn) {
				all = append(all, arn)
			}
		}
	}
	for _, st := range pol.Statements {
		if st.Effect != policy.Allow {
			continue
		}
		for _, q := range st.Principals {
			add(q.Text)
		}
		for _, arn := range pinned(st) {
			add(arn)
		}
	}
	return all
}

// pinned returns the whole ARNs to which a statement's conditions hold the caller.
func pinned(st *policy.Statement) []string {
	var all []string
	for _, c := range st.Conditions {
		if !equalKey(c.Key, "aws:PrincipalArn") || c.Operator.IfExists || c.Operator.Quantifier == policy.ForAllValues {
			continue
		}
		switch c.Operator.Base {
		case policy.StringEquals, policy.StringLike, policy.ArnEquals, policy.ArnLike:
		default:
			continue
		}
		for _, v := range c.Values {
			if kind, _, _, _ := policy.ParsePrincipal(v.Text); kind != policy.InvalidARN && !wildcard(v.Text) {
				all = append(all, v.Text)
			}
		}
	}
	return all
}
