package rules

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
)

func equalKey(a, b string) bool { return strings.EqualFold(a, b) }

func wildcard(s string) bool { return strings.ContainsAny(s, "*?") }

// caller describes the kind of caller that a witness stands for.
func caller(p *lint.Pass, principal string) string {
	kind, account, name, session := policy.ParsePrincipal(principal)
	whose := "account " + p.Show(account)
	if account == p.Policy.Own {
		whose = "the own account"
	}
	switch kind {
	case policy.AccountRoot:
		return "the root user of " + whose
	case policy.User:
		return "user " + p.Show(name) + " of " + whose
	case policy.Role:
		return "role " + p.Show(name) + " of " + whose
	case policy.RoleSession:
		return "session " + p.Show(name+"/"+session) + " of " + whose
	case policy.FederatedUser:
		return "federated user " + p.Show(name) + " of " + whose
	}
	return "service " + p.Show(principal)
}
