package authz_test

import (
	"testing"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
)

// allow writes an Allow for everyone with a condition, and deny a Deny.
func allow(condition string) string {
	return `{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": ` + condition + `}`
}

func deny(condition string) string {
	return `{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": ` + condition + `}`
}

// TestRegressions: each row was answered wrongly, or not at all, once.
func TestRegressions(t *testing.T) {
	strangers := authz.Query{Callers: authz.Identities, Where: authz.UnnamedAccounts}
	all := authz.Query{Callers: authz.Identities}
	identities := authz.Query{Callers: authz.Identities, Where: authz.OwnAccount}
	bob := `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/Bob"}, "Action": "kms:Decrypt", "Resource": "*"}`
	for _, test := range []struct {
		name   string
		policy string
		query  authz.Query
		want   authz.Verdict
	}{
		{"an account by the start of an ARN pattern", allow(`{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::4444*"}}`), strangers, authz.Yes},
		{"an account by digits anywhere in the ARN", allow(`{"StringLike": {"aws:PrincipalArn": "*:iam::*77*88*:role/x"}}`), strangers, authz.Yes},
		{"an account by a pattern, tied to the ARN", allow(`{"StringLike": {"aws:PrincipalAccount": "4444*", "aws:PrincipalArn": "arn:aws:iam::5555*"}}`), strangers, authz.No},
		{"an account that only the question names", everyone, authz.Query{Account: "123456789012", Callers: authz.Identities}, authz.Yes},
		{"a principal of an account that only the question names", everyone, authz.Query{Principal: "arn:aws:iam::123456789012:role/x"}, authz.Yes},
		{"an account that only the question names, pinned out", everyoneIn, authz.Query{Account: "123456789012", Callers: authz.Identities}, authz.No},
		{"ArnLike is not StringLike on the same text", allow(`{"StringLike": {"aws:PrincipalArn": "arn:aws:*:*:111122223333:*"}}`) + "," + deny(`{"ArnLike": {"aws:PrincipalArn": "arn:aws:*:*:111122223333:*"}}`), all, authz.Yes},
		{"Bool ignores case, StringEquals does not", allow(`{"StringEquals": {"aws:PrincipalTag/a": "true"}}`) + "," + deny(`{"StringEquals": {"aws:PrincipalTag/a": "TRUE"}}`), all, authz.Yes},
		{"a condition on the encryption context is decided for Decrypt", allow(`{"StringEquals": {"kms:EncryptionContext:App": "x"}}`), strangers, authz.Yes},
		{"but not for CreateGrant", `{"Effect": "Allow", "Principal": "*", "Action": "kms:CreateGrant", "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:App": "x"}}}`, strangers, authz.Undecided},
		{"a key that all requests carry is never absent", everyone + "," + deny(`{"Null": {"kms:KeySpec": "true"}}`), strangers, authz.Yes},
		{"the deprecated name of a key", allow(`{"StringEquals": {"kms:KeySpec": "RSA_2048", "kms:CustomerMasterKeySpec": "ECC_NIST_P256"}}`), all, authz.No},
		{"paths of another organization", allow(`{"StringEquals": {"aws:PrincipalOrgID": "o-one"}, "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-two/r-ab/*"}}`), all, authz.No},
		{"paths of the same organization", allow(`{"StringEquals": {"aws:PrincipalOrgID": "o-one"}, "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-ab/*"}}`), all, authz.Yes},
		{"paths without an organization", allow(`{"Null": {"aws:PrincipalOrgID": "true"}, "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*"}}`), all, authz.No},
		{"a pair that the names of the context forbid", allow(`{"StringEquals": {"kms:EncryptionContext:App": "x"}, "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "stage"}}`), all, authz.No},
		{"a pair that they allow", allow(`{"StringEquals": {"kms:EncryptionContext:App": "x"}, "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["App", "stage"]}}`), all, authz.Yes},
		{"a name that must be there without a pair", allow(`{"Null": {"kms:EncryptionContext:App": "true"}, "ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "app"}}`), all, authz.No},
		{"an address and an endpoint", allow(`{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}`) + "," + deny(`{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}`), authz.Query{Callers: authz.Identities, Via: authz.Directly}, authz.No},
		{"an old MFA session without MFA", allow(`{"Bool": {"aws:MultiFactorAuthPresent": "false"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}`), all, authz.No},
		{"a grant for an AWS resource by a direct call", allow(`{"Bool": {"kms:GrantIsForAWSResource": "true"}}`), authz.Query{Callers: authz.Identities, Via: authz.Directly, Actions: kms.Set("kms:CreateGrant")}, authz.No},
		{"the session name is in the userid", `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/App/one"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringLike": {"aws:userid": "*:two"}}}`, all, authz.No},
		{"a federated user may be the named user's", bob, authz.Query{Callers: []kms.Caller{kms.Federated}}, authz.Undecided},
		{"who is excepted, is with its federated users", bob, authz.Query{Callers: authz.Identities, Except: []string{"arn:aws:iam::111122223333:user/Bob"}}, authz.No},
		{"a role of any account by the caller's own account", allow(`{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/x"}, "StringEquals": {"aws:PrincipalOrgID": "o-one"}}`), strangers, authz.Yes},
		{"the own account by a variable", allow(`{"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}`), strangers, authz.No},
		{"the own account by a variable, inside", allow(`{"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}`), identities, authz.Yes},
		{"letters that fold to ASCII", allow(`{"StringEqualsIgnoreCase": {"aws:PrincipalTag/a": "stage"}, "StringNotLike": {"aws:PrincipalTag/a": ["s*", "S*"]}}`), all, authz.Undecided},
		{"Null of nothing", allow(`{"Null": {"aws:PrincipalTag/a": "maybe"}}`), all, authz.No},
		{"a service acts for an account that a pattern names", `{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringLike": {"aws:SourceAccount": "4444*"}, "ArnLike": {"aws:SourceArn": "arn:aws:sns:*:4444*:*"}}}`, authz.Query{Where: authz.UnnamedAccounts}, authz.Yes},
		{"a service acts for two accounts at once", `{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": "arn:aws:sns:*:444455556666:*"}}}`, authz.Query{}, authz.No},
		{"ForAnyValue with IfExists is decided where the key is always there", allow(`{"ForAnyValue:ArnEqualsIfExists": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}}`), identities, authz.Yes},
		{"and in doubt for services after it was decided", deny(`{"ForAnyValue:ArnEqualsIfExists": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}}`) + `,{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*"}`, authz.Query{}, authz.Undecided},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := read(t, document(test.policy))
			e := authz.New(p)
			a := e.Find(test.query, e.Direct(0))
			if a.Verdict != test.want {
				t.Errorf("verdict %v, want %v; request %+v, because %v", a.Verdict, test.want, a.Request, a.Because)
			}
			replay(t, p, a, 0, nil)
		})
	}
}

