package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
)

const invalid = "[MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.]"

// Every form of semantics.md §1.3, with what KMS says of those that it refuses.
func TestPrincipalForms(t *testing.T) {
	for _, c := range []struct{ form, want, problems string }{
		{`"*"`, "everyone", ""},
		{`{"AWS": "*"}`, "AWS everyone", ""},
		{`{"AWS": "111122223333"}`, "account 111122223333 = arn:aws:iam::111122223333:root", ""},
		{`{"AWS": "arn:aws:iam::111122223333:root"}`, "account 111122223333 = arn:aws:iam::111122223333:root", ""},
		{`{"AWS": "arn:aws-us-gov:iam::111122223333:root"}`, "account 111122223333 = arn:aws-us-gov:iam::111122223333:root", ""},
		{`{"AWS": "arn:aws:iam::111122223333:user/Alice"}`, "user 111122223333 Alice", ""},
		{`{"AWS": "arn:aws:iam::111122223333:user/division/team/Alice"}`, "user 111122223333 division/team/Alice", ""},
		{`{"AWS": "arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"}`,
			"role 444455556666 aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef", ""},
		{`{"AWS": "arn:aws:sts::111122223333:assumed-role/App/i-0123456789"}`, "session 111122223333 App i-0123456789", ""},
		{`{"AWS": "arn:aws:sts::111122223333:federated-user/Bob"}`, "federated user 111122223333 Bob", ""},
		{`{"Service": "logs.eu-west-1.amazonaws.com"}`, "service logs.eu-west-1.amazonaws.com", ""},
		{`{"Federated": "cognito-identity.amazonaws.com"}`, "identity provider", ""},
		{`{"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`, "canonical user", ""},
		{`{"AWS": ["111122223333", "arn:aws:iam::444455556666:role/App"], "Service": ["sns.amazonaws.com", "sqs.amazonaws.com"]}`,
			"account 111122223333 = arn:aws:iam::111122223333:root, role 444455556666 App, service sns.amazonaws.com, service sqs.amazonaws.com", ""},

		{`{"AWS": "arn:aws:iam::111122223333:role/team-*"}`, "invalid", "principal-wildcard " + invalid},
		{`{"AWS": "arn:aws:iam::*:root"}`, "invalid", "principal-wildcard " + invalid},
		{`{"AWS": "arn:aws:iam::111122223333:user/?"}`, "invalid", "principal-wildcard " + invalid},
		{`{"AWS": "arn:aws:iam::111122223333:group/Admins"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "arn:aws:iam::111122223333:instance-profile/App"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "arn:aws:iam::111122223333:role/"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "arn:aws:iam::111122223333:role/path/"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "arn:aws:iam::11112222333:role/App"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "arn:aws:iam:eu-west-1:111122223333:role/App"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "arn:aws:sts::111122223333:assumed-role/App"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "arn:aws:sts::111122223333:assumed-role/path/App/session"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "arn:aws:iam::111122223333:Root"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "11112222333"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "1111 2222 3333"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "１１１１２２２２３３３３"}`, "invalid", "character [ValidationException]; principal-invalid " + invalid},
		{`{"AWS": "logs.amazonaws.com"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "arn:aws:iam::111122223333:user/${aws:username}"}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": ""}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": null}`, "invalid", "principal-invalid " + invalid},
		{`{"AWS": "AROAEXAMPLEROLE12345A"}`, "unique id", "unique-id " + invalid},
		{`{"AWS": "AIDACKCEVSQ6C2EXAMPLE"}`, "unique id", "unique-id " + invalid},

		{`"111122223333"`, "invalid", "principal-form [MalformedPolicyDocumentException]"},
		{`["*"]`, "", "principal-form [MalformedPolicyDocumentException]; no-principal [MalformedPolicyDocumentException: Policy contains a statement with no principal.]"},
		{`{}`, "", "no-principal [MalformedPolicyDocumentException: Policy contains a statement with no principal.]"},
		{`{"AWS": []}`, "", "no-principal [MalformedPolicyDocumentException: Policy contains a statement with no principal.]"},
		{`{"AWS": {"a": "b"}}`, "invalid", "principal-form [MalformedPolicyDocumentException]"},
		{`{"AWS": [["111122223333"]]}`, "invalid", "principal-form [MalformedPolicyDocumentException]"},
		{`{"Aws": "111122223333"}`, "invalid", "principal-form [MalformedPolicyDocumentException]"},
	} {
		for _, element := range []string{"Principal", "NotPrincipal"} {
			p, st := one(t, fmt.Sprintf("%q: %s", element, c.form))
			check(t, element+" "+c.form, describe(st.Principals), c.want)
			check(t, "problems of "+element+" "+c.form, problems(p), c.problems)
			check(t, "NotPrincipal of "+element, st.NotPrincipal, element == "NotPrincipal")
			if len(p.Unknown) > 0 {
				t.Errorf("%s %s: unread: %s", element, c.form, constructs(p))
			}
		}
	}
}

