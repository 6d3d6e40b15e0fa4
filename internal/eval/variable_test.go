package eval_test

import (
	"testing"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// TestVariables is semantics.md §4.4 and §4.2 note 8. The key is kms:RequestAlias unless the row names another.
func TestVariables(t *testing.T) {
	for _, row := range []struct {
		condition string
		context   map[string][]string
		want      string
	}{
		{`{"StringEquals": {"kms:RequestAlias": "alias/${aws:username}"}}`, context("kms:RequestAlias", "alias/alice", "aws:username", "alice"), "y"},
		{`{"StringEquals": {"kms:RequestAlias": "alias/${AWS:UserName}"}}`, context("kms:RequestAlias", "alias/alice", "aws:username", "alice"), "y"},
		{`{"StringEquals": {"kms:RequestAlias": "alias/${aws:username}"}}`, context("kms:RequestAlias", "alias/bob", "aws:username", "alice"), "n"},
		{`{"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}`, context("aws:PrincipalAccount", own, "aws:ResourceAccount", own), "y"},
		// an absent key: null, which nothing matches
		{`{"StringEquals": {"kms:RequestAlias": "alias/${aws:username}"}}`, context("kms:RequestAlias", "alias/"), "n"},
		{`{"StringEquals": {"kms:RequestAlias": ["alias/${aws:username}", "alias/x"]}}`, context("kms:RequestAlias", "alias/x"), "y"},
		{`{"StringNotEquals": {"kms:RequestAlias": "alias/${aws:username}"}}`, context("kms:RequestAlias", "alias/"), "y"},
		{`{"StringEquals": {"kms:RequestAlias": "alias/${aws:username, 'none'}"}}`, context("kms:RequestAlias", "alias/none"), "y"},
		{`{"StringEquals": {"kms:RequestAlias": "alias/${aws:username, 'none'}"}}`, context("kms:RequestAlias", "alias/none", "aws:username", "alice"), "n"},
		{`{"StringEquals": {"kms:RequestAlias": "${aws:username, ''}x"}}`, context("kms:RequestAlias", "x"), "y"},
		// escapes
		{`{"StringLike": {"kms:RequestAlias": "a${*}*"}}`, context("kms:RequestAlias", "a*b"), "y"},
		{`{"StringLike": {"kms:RequestAlias": "a${*}*"}}`, context("kms:RequestAlias", "axb"), "n"},
		{`{"StringLike": {"kms:RequestAlias": "${?}?"}}`, context("kms:RequestAlias", "?x"), "y"},
		{`{"StringLike": {"kms:RequestAlias": "${?}?"}}`, context("kms:RequestAlias", "xx"), "n"},
		{`{"StringEquals": {"kms:RequestAlias": "${$}{aws:username}"}}`, context("kms:RequestAlias", "${aws:username}", "aws:username", "alice"), "y"},
		{`{"StringEquals": {"kms:RequestAlias": "$x$"}}`, context("kms:RequestAlias", "$x$"), "y"},
		// wildcards in the value of the variable: data, unverified (§9 no. 10)
		{`{"StringLike": {"kms:RequestAlias": "${aws:PrincipalTag/t}"}}`, context("kms:RequestAlias", "a*", "aws:PrincipalTag/t", "a*"), "y"},
		{`{"StringLike": {"kms:RequestAlias": "${aws:PrincipalTag/t}"}}`, context("kms:RequestAlias", "abc", "aws:PrincipalTag/t", "a*"), "?"},
		{`{"StringLike": {"kms:RequestAlias": "${aws:PrincipalTag/t}"}}`, context("kms:RequestAlias", "bcd", "aws:PrincipalTag/t", "a*"), "n"},
		{`{"StringEquals": {"kms:RequestAlias": "${aws:PrincipalTag/t}"}}`, context("kms:RequestAlias", "abc", "aws:PrincipalTag/t", "a*"), "n"},
		{`{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:${aws:PrincipalTag/t}"}}`, context("aws:SourceArn", "arn:aws:sns:a:b:tx", "aws:PrincipalTag/t", "t?"), "?"},
		{`{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:${aws:PrincipalAccount}:*"}}`, context("aws:SourceArn", "arn:aws:sns:r:"+own+":t", "aws:PrincipalAccount", own), "y"},
		{`{"ArnEquals": {"aws:SourceArn": "${aws:PrincipalArn}"}}`, context("aws:SourceArn", app, "aws:PrincipalArn", app), "?"}, // one component or six?
		// values of several values, malformed variables
		{`{"StringEquals": {"kms:RequestAlias": "${aws:TagKeys}"}}`, context("kms:RequestAlias", "a", "aws:TagKeys", "a"), "?"},
		{`{"StringEquals": {"kms:RequestAlias": "${aws:username"}}`, context("kms:RequestAlias", "a"), "?"},
		{`{"StringEquals": {"kms:RequestAlias": "${}"}}`, context("kms:RequestAlias", "a"), "?"},
		{`{"StringEquals": {"kms:RequestAlias": "${aws:username,'a'}"}}`, context("kms:RequestAlias", "a"), "?"},
		{`{"StringEquals": {"kms:RequestAlias": "${aws:PrincipalTag/t}"}}`, context("kms:RequestAlias", "a", "aws:PrincipalTag/t", "a", "aws:PrincipalTag/T", "b"), "?"},
		// Bool: the documents disagree (§8 no. 3); types without variables take the text as it is
		{`{"Bool": {"aws:SecureTransport": "${aws:ViaAWSService}"}}`, context("aws:SecureTransport", "true", "aws:ViaAWSService", "true"), "?"},
		{`{"Bool": {"aws:SecureTransport": "${aws:ViaAWSService}"}}`, context("aws:SecureTransport", "true", "aws:ViaAWSService", "false"), "n"},
		{`{"Bool": {"aws:SecureTransport": "${aws:TagKeys"}}`, context("aws:SecureTransport", "true"), "?"},
		{`{"NumericEquals": {"kms:RotationPeriodInDays": "${aws:PrincipalTag/t}"}}`, context("kms:RotationPeriodInDays", "90", "aws:PrincipalTag/t", "90"), "n"},
		{`{"IpAddress": {"aws:SourceIp": "${aws:VpcSourceIp}"}}`, context("aws:SourceIp", "8.8.8.8", "aws:VpcSourceIp", "8.8.8.8"), "n"},
	} {
		if got := holds(t, policy.Version2012, row.condition, row.context); got != row.want {
			t.Errorf("%s with %v: %s, want %s", row.condition, row.context, got, row.want)
		}
	}
	// §1.1: under 2008-10-17 and without Version, a variable is its own text.
	for _, version := range []string{policy.Version2008, ""} {
		condition := `{"StringEquals": {"kms:RequestAlias": "${aws:username}"}}`
		if got := holds(t, version, condition, context("kms:RequestAlias", "${aws:username}", "aws:username", "alice")); got != "y" {
			t.Errorf("Version %q: %s, want y", version, got)
		}
		if got := holds(t, version, condition, context("kms:RequestAlias", "alice", "aws:username", "alice")); got != "n" {
			t.Errorf("Version %q: %s, want n", version, got)
		}
	}
}

// TestSymbols: a symbol is equal to itself, matched by wildcards, one character, and can be a whole ARN (DESIGN section 3).
func TestSymbols(t *testing.T) {
	var table policy.Symbols
	s, other := table.Rune("${Table.StreamArn}"), table.Rune("${Other}")
	for _, row := range []struct{ operator, value, request, want string }{
		{"StringEquals", s, s, "y"},
		{"StringEquals", s, other, "n"},
		{"StringLike", "a?", "a" + s, "y"},
		{"StringLike", s + "?", s + "é", "?"},
		{"StringEqualsIgnoreCase", "A" + s, "a" + s, "y"},
		{"ArnLike", s, s, "y"},
		{"ArnLike", s + "/*", s + "/x", "y"},
		{"ArnLike", s, other, "n"},
		{"ArnNotLike", s, other, "y"},
		{"ArnLike", s, app, "n"},
		{"ArnLike", "arn:aws:iam::" + s + ":role/*", "arn:aws:iam::" + s + ":role/x", "y"},
		{"ArnLike", "arn:aws:iam::*:role/*", s, "n"},
		{"ArnNotLike", "arn:aws:iam::*:role/*", s, "y"},
	} {
		p := key(t, deny("*", "kms:*", `{"`+row.operator+`": {"aws:SourceArn": "placeholder"}}`))
		p.Statements[0].Conditions[0].Values[0].Text = row.value // policy.FromSyntax lets no symbol in from text
		r := policy.Request{Principal: alice, Account: own, Action: decrypt, Context: context("aws:SourceArn", row.request)}
		if got := letters(eval.KeyPolicy(p, r).Denied); got != row.want {
			t.Errorf("%s %s with %s: %s, want %s", row.operator, table.Show(row.value), table.Show(row.request), got, row.want)
		}
	}
}