// TestDoubtsCancel: what nobody knows is the same in a policy and its copy.
func TestDoubtsCancel(t *testing.T) {
	for _, statement := range []string{
		`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/Bob"}, "Action": "kms:Decrypt", "Resource": "*"}`,
		`{"Effect": "Allow", "NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:user/Bob", "111122223333"]}, "Action": "kms:Decrypt", "Resource": "*"}`,
		`{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "arn:aws:kms:eu-west-1:*:key/*"}`,
		allow(`{"StringEquals": {"kms:GrantOperations": "Decrypt"}}`),
		allow(`{"ArnNotLike": {"kms:EncryptionContext:a": "arn:aws:logs:*:*:*"}}`),
		allow(`{"StringFoo": {"aws:PrincipalTag/a": "b"}}`),
	} {
		p, q := read(t, document(statement)), read(t, document(statement+","+rootOnly))
		e := authz.New(p, q)
		if a := e.Find(authz.Query{}, e.Direct(0)); a.Verdict == authz.No {
			t.Errorf("%s gives nothing", statement)
		}
		for _, set := range []authz.Set{e.Direct(0).Less(e.Direct(1)), e.Delegated(0).Less(e.Delegated(1))} {
			if a := e.Find(authz.Query{}, set); a.Verdict != authz.No {
				t.Errorf("%s: %v because %v", statement, a.Verdict, a.Because)
			}
		}
	}
}
