package eval_test

import (
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// TestActionPatterns is semantics.md §1.5, Action.
func TestActionPatterns(t *testing.T) {
	for _, row := range []struct{ pattern, want string }{ // action=answer
		{"kms:Decrypt", "kms:Decrypt=y kms:decrypt=y KMS:DECRYPT=y kms:Encrypt=n"},
		{"KMS:dECRYPT", "kms:Decrypt=y"},
		{"*", "kms:Decrypt=y kms:PutKeyPolicy=y"},
		{"kms:*", "kms:Decrypt=y"},
		{"kms:ReEncrypt*", "kms:ReEncryptFrom=y kms:ReEncryptTo=y kms:Encrypt=n"},
		{"kms:ReEncrypt", "kms:ReEncryptFrom=n"},
		{"kms:GenerateDataKey", "kms:GenerateDataKey=y kms:GenerateDataKeyPair=n kms:GenerateDataKeyWithoutPlaintext=n"},
		{"kms:*Key*", "kms:GenerateDataKey=y kms:ScheduleKeyDeletion=y kms:Sign=n"},
		{"kms:Decryp?", "kms:Decrypt=y kms:Encrypt=n"},
		{"k*:Decrypt", "kms:Decrypt=? kms:Encrypt=n"}, // not valid: what it matches is not documented
		{"kms*", "kms:Decrypt=?"},
		{"Decrypt", "kms:Decrypt=n"},
		{"s3:*", "kms:Decrypt=n"},
		{"${*}", "kms:Decrypt=n"}, // §4.4: no variables here
	} {
		for _, pair := range strings.Fields(row.want) {
			action, want, _ := strings.Cut(pair, "=")
			got := ask(t, key(t, allow(alice, row.pattern, "")), policy.Request{Principal: alice, Action: action})
			if letters(got.Direct) != want {
				t.Errorf("%s for %s: %s, want %s", row.pattern, action, letters(got.Direct), want)
			}
			not := strings.Replace(allow(alice, row.pattern, ""), `"Action"`, `"NotAction"`, 1)
			got = ask(t, key(t, not), policy.Request{Principal: alice, Action: action})
			if want := map[string]string{"y": "n", "n": "y", "?": "?"}[want]; letters(got.Direct) != want {
				t.Errorf("NotAction %s for %s: %s, want %s", row.pattern, action, letters(got.Direct), want)
			}
		}
	}
}

// TestActionEffect is semantics.md §3.1, policy type and cross-account, with §2.3 for RetireGrant. A statement allows,
// another denies the same: the first column is the Allow alone for alice, then for a user of another account, then Denied.
func TestActionEffect(t *testing.T) {
	cross := "CreateGrant Decapsulate Decrypt DeriveSharedSecret DescribeKey Encapsulate Encrypt GenerateDataKey GenerateDataKeyPair " +
		"GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GetKeyRotationStatus GetPublicKey ListGrants " +
		"ReEncryptFrom ReEncryptTo RevokeGrant Sign Verify VerifyMac"
	owner := "CancelKeyDeletion CreateAlias DeleteAlias DeleteImportedKeyMaterial DisableKey DisableKeyRotation EnableKey EnableKeyRotation " +
		"GetKeyLastUsage GetKeyPolicy GetParametersForImport ImportKeyMaterial ListKeyPolicies ListKeyRotations ListResourceTags PutKeyPolicy " +
		"ReplicateKey RotateKeyOnDemand ScheduleKeyDeletion TagResource UntagResource UpdateAlias UpdateKeyDescription UpdatePrimaryRegion"
	iam := "ConnectCustomKeyStore CreateCustomKeyStore CreateKey DeleteCustomKeyStore DescribeCustomKeyStores DisconnectCustomKeyStore " +
		"GenerateRandom ListAliases ListKeys ListRetirableGrants UpdateCustomKeyStore"
	allows := key(t, allow("*", "*", ""))
	denies := key(t, allow("*", "*", ""), deny("*", "*", ""))
	check := func(names, want string) {
		for _, name := range strings.Fields(names) {
			action := "kms:" + name
			got := letters(
				ask(t, allows, policy.Request{Principal: alice, Action: action}).Direct,
				ask(t, allows, policy.Request{Principal: alien, Action: action}).Direct,
				ask(t, denies, policy.Request{Principal: alice, Action: action}).Denied)
			if got != want {
				t.Errorf("%s: %s, want %s", action, got, want)
			}
		}
	}
	check(cross, "yyy")
	check(owner, "yny")
	check(iam, "nnn")
	check("RetireGrant SynchronizeMultiRegionKey", "nny")
	if got := ask(t, allows, policy.Request{Principal: alice, Action: "kms:DoSomethingNew"}); dld(got) != "?nn" {
		t.Errorf("unknown action: %s", dld(got)) // §1.5: wildcards grow
	}
	if got := ask(t, allows, policy.Request{Principal: alice, Action: "s3:GetObject"}); dld(got) != "nnn" {
		t.Errorf("another service's action: %s", dld(got))
	}
	// §1.3: account ids do not tell the partition.
	if got := ask(t, allows, policy.Request{Principal: china, Action: "kms:PutKeyPolicy"}); dld(got) != "nnn" {
		t.Errorf("same number in another partition: %s", dld(got))
	}
	// §2.4: by account and by identity alike.
	foreign := key(t, allow(other, "kms:*", ""))
	for action, want := range map[string]string{decrypt: "nyn", "kms:PutKeyPolicy": "nnn"} {
		if got := ask(t, foreign, policy.Request{Principal: alien, Action: action}); dld(got) != want {
			t.Errorf("foreign account, %s: %s, want %s", action, dld(got), want)
		}
	}
}

// TestUnknownOwner: where nothing tells the key's account, an action that works only within it is in doubt.
func TestUnknownOwner(t *testing.T) {
	p := &policy.Policy{Version: policy.Version2012, Statements: []*policy.Statement{{
		Effect: policy.Allow, Principals: []policy.Principal{{Kind: policy.Everyone, Text: "*"}},
		Actions: []policy.Pattern{{Text: "kms:*"}}, Resources: []policy.Pattern{{Text: "*"}},
	}}}
	for _, row := range []struct{ resource, action, want string }{
		{"", decrypt, "ynn"}, {"", "kms:PutKeyPolicy", "?nn"}, {keyARN, "kms:PutKeyPolicy", "ynn"},
	} {
		got := eval.KeyPolicy(p, policy.Request{Principal: alice, Account: own, Action: row.action, Resource: row.resource})
		if dld(got) != row.want {
			t.Errorf("%s on %q: %s, want %s", row.action, row.resource, dld(got), row.want)
		}
	}
}
