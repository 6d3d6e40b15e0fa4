package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// The operators of semantics.md §4.2, each alone, with IfExists and with both set operators.
func TestOperators(t *testing.T) {
	for _, base := range []string{"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
		"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
		"NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
		"DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"} {
		for _, set := range []policy.Quantifier{policy.NoQuantifier, policy.ForAllValues, policy.ForAnyValue} {
			for _, ifExists := range []bool{false, true} {
				text := base
				if ifExists {
					text += "IfExists"
				}
				if set != policy.NoQuantifier {
					text = string(set) + ":" + text
				}
				want := policy.Operator{Quantifier: set, Base: policy.Base(base), IfExists: ifExists}
				if base == "Null" && ifExists { // no such operator
					want.Base, want.IfExists = "", false
				}
				got := policy.ParseOperator(text)
				check(t, text, got, want)
				if got.Base != "" {
					check(t, "written again", got.String(), text)
				}
			}
		}
		b := policy.Base(base)
		check(t, base+" is negated", b.Negated(), strings.Contains(base, "Not"))
		check(t, "the positive of "+base, string(b.Positive()), strings.Replace(base, "Not", "", 1))
		if b.Positive().Negated() {
			t.Errorf("the positive of %s is negated", base)
		}
	}
}

func TestNoOperators(t *testing.T) {
	for _, text := range []string{"", "stringequals", "STRINGLIKE", "StringEqual", "IfExists", "ForAllValues", "ForAllValues:", "ForAnyValue:IfExists", "forAllValues:StringEquals",
		"StringEqualsIfExistsIfExists", "StringEquals ", " StringEquals", "StringEquals:", "ForAllValues:StringEquals:IfExists", "StringLikeifexists", "NotIpAddressIgnoreCase"} {
		if op := policy.ParseOperator(text); op.Base != "" {
			t.Errorf("%q is read as %s", text, op)
		}
	}
}

func TestConditions(t *testing.T) {
	const malformed = " [MalformedPolicyDocumentException]"
	const refused = " [MalformedPolicyDocumentException: These condition keys are not permitted in a key policy: "
	for _, c := range []struct{ condition, want, problems string }{
		{`{}`, "", ""},
		{`{"StringEquals": {}}`, "", ""},
		{`{"StringEquals": {"aws:PrincipalType": "Account"}}`, "StringEquals aws:PrincipalType [Account]", ""},
		{`{"StringEquals": {"aws:PrincipalType": ["User", "AssumedRole"]}}`, "StringEquals aws:PrincipalType [User AssumedRole]", ""},
		{`{"StringEquals": {"aws:PrincipalType": []}}`, "StringEquals aws:PrincipalType [] empty", ""},
		{`{"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": 30}}`,
			"Bool aws:SecureTransport [true]; NumericLessThan kms:ScheduleKeyDeletionPendingWindowInDays [30]", ""},
		{`{"StringEquals": {"aws:PrincipalType": "Account", "kms:CallerAccount": "111122223333"}}`, "StringEquals aws:PrincipalType [Account]; StringEquals kms:CallerAccount [111122223333]", ""},
		{`{"ForAllValues:StringLikeIfExists": {"aws:TagKeys": "a*"}}`, "ForAllValues:StringLikeIfExists aws:TagKeys [a*]", ""},

		{`{"stringEquals": {"aws:PrincipalType": "Account"}}`, "no operator aws:PrincipalType [Account]", "operator"},
		{`{"StringEquals": {"aws:PrincipalType": {"a": "b"}}}`, "StringEquals aws:PrincipalType [] (a malformed value)", "value" + malformed},
		{`{"StringEquals": {"aws:PrincipalType": [["Account"]]}}`, "StringEquals aws:PrincipalType [] (a malformed value)", "value" + malformed},
		{`{"StringEquals": {"aws:PrincipalType": null}}`, "StringEquals aws:PrincipalType [] (a null value)", ""},
		{`{"StringEquals": {"aws:PrincipalType": ["Account", null]}}`, "StringEquals aws:PrincipalType [Account] (a null value)", ""},
		{`{"StringEquals": "Account"}`, "StringEquals  [] (a malformed Condition)", "condition-form" + malformed},
		{`{"StringEquals": []}`, "StringEquals  [] (a malformed Condition)", "condition-form" + malformed},
		{`"StringEquals"`, "no operator  [] (a malformed Condition)", "condition-form" + malformed},
		{`[{"StringEquals": {"aws:PrincipalType": "Account"}}]`, "no operator  [] (a malformed Condition)", "condition-form" + malformed},

		{`{"StringEquals": {"aws:ResourceTag/team": "a"}}`, "StringEquals aws:ResourceTag/team [a]", "key-not-permitted" + refused + "aws:ResourceTag/team]"},
		{`{"StringEquals": {"AWS:RESOURCETAG/team": "a"}}`, "StringEquals AWS:RESOURCETAG/team [a]", "key-not-permitted" + refused + "AWS:RESOURCETAG/team]"},
		{`{"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/a"}}`, "ForAnyValue:StringLike kms:ResourceAliases [alias/a]", "key-not-permitted" + refused + "kms:ResourceAliases]"},
		{`{"StringEquals": {"kms:RequestAlias": "alias/a", "aws:PrincipalTag/team": "a", "aws:RequestTag/team": "a"}}`,
			"StringEquals kms:RequestAlias [alias/a]; StringEquals aws:PrincipalTag/team [a]; StringEquals aws:RequestTag/team [a]", ""},
		{`{"ForAllValues:StringEquals": {"kms:EncryptionContext:team": "a"}}`, "ForAllValues:StringEquals kms:EncryptionContext:team [a]", "for-all-values [MalformedPolicyDocumentException: OverlyPermissiveCondition]"},
		{`{"ForAllValues:StringEquals": {"aws:RequestTag/team": "a"}}`, "ForAllValues:StringEquals aws:RequestTag/team [a]", "for-all-values [MalformedPolicyDocumentException: OverlyPermissiveCondition]"},
		{`{"ForAnyValue:StringEquals": {"kms:EncryptionContext:team": "a"}, "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "a"}}`,
			"ForAnyValue:StringEquals kms:EncryptionContext:team [a]; ForAllValues:StringEquals kms:EncryptionContextKeys [a]", ""},
	} {
		p, st := one(t, `"Principal": "*", "Condition": `+c.condition)
		check(t, c.condition, describeConditions(st.Conditions), c.want)
		check(t, "problems of "+c.condition, problems(p), c.problems)
		check(t, c.condition+" is inert", st.Inert, "")
	}
}

