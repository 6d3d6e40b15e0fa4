package eval_test

import (
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// TestPitfalls is what semantics.md §2.5, §2.6 and §6 say of statements that do not mean what they seem to.
func TestPitfalls(t *testing.T) {
	logGroup := "arn:aws:logs:eu-west-1:111122223333:log-group:g"
	for _, row := range []struct {
		section   string
		statement string
		request   policy.Request
		want      string
	}{
		{"2.5", allow(sns, decrypt, `{"StringEquals": {"kms:ViaService": "sns.eu-west-1.amazonaws.com"}}`), policy.Request{Principal: sns}, "nnn"},
		{"2.5", allow(app, decrypt, `{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:t"}}`), policy.Request{Principal: app}, "nnn"},
		{"2.5", allow(app, decrypt, `{"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:sns:*:*:t"}}`), policy.Request{Principal: app}, "ynn"},
		{"2.6", allow(`{"AWS": "*"}`, decrypt, `{"StringEquals": {"kms:CallerAccount": "111122223333"}}`), policy.Request{Principal: alice}, "ynn"},
		{"2.6", allow(`{"AWS": "*"}`, decrypt, `{"StringEquals": {"kms:CallerAccount": "111122223333"}}`), policy.Request{Principal: alien}, "nnn"},
		{"2.6", allow("*", decrypt, `{"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-x/*"}}`), policy.Request{Principal: alien}, "ynn"},
		{"2.6", allow("*", decrypt, `{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-x/*"}}`), policy.Request{Principal: alien}, "nnn"},
		{"6.3", allow("*", decrypt, `{"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}`), policy.Request{Principal: alien, Context: context("kms:ViaService", "s3.eu-west-1.amazonaws.com")}, "ynn"},
		{"6.4", allow("*", decrypt, `{"StringLike": {"kms:CallerAccount": "*"}}`), policy.Request{Principal: alien}, "ynn"},
		{"6.6", allow("*", decrypt, `{"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}`), policy.Request{Principal: alien}, "nnn"},
		{"6.9", allow(logs, decrypt, `{"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:111122223333:*"}}`), policy.Request{Principal: logs, Context: context("kms:EncryptionContext:aws:logs:arn", logGroup)}, "ynn"},
		{"6.9", allow(logs, "kms:Describe*", `{"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:111122223333:*"}}`), policy.Request{Principal: logs, Action: "kms:DescribeKey"}, "nnn"},
		{"6.12", deny("*", decrypt, `{"ArnNotEquals": {"aws:PrincipalArn": "`+app+`"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}`), policy.Request{Principal: logs}, "nnn"},
		{"6.12", deny("*", decrypt, `{"ArnNotEquals": {"aws:PrincipalArn": "`+app+`"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}`), policy.Request{Principal: alice}, "nny"},
		{"6.12", deny("*", decrypt, `{"ArnNotEquals": {"aws:PrincipalArn": "`+app+`"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}`), policy.Request{Principal: appOne}, "nnn"},
		{"6.18", allow("*", decrypt, `{"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}`), policy.Request{Principal: app}, "nnn"},
		{"6.18", deny("*", decrypt, `{"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}`), policy.Request{Principal: app}, "nny"},
		{"6.18", allow(app, decrypt, `{"StringEquals": {"kms:EncyptionContext:app": "x"}}`), policy.Request{Principal: app, Context: context("kms:EncryptionContext:app", "x")}, "nnn"},
		{"6.21", deny("*", "kms:*", `{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}`), policy.Request{Principal: logs}, "nny"},
		{"6.21", deny("*", "kms:*", `{"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}, "Bool": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}}`), policy.Request{Principal: logs}, "nnn"},
		{"6.22", deny(root, "kms:ScheduleKeyDeletion", `{"Bool": {"aws:MultiFactorAuthPresent": "false"}}`), policy.Request{Principal: alice, Action: "kms:ScheduleKeyDeletion"}, "nnn"},
		{"6.22", deny(root, "kms:ScheduleKeyDeletion", `{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}`), policy.Request{Principal: alice, Action: "kms:ScheduleKeyDeletion"}, "nny"},
		{"6.26", allow(app, "kms:CreateGrant", `{"StringEquals": {"kms:GrantOperations": "Decrypt"}}`), policy.Request{Principal: app, Action: "kms:CreateGrant", Context: context("kms:GrantOperations", "Decrypt")}, "?nn"},
		{"6.27", allow(app, decrypt, `{"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "app"}}`), policy.Request{Principal: app}, "ynn"},
		{"6.27", allow(app, decrypt, `{"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "app"}, "Null": {"kms:EncryptionContextKeys": "false"}}`), policy.Request{Principal: app}, "nnn"},
		{"6.27", allow(app, decrypt, `{"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "app"}, "Null": {"kms:EncryptionContextKeys": "false"}}`), policy.Request{Principal: app, Context: context("kms:EncryptionContext:app", "1")}, "ynn"},
	} {
		if got := ask(t, key(t, row.statement), row.request); dld(got) != row.want {
			t.Errorf("§%s %s by %s: %s, want %s", row.section, row.statement, row.request.Principal, dld(got), row.want)
		}
	}
}
