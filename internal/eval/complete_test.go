package eval_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// identityContext is what every identity's request carries (semantics.md §3.3, matrix).
func identityContext(kind, arn, account string, pairs ...string) map[string][]string {
	m := context("aws:PrincipalType", kind, "aws:PrincipalArn", arn, "aws:PrincipalAccount", account, "kms:CallerAccount", account,
		"aws:PrincipalIsAWSService", "false", "aws:ViaAWSService", "false", "aws:SecureTransport", "true", "aws:ResourceAccount", own)
	maps.Copy(m, context(pairs...))
	return m
}

// TestComplete is semantics.md §2.2 (values by caller), the matrix of §3.3, and §3.2 for the kms: keys.
func TestComplete(t *testing.T) {
	p := key(t, allow("*", "kms:*", ""))
	for _, row := range []struct {
		request policy.Request
		want    map[string][]string
	}{
		{policy.Request{Principal: root}, identityContext("Account", root, own, "aws:userid", own)},
		{policy.Request{Principal: alice}, identityContext("User", alice, own, "aws:username", "alice")},
		{policy.Request{Principal: appOne}, identityContext("AssumedRole", app, own)},
		{policy.Request{Principal: app}, identityContext("AssumedRole", app, own)},
		{policy.Request{Principal: fed}, identityContext("FederatedUser", fed, own, "aws:userid", own+":fed")},
		{policy.Request{Principal: alien, Account: other}, identityContext("User", alien, other, "aws:username", "alien")},
		{policy.Request{Principal: logs}, context("aws:PrincipalIsAWSService", "true", "aws:PrincipalServiceName", logs, "aws:ViaAWSService", "false",
			"aws:SecureTransport", "true", "aws:ResourceAccount", own)}, // the rest is unverified
		{policy.Request{Principal: alice, Context: context("KMS:viaservice", "s3.eu-west-1.amazonaws.com")},
			identityContext("User", alice, own, "aws:username", "alice", "KMS:viaservice", "s3.eu-west-1.amazonaws.com", "aws:ViaAWSService", "true")},
		{policy.Request{Principal: alice, Context: context("kms:EncryptionContext:b", "1", "kms:encryptioncontext:A", "2")},
			identityContext("User", alice, own, "aws:username", "alice", "kms:EncryptionContext:b", "1", "kms:encryptioncontext:A", "2",
				"kms:EncryptionContextKeys", "A", "kms:EncryptionContextKeys", "b")},
		{policy.Request{Principal: alice, Resource: keyARN},
			identityContext("User", alice, own, "aws:username", "alice", "aws:RequestedRegion", "eu-west-1", "kms:MultiRegion", "false")},
		{policy.Request{Principal: alice, Resource: "arn:aws:kms:us-east-1:111122223333:key/mrk-1234"},
			identityContext("User", alice, own, "aws:username", "alice", "aws:RequestedRegion", "us-east-1", "kms:MultiRegion", "true")},
		{policy.Request{Principal: alice, Action: "kms:GenerateDataKeyPair"},
			identityContext("User", alice, own, "aws:username", "alice", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT")},
		{policy.Request{Principal: alice, Action: "kms:DeriveSharedSecret"},
			identityContext("User", alice, own, "aws:username", "alice", "kms:KeyAgreementAlgorithm", "ECDH")},
		// what is given and right stays as it is
		{policy.Request{Principal: appOne, Context: context("aws:principalarn", "arn:aws:iam::111122223333:role/team/App", "aws:userid", "AROAX:one", "Bool", "x")},
			func() map[string][]string {
				m := identityContext("AssumedRole", app, own, "aws:principalarn", "arn:aws:iam::111122223333:role/team/App", "aws:userid", "AROAX:one", "Bool", "x")
				delete(m, "aws:PrincipalArn")
				return m
			}()},
	} {
		if row.request.Action == "" {
			row.request.Action = decrypt
		}
		before := maps.Clone(row.request.Context)
		got, err := eval.Complete(p, row.request)
		if err != nil {
			t.Errorf("%+v: %v", row.request, err)
			continue
		}
		if diff := cmp.Diff(row.want, got.Context); diff != "" {
			t.Errorf("%s %s:\n%s", row.request.Principal, row.request.Action, diff)
		}
		if diff := cmp.Diff(before, row.request.Context); diff != "" {
			t.Errorf("%s: the request was changed:\n%s", row.request.Principal, diff)
		}
		if again, err := eval.Complete(p, got); err != nil || !cmp.Equal(again, got) {
			t.Errorf("completed twice, %s is another request: %v", row.request.Principal, err)
		}
	}
	if got, err := eval.Complete(p, policy.Request{Principal: alice, Action: "kms:ListAliases"}); err != nil || got.Context["kms:CallerAccount"] != nil || got.Account != own {
		t.Errorf("kms:ListAliases carries no kms:CallerAccount (§3.1): %v %v", got, err)
	}
}

// TestCompleteRefuses: values that contradict what follows, and requests of no known form.
func TestCompleteRefuses(t *testing.T) {
	p := key(t, allow("*", "kms:*", ""))
	for _, row := range []struct {
		request policy.Request
		want    string
	}{
		{policy.Request{Principal: alice, Context: context("aws:PrincipalType", "AssumedRole")}, `aws:PrincipalType is given as ["AssumedRole"], but in this request it is ["User"]`},
		{policy.Request{Principal: alice, Context: context("AWS:PRINCIPALACCOUNT", other)}, "aws:PrincipalAccount"},
		{policy.Request{Principal: alice, Context: context("kms:CallerAccount", own, "kms:CallerAccount", other)}, "kms:CallerAccount"},
		{policy.Request{Principal: alice, Context: context("aws:username", "bob")}, "aws:username"},
		{policy.Request{Principal: app, Context: context("aws:username", "App")}, "this request does not carry it"},
		{policy.Request{Principal: appOne, Context: context("aws:PrincipalArn", appOne)}, "it must be the ARN of the session's role"},
		{policy.Request{Principal: appOne, Context: context("aws:PrincipalArn", "arn:aws:iam::111122223333:role/Ops")}, "aws:PrincipalArn"},
		{policy.Request{Principal: appOne, Context: context("aws:userid", "AROAX:two")}, "it must end in the session's name"},
		{policy.Request{Principal: root, Context: context("aws:userid", other)}, "aws:userid"},
		{policy.Request{Principal: alice, Context: context("aws:PrincipalServiceName", logs)}, "aws:PrincipalServiceName"},
		{policy.Request{Principal: alice, Context: context("aws:ViaAWSService", "true")}, "aws:ViaAWSService"},
		{policy.Request{Principal: alice, Context: context("aws:SecureTransport", "false")}, "aws:SecureTransport"},
		{policy.Request{Principal: alice, Context: context("aws:ResourceAccount", other)}, "aws:ResourceAccount"},
		{policy.Request{Principal: alice, Context: context("kms:EncryptionContextKeys", "a")}, "the request's encryption context has the names []"},
		{policy.Request{Principal: alice, Context: context("kms:EncryptionContext:a", "1", "kms:EncryptionContextKeys", "b")}, "kms:EncryptionContextKeys"},
		{policy.Request{Principal: alice, Resource: keyARN, Context: context("aws:RequestedRegion", "us-east-1")}, "aws:RequestedRegion"},
		{policy.Request{Principal: alice, Context: context("aws:PrincipalType", "User", "aws:principaltype", "User")}, "given twice in different letter case"},
		{policy.Request{Principal: logs, Context: context("kms:ViaService", "s3.eu-west-1.amazonaws.com")}, "never carry it"},
		{policy.Request{Principal: logs, Context: context("aws:PrincipalIsAWSService", "false")}, "aws:PrincipalIsAWSService"},
		{policy.Request{Principal: logs, Account: own}, "services are of no account"},
		{policy.Request{Principal: alice, Account: other}, "the principal is of account 111122223333"},
		{policy.Request{Principal: "AIDACKCEVSQ6C2EXAMPLE"}, "is no user"},
		{policy.Request{Principal: own}, "is no user"},
		{policy.Request{Principal: "arn:aws:iam::111122223333:group/g"}, "is no user"},
		{policy.Request{Principal: "arn:aws:sts::111122223333:assumed-role/App"}, "is no user"},
		{policy.Request{Principal: "arn:aws:iam::111122223333:user/"}, "is no user"},
		{policy.Request{Principal: "arn:aws:iam:::user/x"}, "is no user"},
		{policy.Request{Principal: alice, Action: "kms:*"}, "is not one action"},
		{policy.Request{Principal: alice, Action: "Decrypt"}, "is not one action"},
		{policy.Request{Principal: alice, Resource: "arn:aws:kms:eu-west-1:111122223333:alias/a"}, "is not the ARN of a key"},
		{policy.Request{Principal: alice, Resource: "arn:aws:kms:eu-west-1:444455556666:key/a"}, "the key is of account 444455556666"},
	} {
		if row.request.Action == "" {
			row.request.Action = decrypt
		}
		_, err := eval.Complete(p, row.request)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%+v: error %v, want %q", row.request, err, row.want)
		}
	}
}

// TestDerivedKeys: every key that the help lists is explained, and nothing else is filled in.
func TestDerivedKeys(t *testing.T) {
	for _, k := range eval.DerivedKeys {
		if eval.DerivedRule(strings.ToUpper(k)) == "" {
			t.Errorf("%s is not explained", k)
		}
	}
	if eval.DerivedRule("aws:SourceIp") != "" {
		t.Error("aws:SourceIp is explained")
	}
	p := key(t, allow("*", "kms:*", ""))
	for _, c := range callers {
		got, err := eval.Complete(p, policy.Request{Principal: c, Action: "kms:GenerateDataKey", Resource: keyARN})
		if err != nil {
			t.Fatal(err)
		}
		for k := range got.Context {
			if !slices.Contains(eval.DerivedKeys, k) {
				t.Errorf("%s is filled in but not listed", k)
			}
		}
	}
}
