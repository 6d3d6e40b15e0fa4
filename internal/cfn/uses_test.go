package cfn

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestUsesPassed follows keys that parents pass to the parameters of a nested template: by ARN, by id, several to one.
func TestUsesPassed(t *testing.T) {
	const parent = "Resources:\n  K: {Type: AWS::KMS::Key}\n  N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yaml, Parameters: {Arn: %, Id: !Ref K}}}\n"
	const nested = "Parameters: {Arn: {Type: String}, Id: {Type: String}}\nResources:\n" +
		"  ByArn: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 'kms:Decrypt', Resource: !Ref Arn}}}]}}\n" +
		"  ById: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 'kms:Decrypt', Resource: !Sub 'arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${Id}'}}}]}}\n"
	files := fstest.MapFS{"a.yaml": {Data: []byte(strings.Replace(parent, "%", "!GetAtt K.Arn", 1))}, "b.yaml": {Data: []byte(strings.Replace(parent, "%", "!GetAtt K.Arn", 1))},
		"c.yaml": {Data: []byte(strings.Replace(parent, "%", "'*'", 1))}, "n.yaml": {Data: []byte(nested)}}
	x := Join(openTree(t, files, ".", Options{})...)
	const arn = "arn:aws:iam::${AWS::AccountId}:role/"
	for id, want := range map[string][]string{
		"a.yaml#K": {"*" + arn + "${n.yaml#ByArn} ByArn", arn + "${n.yaml#ByArn} ByArn", arn + "${n.yaml#ById} ById"},
		"b.yaml#K": {"*" + arn + "${n.yaml#ByArn} ByArn", arn + "${n.yaml#ByArn} ByArn", arn + "${n.yaml#ById} ById"},
		"c.yaml#K": {"*" + arn + "${n.yaml#ByArn} ByArn", arn + "${n.yaml#ById} ById"},
	} {
		if got := uses(x, keyNamed(t, x, id)); !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", id, got, want)
		}
	}
}

// TestTooManyUses: IAM policies that are too many to list are an error with the place of the key, never a silence.
func TestTooManyUses(t *testing.T) {
	var b strings.Builder
	b.WriteString("Resources:\n  K: {Type: AWS::KMS::Key}\n  L: {Type: AWS::KMS::Key}\n  R: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: [\n")
	for range maxWideUses + 1 {
		b.WriteString("    {Effect: Allow, Action: 'kms:*', Resource: '*'},\n")
	}
	b.WriteString("  ]}}]}}\n")
	x := Join(openTree(t, fstest.MapFS{"a.yaml": {Data: []byte(b.String())}}, ".", Options{})...)
	if e := x.Errors(); len(e) > 0 {
		t.Errorf("errors before anyone asked: %v", e)
	}
	for _, k := range x.Keys {
		if n := len(x.Uses(k)); n != maxWideUses {
			t.Errorf("%s: %d uses", k.ID, n)
		}
	}
	want := "a.yaml:2:6: over 2000 statements of IAM policies that are on all keys reach this key and 1 more of the file; the rest was not looked at"
	if e := x.Errors(); len(e) != 1 || e[0].Error() != want {
		t.Errorf("errors %v, want %s", e, want)
	}
}

// TestCircles: exports and outputs that lead to each other end, and what they lead to stays a symbol.
func TestCircles(t *testing.T) {
	files := fstest.MapFS{
		"a.yaml": {Data: []byte("Resources:\n  R: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 'kms:*', Resource: [!ImportValue one, !Sub ['${x}*', {x: !ImportValue two}]]}}}]}}\n" +
			"Outputs:\n  O: {Value: !Sub ['${a}${a}', {a: !ImportValue two}], Export: {Name: one}}\n  P: {Value: !Sub ['x${a}${a}', {a: !ImportValue one}], Export: {Name: two}}\n  Q: {Value: !ImportValue self, Export: {Name: self}}\n")},
		"k.yaml": {Data: []byte("Resources:\n  K: {Type: AWS::KMS::Key}\n")},
	}
	x := Join(openTree(t, files, ".", Options{})...)
	if got := uses(x, keyNamed(t, x, "k.yaml#K")); len(got) != 0 {
		t.Errorf("uses %q", got)
	}
}

// TestUsesUnderConditions: a policy in a branch of Fn::If, or whose target stands in one, is there in the environments of the
// branch alone.
func TestUsesUnderConditions(t *testing.T) {
	const source = "Parameters: {Env: {Type: String}, Name: {Type: String, Default: app}}\nConditions: {Prod: !Equals [!Ref Env, prod]}\nResources:\n" +
		"  K: {Type: AWS::KMS::Key}\n" +
		"  R: {Type: AWS::IAM::Role, Properties: {Policies: [!If [Prod, {PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 'kms:Decrypt', Resource: !GetAtt K.Arn}}}, !Ref AWS::NoValue]]}}\n" +
		"  M: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: 'kms:Encrypt', Resource: !GetAtt K.Arn}}}}\n" +
		"  S: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: !If [Prod, [!Ref M], []]}}\n" +
		"  P: {Type: AWS::IAM::Policy, Properties: {Roles: [!If [Prod, one, two], !Ref Name], PolicyDocument: {Statement: {Effect: Allow, Action: 'kms:Sign', Resource: !GetAtt K.Arn}}}}\n"
	x := Join(openTree(t, fstest.MapFS{"a.yaml": {Data: []byte(source)}}, ".", Options{})...)
	var got []string
	for _, u := range x.Uses(keyNamed(t, x, "a.yaml#K")) {
		got = append(got, u.Statement.Actions[0].Text+" "+u.Identity.In.Symbols.Show(u.Identity.ARN[strings.LastIndex(u.Identity.ARN, "/")+1:])+" "+strings.ReplaceAll(guardText(u.Grant.When), "\n", ""))
	}
	want := []string{"kms:Decrypt ${R} Prod=true", "kms:Encrypt ${S} Prod=true", "kms:Sign one Prod=true", "kms:Sign two Prod=false", "kms:Sign app Name=app", "kms:Sign ${Name} Name=any other value"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}
