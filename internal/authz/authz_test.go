package authz_test

import (
	"testing"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// read reads a key policy of account 111122223333.
func read(t testing.TB, text string) *policy.Policy {
	t.Helper()
	f, err := syntax.ParseJSON("policy.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return policy.Read(policy.FromSyntax(f.Root()), policy.Options{Own: "111122223333"})
}

// document wraps statements.
func document(statements string) string {
	return `{"Version": "2012-10-17", "Statement": [` + statements + `]}`
}

const (
	root       = `{"Sid": "root", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}`
	rootOnly   = `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}}}`
	admin      = `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Admin"}, "Action": ["kms:Put*", "kms:Describe*"], "Resource": "*"}`
	everyone   = `{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}`
	everyoneIn = `{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}}`
	denyOthers = `{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}}`
)

func TestFind(t *testing.T) {
	identities := authz.Query{Callers: authz.Identities, Where: authz.OwnAccount}
	strangers := authz.Query{Callers: authz.Identities, Where: authz.UnnamedAccounts}
	for _, test := range []struct {
		name      string
		policy    string
		query     authz.Query
		delegated bool
		want      authz.Verdict
	}{
		{"the default policy delegates", root, identities, true, authz.Yes},
		{"it lets no identity in by itself", root, identities, false, authz.No},
		{"the hardened statement delegates nothing", rootOnly, identities, true, authz.No},
		{"a named role is direct", admin, identities, false, authz.Yes},
		{"everyone is direct for strangers", everyone, strangers, false, authz.Yes},
		{"a pinned account keeps strangers out", everyoneIn, strangers, false, authz.No},
		{"a Deny closes a wildcard", everyone + "," + denyOthers, strangers, false, authz.No},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := authz.New(read(t, document(test.policy)))
			set := e.Direct(0)
			if test.delegated {
				set = e.Delegated(0)
			}
			a := e.Find(test.query, set)
			if a.Verdict != test.want {
				t.Errorf("verdict %v, want %v; request %+v, because %v", a.Verdict, test.want, a.Request, a.Because)
			}
			t.Logf("%+v", a)
		})
	}
}
