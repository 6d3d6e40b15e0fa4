package eval_test

import (
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// Columns of the grids below.
var callers = []string{root, alice, bob, appOne, appTwo, opsOne, app, fed, fedTwo, alien, alRoot, china, logs, sns}

// TestPrincipalGrid is semantics.md §5.2, every cell: D direct, L delegated, n no, ? maybe. The second line of a
// row is the same principal in a Deny: y denied.
func TestPrincipalGrid(t *testing.T) {
	for _, row := range []struct{ principal, allow, deny string }{
		//                                      root ali bob ap1 ap2 op1 app fed fe2 aln aro chn log sns
		{own /*                              */, "D   L   L   L   L   L   L   L   L   n   n   n   n   n", "y y y y y y y y y n n n n n"},
		{root /*                             */, "D   L   L   L   L   L   L   L   L   n   n   n   n   n", "y y y y y y y y y n n n n n"},
		{other /*                            */, "n   n   n   n   n   n   n   n   n   L   D   n   n   n", "n n n n n n n n n y y n n n"},
		{alice /*                            */, "n   D   n   n   n   n   n   ?   ?   n   n   n   n   n", "n y n n n n n ? ? n n n n n"},
		{bob /*                              */, "n   n   D   n   n   n   n   ?   ?   n   n   n   n   n", "n n y n n n n ? ? n n n n n"},
		{app /*                              */, "n   n   n   D   D   n   D   n   n   n   n   n   n   n", "n n n y y n y n n n n n n n"},
		{appOne /*                           */, "n   n   n   D   n   n   ?   n   n   n   n   n   n   n", "n n n y n n ? n n n n n n n"},
		{fed /*                              */, "n   n   n   n   n   n   n   D   n   n   n   n   n   n", "n n n n n n n y n n n n n n"},
		{"*" /*                              */, "D   D   D   D   D   D   D   D   D   D   D   D   ?   ?", "y y y y y y y y y y y y y y"},
		{`{"AWS": "*"}` /*                   */, "D   D   D   D   D   D   D   D   D   D   D   D   ?   ?", "y y y y y y y y y y y y ? ?"},
		{logs /*                             */, "n   n   n   n   n   n   n   n   n   n   n   n   D   n", "n n n n n n n n n n n n y n"},
		// §1.3: matches nobody.
		{`{"AWS": "AIDACKCEVSQ6C2EXAMPLE"}`, "n n n n n n n n n n n n n n", "n n n n n n n n n n n n n n"},
		{`{"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}`, "n n n n n n n n n n n n n n", "n n n n n n n n n n n n n n"},
		{`{"Federated": "cognito-identity.amazonaws.com"}`, "n n n n n n n n n n n n n n", "n n n n n n n n n n n n n n"},
		{"arn:aws:iam::111122223333:role/A*", "n n n n n n n n n n n n n n", "n n n n n n n n n n n n n n"},
		{"arn:aws:iam::111122223333:group/App", "n n n n n n n n n n n n n n", "n n n n n n n n n n n n n n"},
		{"arn:aws:iam::111122223333:user/alice", "n n n n n n n ? ? n n n n n", "n n n n n n n ? ? n n n n n"}, // the full path is needed
		{"arn:aws:iam::111122223333:role/app", "n n n n n n n n n n n n n n", "n n n n n n n n n n n n n n"},   // names are case-sensitive
		{"arn:aws:iam::111122223333:role/team/App", "n n n n n n n n n n n n n n", "n n n n n n n n n n n n n n"},
		// §1.3: several values are OR.
		{`{"AWS": ["` + alice + `", "` + app + `"], "Service": "` + sns + `"}`, "n D n D D n D ? ? n n n n D", "n y n y y n y ? ? n n n n y"},
	} {
		p := key(t, allow(row.principal, "kms:*", ""))
		d := key(t, allow("*", "kms:*", ""), deny(row.principal, "kms:*", ""))
		wantAllow, wantDeny := strings.Fields(row.allow), strings.Fields(row.deny)
		for i, c := range callers {
			got := ask(t, p, policy.Request{Principal: c})
			if want := map[string]string{"D": "ynn", "L": "nyn", "n": "nnn", "?": "?nn"}[wantAllow[i]]; dld(got) != want {
				t.Errorf("Allow %s asked by %s: %s, want %s", row.principal, c, dld(got), want)
			}
			if got := ask(t, d, policy.Request{Principal: c}); letters(got.Denied) != wantDeny[i] {
				t.Errorf("Deny %s asked by %s: %s, want %s", row.principal, c, letters(got.Denied), wantDeny[i])
			}
		}
	}
}

// TestRolePath: the path of a session's role is in aws:PrincipalArn alone (semantics.md §1.3, §2.2).
func TestRolePath(t *testing.T) {
	p := key(t, allow("arn:aws:iam::111122223333:role/team/App", "kms:*", ""))
	for arn, want := range map[string]string{
		"arn:aws:iam::111122223333:role/team/App": "ynn",
		"arn:aws:iam::111122223333:role/App":      "nnn",
	} {
		if got := ask(t, p, policy.Request{Principal: appOne, Context: context("aws:PrincipalArn", arn)}); dld(got) != want {
			t.Errorf("session of %s: %s, want %s", arn, dld(got), want)
		}
	}
	// A value that cannot be the session's role says nothing of it; Complete refuses it.
	p = key(t, allow("arn:aws:iam::444455556666:role/App", "kms:*", ""), allow("arn:aws:iam::111122223333:role/Ops", "kms:*", ""))
	for _, arn := range []string{"arn:aws:iam::444455556666:role/App", "arn:aws:iam::111122223333:role/Ops"} {
		r := policy.Request{Principal: appOne, Account: own, Action: decrypt, Context: context("aws:PrincipalArn", arn)}
		if got := eval.KeyPolicy(p, r); dld(got) != "nnn" {
			t.Errorf("session with the role %s: %s", arn, dld(got))
		}
	}
}

// TestRootStatement is the table of semantics.md §2.2: what conditions make of the statement for the account.
func TestRootStatement(t *testing.T) {
	for _, row := range []struct {
		condition string
		caller    string
		context   map[string][]string
		want      string
	}{
		{"", root, nil, "ynn"},
		{"", alice, nil, "nyn"},
		{"", appOne, nil, "nyn"},
		{`{"StringEquals": {"aws:PrincipalType": "Account"}}`, root, nil, "ynn"},
		{`{"StringEquals": {"aws:PrincipalType": "Account"}}`, alice, nil, "nnn"},
		{`{"StringEquals": {"aws:PrincipalType": "Account"}}`, app, nil, "nnn"},
		{`{"StringEquals": {"aws:PrincipalType": "Account"}}`, fed, nil, "nnn"},
		{`{"ArnEquals": {"aws:PrincipalArn": "` + root + `"}}`, root, nil, "ynn"},
		{`{"ArnEquals": {"aws:PrincipalArn": "` + root + `"}}`, alice, nil, "nnn"},
		{`{"StringEquals": {"aws:PrincipalType": "User"}}`, root, nil, "nnn"},
		{`{"StringEquals": {"aws:PrincipalType": "User"}}`, alice, nil, "nyn"},
		{`{"StringEquals": {"aws:PrincipalType": "User"}}`, appOne, nil, "nnn"},
		{`{"StringEquals": {"aws:PrincipalType": ["User", "AssumedRole"]}}`, appOne, nil, "nyn"},
		{`{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/A*"}}`, root, nil, "nnn"},
		{`{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/A*"}}`, appTwo, nil, "nyn"},
		{`{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/A*"}}`, opsOne, nil, "nnn"},
		{`{"StringEquals": {"aws:PrincipalAccount": "111122223333"}}`, root, nil, "ynn"},
		{`{"StringEquals": {"kms:CallerAccount": "111122223333"}}`, alice, nil, "nyn"},
		{`{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}`, alice, context("aws:PrincipalOrgID", "o-a1b2c3d4e5"), "nyn"},
		{`{"Bool": {"aws:MultiFactorAuthPresent": "true"}}`, root, nil, "nnn"},
		{`{"Bool": {"aws:MultiFactorAuthPresent": "true"}}`, root, context("aws:MultiFactorAuthPresent", "true"), "ynn"},
		{`{"Bool": {"aws:MultiFactorAuthPresent": "true"}}`, alice, context("aws:MultiFactorAuthPresent", "true"), "nyn"},
		{`{"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}`, root, nil, "nnn"},
		{`{"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}`, alice, context("kms:ViaService", "s3.eu-west-1.amazonaws.com"), "nyn"},
		// §1.3: aws:PrincipalArn of a session is never the session's own ARN.
		{`{"ArnEquals": {"aws:PrincipalArn": "` + appOne + `"}}`, appOne, nil, "nnn"},
	} {
		p := key(t, allow(root, "kms:*", row.condition))
		if got := ask(t, p, policy.Request{Principal: row.caller, Context: row.context}); dld(got) != row.want {
			t.Errorf("%s asked by %s: %s, want %s", row.condition, row.caller, dld(got), row.want)
		}
	}
}

// TestDelegationPerStatement: delegation does not pass from one statement to another (semantics.md §2.1 no. 5, §5.1).
func TestDelegationPerStatement(t *testing.T) {
	p := key(t, allow(root, "kms:DescribeKey", ""), allow(alice, decrypt, ""))
	for _, row := range []struct{ caller, action, want string }{
		{alice, decrypt, "ynn"}, {alice, "kms:DescribeKey", "nyn"}, {bob, decrypt, "nnn"}, {root, decrypt, "nnn"}, {root, "kms:DescribeKey", "ynn"},
	} {
		if got := ask(t, p, policy.Request{Principal: row.caller, Action: row.action}); dld(got) != row.want {
			t.Errorf("%s by %s: %s, want %s", row.action, row.caller, dld(got), row.want)
		}
	}
}
