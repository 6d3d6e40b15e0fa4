package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// TestResource is semantics.md §1.5, Resource: against the key keyARN, and against a key of which only the account is known.
func TestResource(t *testing.T) {
	for _, row := range []struct{ pattern, named, unnamed string }{
		{"*", "y", "y"},
		{keyARN, "y", "?"},
		{"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ac", "n", "?"},
		{"arn:aws:kms:us-east-1:111122223333:key/*", "n", "?"},
		{"arn:aws:kms:eu-west-1:111122223333:key/*", "y", "?"},
		{"arn:aws:kms:*:111122223333:key/*", "y", "y"},
		{"arn:aws:kms:*:111122223333:*", "y", "y"},
		{"arn:*:kms:?*:*:key/?*", "y", "y"},
		{"arn:aws:kms:*", "y", "y"},
		{"*key/*", "y", "y"},
		{"arn:aws:kms:*:111122223333:key/????????-*", "y", "?"}, // not multi-Region keys
		{"arn:aws:kms:*:111122223333:key/mrk-*", "n", "?"},
		{"arn:aws:kms:*:444455556666:key/*", "n", "n"},
		{"arn:aws-cn:kms:*:111122223333:key/*", "n", "n"},
		{"ARN:aws:kms:*:111122223333:key/*", "n", "n"},
		{"arn:aws:kms:*:111122223333:key", "n", "n"},
		{"arn:aws:kms:eu-west-1:111122223333:alias/app", "n", "n"},
		{"arn:aws:kms:*:*:alias/*", "n", "n"},
		{"key/*", "n", "n"},
		{"arn:aws:s3:::bucket", "n", "n"},
		{"arn:aws:kms:*:111122223333:key/${aws:PrincipalTag/key", "?", "?"}, // malformed
		{strings.Repeat("*a", 600), "n", "?"},                               // over the limit of keyspace.go
		{"arn:aws:kms:*:111122223333:key/${aws:PrincipalTag/key, '*'}", "?", "?"},
		{"arn:aws:kms:*:111122223333:key/${aws:PrincipalTag/key}", "n", "n"},
		{"arn:aws:kms:*:${aws:PrincipalAccount}:key/*", "?", "?"}, // before the fifth colon: not documented
		{"arn:aws:kms:${aws:RequestedRegion}:444455556666:key/*", "n", "n"},
	} {
		for resource, want := range map[string]string{keyARN: row.named, "": row.unnamed} {
			p := key(t, strings.Replace(allow(alice, "kms:*", ""), `"Resource": "*"`, fmt.Sprintf(`"Resource": %q`, row.pattern), 1))
			if got := ask(t, p, policy.Request{Principal: alice, Resource: resource}); letters(got.Direct) != want {
				t.Errorf("Resource %s for key %q: %s, want %s", row.pattern, resource, letters(got.Direct), want)
			}
			p = key(t, strings.Replace(allow(alice, "kms:*", ""), `"Resource": "*"`, fmt.Sprintf(`"NotResource": %q`, row.pattern), 1))
			if got, want := ask(t, p, policy.Request{Principal: alice, Resource: resource}), map[string]string{"y": "n", "n": "y", "?": "?"}[want]; letters(got.Direct) != want {
				t.Errorf("NotResource %s for key %q: %s, want %s", row.pattern, resource, letters(got.Direct), want)
			}
		}
	}
	several := key(t, strings.Replace(allow(alice, "kms:*", ""), `"Resource": "*"`, `"Resource": ["arn:aws:s3:::x", "*"]`, 1))
	if got := ask(t, several, policy.Request{Principal: alice}); dld(got) != "ynn" {
		t.Errorf("several resources: %s", dld(got))
	}
}

// TestResourceVariable: variables after the fifth colon are filled in (semantics.md §4.4).
func TestResourceVariable(t *testing.T) {
	pattern := `"Resource": "arn:aws:kms:*:111122223333:key/${aws:PrincipalTag/key}"`
	p := key(t, strings.Replace(allow(alice, "kms:*", ""), `"Resource": "*"`, pattern, 1))
	for tag, want := range map[string]string{"1234abcd-12ab-34cd-56ef-1234567890ab": "y", "x": "n", "*": "?"} {
		if got := ask(t, p, policy.Request{Principal: alice, Resource: keyARN, Context: context("aws:PrincipalTag/key", tag)}); letters(got.Direct) != want {
			t.Errorf("tag %s: %s, want %s", tag, letters(got.Direct), want)
		}
	}
}
