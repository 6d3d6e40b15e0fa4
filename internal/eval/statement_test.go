package eval_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// TestInert: what lacks a required element grants and denies nothing (semantics.md §1.2, §1.6).
func TestInert(t *testing.T) {
	for _, s := range []string{
		`{"Effect": "Allow", "Principal": "*", "Action": "kms:*"}`,
		`{"Effect": "Allow", "Principal": "*", "Resource": "*"}`,
		`{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}`,
		`{"Effect": "Allow", "Principal": "*", "Action": [], "Resource": "*"}`,
		`{"Effect": "allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}`,
		`{"Principal": "*", "Action": "kms:*", "Resource": "*"}`,
	} {
		if got := ask(t, key(t, s, strings.Replace(s, "Allow", "Deny", 1)), policy.Request{Principal: alice}); dld(got) != "nnn" {
			t.Errorf("%s: %s", s, dld(got))
		}
	}
}

// TestDenyWins is semantics.md §5.1, step 1; with a doubtful Deny nothing is sure.
func TestDenyWins(t *testing.T) {
	p := key(t, allow(alice, "kms:*", ""), allow(own, "kms:*", ""), deny("*", "kms:*", `{"ArnLike": {"aws:PrincipalArn": "*"}}`))
	got := ask(t, p, policy.Request{Principal: alice})
	if dld(got) != "???" || !slices.Equal(got.Allowing, []int{0}) || !slices.Equal(got.Delegating, []int{1}) || !slices.Equal(got.Denying, []int{2}) {
		t.Errorf("%+v", got)
	}
	if want := []string{"what an ARN operator does with a value that is no ARN is not documented"}; !slices.Equal(got.Because, want) {
		t.Errorf("because %q", got.Because)
	}
	p = key(t, allow("*", "kms:*", ""), deny(own, "kms:*", ""))
	if got := ask(t, p, policy.Request{Principal: alice}); dld(got) != "nny" || got.Because != nil {
		t.Errorf("%+v", got)
	}
}

// TestGuards: alternatives of a statement hold in their own environments.
func TestGuards(t *testing.T) {
	p := key(t, allow(alice, "kms:*", ""))
	p.Dimensions = []policy.Dimension{{Name: "IsProd", Values: []string{"true", "false"}}}
	p.Statements[0].When = policy.Guard{"IsProd": "true"}
	for value, want := range map[string]string{"true": "ynn", "false": "nnn"} {
		if got := ask(t, p, policy.Request{Principal: alice, When: map[string]string{"IsProd": value}}); dld(got) != want {
			t.Errorf("IsProd %s: %s, want %s", value, dld(got), want)
		}
	}
	if got := ask(t, p, policy.Request{Principal: alice}); dld(got) != "?nn" {
		t.Errorf("IsProd not given: %s", dld(got))
	}
}

// TestUnread: with an unread part, every question is in doubt where that part can be.
func TestUnread(t *testing.T) {
	unread := policy.Unread{Construct: "Fn::Transform", When: policy.Guard{"IsProd": "true"}}
	for _, row := range []struct{ statement, caller, action, prod, want string }{
		{allow(alice, "kms:*", ""), alice, decrypt, "true", "???"},
		{allow(alice, "kms:*", ""), bob, decrypt, "true", "???"},
		{allow(alice, "kms:*", ""), alice, decrypt, "false", "ynn"},
		{deny(alice, "kms:*", ""), alice, decrypt, "true", "nny"}, // what is denied stays denied
		{deny(bob, "kms:*", ""), root, decrypt, "true", "?n?"},    // by account is direct for the root user
		{deny(bob, "kms:*", ""), alien, "kms:PutKeyPolicy", "true", "nn?"},
	} {
		p := key(t, row.statement)
		p.Unknown = []policy.Unread{unread}
		got := ask(t, p, policy.Request{Principal: row.caller, Action: row.action, When: map[string]string{"IsProd": row.prod}})
		if dld(got) != row.want {
			t.Errorf("%s by %s, IsProd %s: %s, want %s", row.statement, row.caller, row.prod, dld(got), row.want)
		}
	}
}

// TestHidden: parts of a statement that a template construct hides are in doubt.
func TestHidden(t *testing.T) {
	for name, hide := range map[string]func(*policy.Statement){
		"principal": func(s *policy.Statement) {
			s.Principals = []policy.Principal{{Kind: policy.UnreadPrincipal, Unknown: "Fn::Transform"}}
		},
		"action":    func(s *policy.Statement) { s.Actions = []policy.Pattern{{Unknown: "Fn::Transform"}} },
		"resource":  func(s *policy.Statement) { s.Resources = []policy.Pattern{{Unknown: "Fn::Transform"}} },
		"condition": func(s *policy.Statement) { s.Conditions = []policy.Condition{{Unknown: "Fn::Transform"}} },
	} {
		p := key(t, allow(alice, "kms:*", ""), deny(alice, "kms:*", ""))
		for _, s := range p.Statements {
			hide(s)
		}
		want := "???"
		if name != "principal" {
			want = "?n?"
		}
		if got := ask(t, p, policy.Request{Principal: alice}); dld(got) != want {
			t.Errorf("hidden %s: %s, want %s", name, dld(got), want)
		}
	}
}

// TestSymbolicPrincipals: a parameter that holds an ARN is one named role of the own account, or itself.
func TestSymbolicPrincipals(t *testing.T) {
	var table policy.Symbols
	admin, account := table.Rune("${AdminRoleArn}"), table.Rune("${AWS::AccountId}")
	arn := func(s string) string { return "arn:aws:iam::" + account + ":role/" + s }
	for _, row := range []struct {
		principal policy.Principal
		caller    string
		want      string
	}{
		{policy.Principal{Kind: policy.Role, Text: arn(admin), Account: account, Name: admin}, arn(admin), "ynn"},
		{policy.Principal{Kind: policy.Role, Text: arn(admin), Account: account, Name: admin}, arn("App"), "nnn"},
		{policy.Principal{Kind: policy.Role, Text: admin}, admin, "ynn"},
		{policy.Principal{Kind: policy.Role, Text: admin}, app, "nnn"},
		{policy.Principal{Kind: policy.AccountRoot, Text: "arn:aws:iam::" + account + ":root", Account: account}, arn("App"), "nyn"},
		{policy.Principal{Kind: policy.AccountRoot, Text: "arn:aws:iam::" + account + ":root", Account: account}, admin, "nyn"},
		{policy.Principal{Kind: policy.AccountRoot, Text: root, Account: own}, admin, "nnn"},
	} {
		p := key(t, allow("*", "kms:*", ""))
		p.Own, p.Statements[0].Principals = account, []policy.Principal{row.principal}
		got := eval.KeyPolicy(p, policy.Request{Principal: row.caller, Account: account, Action: decrypt})
		if dld(got) != row.want {
			t.Errorf("%s asked by %s: %s, want %s", table.Show(row.principal.Text), table.Show(row.caller), dld(got), row.want)
		}
	}
}