func describeConditions(all []policy.Condition) string {
	var parts []string
	for _, c := range all {
		op := c.Operator.String()
		if c.Operator.Base == "" {
			op = "no operator"
		}
		values := []string{}
		for _, v := range c.Values {
			values = append(values, v.Text)
		}
		text := fmt.Sprintf("%s %s %v", op, c.Key, values)
		if c.Empty {
			text += " empty"
		}
		if c.Unknown != "" {
			text += " (" + c.Unknown + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// What a template hides inside a condition stays at its place, so that the rest of the statement is still decided.
func TestHiddenParts(t *testing.T) {
	v := object("Version", "2012-10-17", "Statement", list(object("Effect", "Allow", "Principal", object("AWS", list(text(role), hidden("Fn::Split"))),
		"Action", list(text("kms:Decrypt"), hidden("Fn::FindInMap")), "Resource", hidden("Fn::If"),
		"Condition", object("StringEquals", object("aws:PrincipalOrgID", hidden("Fn::ImportValue")), "Bool", hidden("Fn::Transform")))))
	p := policy.Read(v, policy.Options{})
	st := p.Statements[0]
	check(t, "principals", describe(st.Principals), "role 111122223333 App, unread (Fn::Split)")
	check(t, "action", st.Actions[1].Unknown, "Fn::FindInMap")
	check(t, "resource", st.Resources[0].Unknown, "Fn::If")
	check(t, "conditions", describeConditions(st.Conditions), "StringEquals aws:PrincipalOrgID [] (Fn::ImportValue); Bool  [] (Fn::Transform)")
	check(t, "the whole policy", problems(p)+constructs(p)+st.Inert, "")

	for what, v := range map[string]*policy.Value{
		"the policy":        hidden("Fn::Transform"),
		"the statements":    object("Statement", hidden("Fn::Transform")),
		"a statement":       object("Statement", list(hidden("Fn::Transform"))),
		"the effect":        object("Statement", list(object("Effect", hidden("Fn::Transform"), "Principal", "*", "Action", "kms:*", "Resource", "*"))),
		"a whole condition": object("Statement", list(object("Effect", "Allow", "Principal", "*", "Action", "kms:*", "Resource", "*", "Condition", hidden("Fn::Transform")))),
		"the version":       object("Version", hidden("Fn::Transform"), "Statement", list(object("Effect", "Allow", "Principal", "*", "Action", "kms:*", "Resource", "*"))),
	} {
		p := policy.Read(v, policy.Options{})
		seen := constructs(p)
		for _, st := range p.Statements {
			for _, c := range st.Conditions {
				seen += c.Unknown
			}
		}
		if !strings.Contains(seen, "Fn::Transform") && seen != "Version" {
			t.Errorf("%s is hidden, and nothing says so: unread %q", what, seen)
		}
	}
	var s policy.Symbols
	p = policy.Read(object("Statement", list(object("Effect", s.Rune("${Effect}"), "Principal", "*", "Action", "kms:*", "Resource", "*"))), policy.Options{Symbols: &s})
	check(t, "an effect that a parameter gives", constructs(p), "Effect ${Effect}")
}
