package cfn

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestStress reads whole templates that were made to be slow. The figures are for information: budgets are counted steps.
func TestStress(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	repeat := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, strings.ReplaceAll(format, "#", "%[1]d"), i)
		}
		return b.String()
	}
	for _, c := range []struct{ name, text string }{
		{"keys with nothing", "Resources:\n" + repeat(5_000, "  K#: {Type: AWS::KMS::Key}\n")},
		{"conditions in a chain", "Conditions:\n  C0: !Equals [!Ref AWS::Region, x]\n" + repeat(3_000, "  D#: !Not [!Condition C#]\n  C#: !Not [!Condition D#]\n") + "Resources:\n  K: {Type: AWS::KMS::Key, Condition: C9}\n"},
		{"roles and policies for all", "Resources:\n  K: {Type: AWS::KMS::Key}\n" + repeat(1_000, "  R#: {Type: AWS::IAM::Role}\n") +
			repeat(30, "  P#: {Type: AWS::IAM::Policy, Properties: {Roles: ["+repeat(500, "!Ref R#, ")+"x], PolicyDocument: {Statement: {Effect: Allow, Action: 'kms:*', Resource: '*'}}}}\n")},
		{"keys and wide policies", "Resources:\n" + repeat(500, "  K#: {Type: AWS::KMS::Key}\n") +
			repeat(500, "  R#: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 'kms:*', Resource: '*'}}}]}}\n")},
		{"names through names", "Resources:\n  K: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: {Effect: Allow, Principal: {AWS: !GetAtt R0.Arn}, Action: 'kms:*', Resource: '*'}}}}\n" +
			repeat(300, "  R#: {Type: AWS::IAM::Role, Properties: {RoleName: !Sub '${S#}'}}\n  S#: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt R#.Arn}}\n")},
		{"loops", "Resources:\n  Fn::ForEach::A:\n    - A\n    - [" + repeat(900, "a#, ") + "z]\n    - Fn::ForEach::B:\n      - B\n      - [" + repeat(900, "b#, ") + "z]\n      - K${A}${B}: {Type: AWS::KMS::Key}\n"},
	} {
		start := time.Now()
		templates, err := Open("t.yaml", []byte(c.text), Options{})
		if err != nil {
			t.Logf("%s: %.80s", c.name, err)
			continue
		}
		read := time.Since(start)
		x := Join(templates...)
		uses, errors := 0, 0
		for i, k := range x.Keys {
			if i < 50 {
				uses += len(x.Uses(k))
			}
		}
		for _, tmpl := range templates {
			errors += len(tmpl.Errors)
		}
		t.Logf("%s: %d KB, read in %v, with uses %v; %d keys, %d uses of the first 50, %d errors", c.name, len(c.text)>>10, read.Round(time.Millisecond), time.Since(start).Round(time.Millisecond), len(x.Keys), uses, errors)
	}
}