func describe(all []policy.Principal) string {
	var parts []string
	for _, p := range all {
		text := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s", p.Kind, p.Account, p.Name, p.Session)), " ")
		if p.Kind == policy.AccountRoot {
			text += " = " + p.Text
		}
		if p.Unknown != "" {
			text += " (" + p.Unknown + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// Two spellings of one account are one principal, so that the engine has not to know that there are two.
func TestAccountIsOnePrincipalInBothSpellings(t *testing.T) {
	_, id := one(t, `"Principal": {"AWS": "111122223333"}`)
	_, arn := one(t, `"Principal": {"AWS": "arn:aws:iam::111122223333:root"}`)
	a, b := id.Principals[0], arn.Principals[0]
	a.Node, b.Node = nil, nil
	check(t, "account id", a, b)
}

// YAML changes the digits of some account ids that stand without quotes; CloudFormation passes on what YAML made of them.
func TestYAMLNumbers(t *testing.T) {
	for _, c := range []struct{ written, want, problems string }{
		{"111122223333", "account 111122223333 = arn:aws:iam::111122223333:root", ""},
		{"'012345670123'", "account 012345670123 = arn:aws:iam::012345670123:root", ""},
		{`"012345678901"`, "account 012345678901 = arn:aws:iam::012345678901:root", ""},
		{"012345670123", "invalid", "yaml-number " + invalid + "; principal-invalid " + invalid},
		{"012345678901", "invalid", "yaml-number " + invalid + "; principal-invalid " + invalid},
		{"1_1_1_1_2_2_2_2_3_3_3_3", "account 111122223333 = arn:aws:iam::111122223333:root", "yaml-number " + invalid},
	} {
		p := read(t, "Version: '2012-10-17'\nStatement:\n- Effect: Allow\n  Principal: {AWS: "+c.written+"}\n  Action: kms:Decrypt\n  Resource: '*'\n")
		check(t, c.written, describe(p.Statements[0].Principals), c.want)
		check(t, "problems of "+c.written, problems(p), c.problems)
	}
	p := read(t, "Statement: {Effect: Allow, Principal: {AWS: 012345670123}, Action: kms:Decrypt, Resource: '*'}\n")
	if !strings.Contains(p.Problems[0].Message, "1402433619") || !strings.Contains(p.Problems[0].Message, "012345670123") {
		t.Errorf("the message names not both numbers: %s", p.Problems[0].Message)
	}
}

func TestIsAccount(t *testing.T) {
	var s policy.Symbols
	for text, want := range map[string]bool{
		own: true, "000000000000": true, s.Rune("${AWS::AccountId}"): true, "": false, "11112222333": false, "1111222233334": false,
		"11112222333a": false, "arn:aws:iam::111122223333:root": false, s.Rune("${A}") + s.Rune("${B}"): false, "é": false,
	} {
		check(t, text, policy.IsAccount(text), want)
	}
}

func TestBaseName(t *testing.T) {
	for name, want := range map[string]string{"Admin": "Admin", "team/Admin": "Admin", "a/b/c": "c", "": ""} {
		check(t, name, policy.BaseName(name), want)
	}
}
