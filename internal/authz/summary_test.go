package authz_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// rowText writes a row for people.
func rowText(r authz.Row) string {
	s := fmt.Sprintf("%s %s", r.Kind, r.Who)
	if r.Delegated {
		s = "IAM of " + r.Who
	}
	names := r.Actions.Names()
	if len(names) > 4 {
		names = append(names[:2], fmt.Sprintf("… %d", len(names)))
	}
	s += ": " + strings.Join(names, " ")
	for _, b := range r.Bounds {
		if b.Deny >= 0 {
			s += fmt.Sprintf(" unless[%d]", b.Deny)
		}
		s += fmt.Sprintf(" %s %s %v", b.Operator, b.Key, b.Values)
	}
	s += fmt.Sprintf(" %v", r.Statements)
	if r.When != nil {
		s += fmt.Sprintf(" when %v", map[string]string(r.When))
	}
	if len(r.Because) > 0 {
		s += " because " + strings.Join(r.Because, "; ")
	}
	return s
}

func TestSummary(t *testing.T) {
	for _, test := range []struct{ name, policy, want string }{
		{"the default policy", root, `
IAM of 111122223333: kms:CancelKeyDeletion kms:CreateAlias … 45 [0]
account arn:aws:iam::111122223333:root: kms:CancelKeyDeletion kms:CreateAlias … 45 [0]`},
		{"the hardened policy", rootOnly + "," + admin, `
account arn:aws:iam::111122223333:root: kms:CancelKeyDeletion kms:CreateAlias … 45 StringEquals aws:PrincipalType [Account] [0]
role arn:aws:iam::111122223333:role/Admin: kms:DescribeKey kms:PutKeyPolicy [1]`},
		{"a foreign account has what works across accounts", `{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": ["kms:Decrypt", "kms:PutKeyPolicy"], "Resource": "*"}`, `
IAM of 444455556666: kms:Decrypt [0]
account arn:aws:iam::444455556666:root: kms:Decrypt [0]`},
		{"Denies take away wholly or in part", admin + `,{"Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*"}, {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}`, `
role arn:aws:iam::111122223333:role/Admin: kms:DescribeKey unless[2] Bool aws:MultiFactorAuthPresent [false] [0]`},
		{"statements that say the same are one row", admin + "," + strings.Replace(admin, "kms:Put*", "kms:Sign", 1), `
role arn:aws:iam::111122223333:role/Admin: kms:DescribeKey kms:PutKeyPolicy kms:Sign [0 1]`},
		{"conditions say nothing where the same is given without", everyone + "," + everyoneIn + `,{"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "kms:Encrypt", "Resource": "*"}`, `
everyone *: kms:Decrypt [0]
service logs.amazonaws.com: kms:Encrypt [2]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			for _, r := range authz.New(read(t, document(test.policy))).Summary(0) {
				got += "\n" + rowText(r)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSummaryIsExact: on random policies every action of a row is a yes of Find, and every yes about a named principal is in a row.
func TestSummaryIsExact(t *testing.T) {
	for i := range uint64(*lawCases) {
		statements := roll(*seed + i).statements(3)
		p := policyOf(statements)
		e := authz.New(p)
		rows := e.Summary(0)
		for _, s := range p.Statements {
			for _, q := range s.Principals {
				for _, a := range kms.Actions() {
					if q.Kind == policy.AccountRoot {
						ask := authz.Query{Callers: authz.Identities, Account: q.Account, Actions: 1 << a.Index}
						check(t, e, ask, e.Delegated(0), rows, q.Account, true, a.Index, statements)
					}
					if _, _, _, session := policy.ParsePrincipal(q.Text); q.Account != "" && session == "" || q.Kind == policy.Service {
						check(t, e, authz.Query{Principal: q.Text, Actions: 1 << a.Index}, e.Direct(0), rows, q.Text, false, a.Index, statements)
					}
				}
			}
		}
	}
}

func check(t *testing.T, e *authz.Engine, q authz.Query, set authz.Set, rows []authz.Row, who string, delegated bool, action int, statements []*policy.Value) {
	t.Helper()
	listed, sure := false, false
	for _, r := range rows {
		own := r.Who == who || r.Who == "*" || r.Kind == policy.UnreadPrincipal || strings.Contains(r.Who, ":assumed-role/")
		if r.Delegated == delegated && own && r.Actions.Has(action) {
			listed = true
			sure = sure || r.Who == who && len(r.Because) == 0
		}
	}
	a := e.Find(q, set)
	if a.Verdict == authz.Yes && !listed || a.Verdict == authz.No && sure {
		t.Fatalf("%s, action %d: %v, but listed %t, for sure %t%s", who, action, a.Verdict, listed, sure, showAll(statements))
	}
}
