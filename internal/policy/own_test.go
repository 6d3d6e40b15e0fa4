package policy_test

import (
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// A principal that one parameter holds is one role of the own account, wherever the policy names it (DESIGN section 3).
func TestSetOwn(t *testing.T) {
	var s policy.Symbols
	admin, account := s.Rune("${AdminRoleArn}"), s.Rune("${AWS::AccountId}")
	p := policy.Read(version2012(list(
		statement("Allow", object("AWS", list(text(admin), text(account), text("arn:aws:iam::"+account+":role/"+s.Rune("${RoleName}")))), "kms:*"),
		object("Effect", "Allow", "Principal", object("AWS", "*"), "Action", "kms:*", "Resource", "*",
			"Condition", object("ArnEquals", object("AWS:PrincipalARN", list(text(admin), text("arn:aws:iam::444455556666:role/x"))), "StringEquals", object("kms:ViaService", admin))))),
		policy.Options{Symbols: &s})
	check(t, "before", s.Show(describe(p.Statements[0].Principals)),
		"role ${AdminRoleArn}, account ${AWS::AccountId} = arn:aws:iam::${AWS::AccountId}:root, role ${AWS::AccountId} ${RoleName}")
	p.SetOwn("")
	check(t, "no account", p.Own, "")
	p.SetOwn(own)
	check(t, "own", p.Own, own)
	check(t, "after", s.Show(describe(p.Statements[0].Principals)),
		"role 111122223333 ${AdminRoleArn}, account ${AWS::AccountId} = arn:aws:iam::${AWS::AccountId}:root, role ${AWS::AccountId} ${RoleName}")
	check(t, "the parameter as ARN", s.Show(p.Statements[0].Principals[0].Text), "arn:aws:iam::111122223333:role/${AdminRoleArn}")
	conds := p.Statements[1].Conditions
	check(t, "aws:PrincipalArn", s.Show(describeConditions(conds)),
		"ArnEquals AWS:PrincipalARN [arn:aws:iam::111122223333:role/${AdminRoleArn} arn:aws:iam::444455556666:role/x]; StringEquals kms:ViaService [${AdminRoleArn}]")
	if conds[0].Values[0].Text != p.Statements[0].Principals[0].Text {
		t.Error("the parameter is one principal in Principal and another in aws:PrincipalArn")
	}
	before := each(p) + describeConditions(conds)
	p.SetOwn(own)
	check(t, "twice", each(p)+describeConditions(p.Statements[1].Conditions), before)

	direct := policy.Read(version2012(list(statement("Allow", object("AWS", admin), "kms:*"))), policy.Options{Symbols: &s, Own: account})
	check(t, "Options.Own", s.Show(direct.Statements[0].Principals[0].Text), "arn:aws:iam::${AWS::AccountId}:role/${AdminRoleArn}")
}

func TestPartition(t *testing.T) {
	var s policy.Symbols
	part := s.Rune("${AWS::Partition}")
	for _, c := range []struct{ name, arn, want string }{
		{"none", "111122223333", "aws"},
		{"commercial", "arn:aws:iam::111122223333:role/App", "aws"},
		{"china", "arn:aws-cn:iam::111122223333:role/App", "aws-cn"},
		{"govcloud root", "arn:aws-us-gov:iam::111122223333:root", "aws-us-gov"},
		{"pseudo parameter", "arn:" + part + ":iam::111122223333:role/App", part},
		{"a wildcard says nothing", "arn:aws*:iam::111122223333:role/App", "aws"},
	} {
		p := policy.Read(version2012(list(statement("Allow", object("AWS", list(text("444455556666"), text(c.arn))), "kms:*"))), policy.Options{Symbols: &s})
		check(t, c.name, p.Partition, c.want)
		check(t, c.name+": an account id beside it", p.Statements[0].Principals[0].Text, "arn:"+c.want+":iam::444455556666:root")
	}
	for name, condition := range map[string]*policy.Value{
		"of a condition": object("ArnLike", object("aws:PrincipalArn", "arn:aws-cn:iam::111122223333:role/App*")),
	} {
		p := policy.Read(version2012(list(object("Effect", "Allow", "Principal", "*", "Action", "kms:*", "Resource", "*", "Condition", condition))), policy.Options{})
		check(t, name, p.Partition, "aws-cn")
	}
	p := policy.Read(version2012(list(object("Effect", "Allow", "Principal", "*", "Action", "kms:*", "Resource", "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/*"))), policy.Options{})
	check(t, "of a resource", p.Partition, "aws-us-gov")
}

// The accounts that a policy writes out, by which the own one may be found.
func TestAccounts(t *testing.T) {
	for _, c := range []struct{ name, own, statement, want string }{
		{"principals", "", `"Principal": {"AWS": ["444455556666", "arn:aws:iam::111122223333:role/App", "arn:aws:sts::111122223333:assumed-role/A/s"]}`, "111122223333 444455556666"},
		{"without the own one", own, `"Principal": {"AWS": ["444455556666", "arn:aws:iam::111122223333:role/App"]}`, "444455556666"},
		{"account values", "", `"Principal": "*", "Condition": {"StringEquals": {"kms:CallerAccount": ["111122223333", "x"], "aws:SourceAccount": 444455556666}}`, "111122223333 444455556666"},
		{"ARNs of conditions", "", `"Principal": "*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:444455556666:*", "aws:PrincipalArn": "arn:aws:iam::111122223333:role/team/*"}}`, "111122223333 444455556666"},
		{"none written out", "", `"Principal": "*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket", "aws:PrincipalArn": "arn:aws:iam::1111*:role/a"}}`, ""},
		{"invalid principals", "", `"Principal": {"AWS": ["arn:aws:iam::111122223333:group/g", "11112222333"]}`, ""},
		{"services", "", `"Principal": {"Service": "logs.amazonaws.com"}`, ""},
	} {
		p, _ := one(t, c.statement)
		p.SetOwn(c.own)
		check(t, c.name, strings.Join(p.Accounts(), " "), c.want)
	}
}
