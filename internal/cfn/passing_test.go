package cfn

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// principals writes whom the statements of a key let in, with what they depend on.
func principals(k *Key) string {
	var all []string
	for _, s := range k.Policy.Statements {
		for _, p := range s.Principals {
			all = append(all, strings.TrimSpace(string(p.Kind)+" "+k.In.Symbols.Show(p.Text)+" "+strings.ReplaceAll(strings.TrimSpace(guardText(s.When)), "\n", " ")))
		}
	}
	for _, u := range k.Policy.Unknown {
		all = append(all, "unknown "+u.Construct)
	}
	return strings.Join(all, "; ")
}

// nestedKey is a nested template whose key lets the parameter Who in.
const nestedKey = `
Parameters:
  Who: {Type: String%s}
  Org: {Type: String, Default: none}
Conditions:
  Somebody: !Not [!Equals [!Ref Who, ""]]
Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Statement: [!If [Somebody, {Effect: Allow, Principal: {AWS: !Ref Who}, Action: 'kms:Decrypt', Resource: '*'}, !Ref AWS::NoValue]]}
`

// TestPassed reads the policy of a nested template's key with what its parents pass.
func TestPassed(t *testing.T) {
	parent := func(parameters string) string {
		return "Parameters: {Free: {Type: String}, Env: {Type: String, AllowedValues: [dev, prod]}, Open: {Type: String, Default: '*'}}\nConditions: {Prod: !Equals [!Ref Env, prod]}\n" +
			"Resources:\n  Role: {Type: AWS::IAM::Role}\n  Named: {Type: AWS::IAM::Role, Properties: {RoleName: app}}\n" +
			"  Other: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: other.yaml}}\n" +
			"  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./stacks/key.yaml, Parameters: " + parameters + "}}\n"
	}
	const arn = "role arn:aws:iam::${AWS::AccountId}:role/"
	for _, c := range []struct {
		name, declared, want string
		parents              []string
	}{
		{"nobody nests it", "", "role? no", nil},
		{"everyone", "", "AWS everyone *", []string{"{Who: '*'}"}},
		{"an account", "", "account arn:aws:iam::444455556666:root", []string{"{Who: 444455556666}"}},
		{"the own account", "", "account arn:aws:iam::${AWS::AccountId}:root", []string{"{Who: !Ref AWS::AccountId}"}},
		{"a role of the parent", "", arn + "${parent0.yaml#Role}", []string{"{Who: !GetAtt Role.Arn}"}},
		{"a role by name", "", arn + "app", []string{"{Who: !Sub 'arn:aws:iam::${AWS::AccountId}:role/${Named}'}"}},
		{"an output", "", arn + "${other.yaml#Role}", []string{"{Who: !GetAtt Other.Outputs.RoleArn}"}},
		{"an empty one", "", "", []string{"{Who: ''}"}},
		{"a free one", "", "", []string{"{Who: !Ref Free}"}},
		{"a parameter that is * by default", "", "", []string{"{Who: !Ref Open}"}},
		{"by a condition", "", "", []string{"{Who: !If [Prod, '*', !GetAtt Role.Arn]}"}},
		{"the default", ", Default: '*'", "", []string{"{Org: x}"}},
		{"beside a default", ", Default: '*'", "", []string{"{Who: !GetAtt Role.Arn}"}},
		{"two parents", "", "", []string{"{Who: '*'}", "{Who: !GetAtt Role.Arn}"}},
		{"two parents, one free", "", "", []string{"{Who: '*'}", "{Who: !Ref Free}"}},
		{"allowed values", ", AllowedValues: ['*', '444455556666']", "", []string{"{Who: '*'}"}},
		{"the Parameter Store", "!", "", []string{"{Who: /app/role}"}},
		{"a whole mapping that a macro makes", "", "", []string{"{'Fn::Transform': {Name: M}}"}},
	} {
		declared := fmt.Sprintf(nestedKey, c.declared)
		if c.declared == "!" {
			declared = strings.Replace(fmt.Sprintf(nestedKey, ""), "Type: String", "Type: 'AWS::SSM::Parameter::Value<String>'", 1)
		}
		files := fstest.MapFS{"stacks/key.yaml": {Data: []byte(declared)},
			"other.yaml": {Data: []byte("Resources:\n  Role: {Type: AWS::IAM::Role}\nOutputs:\n  RoleArn: {Value: !GetAtt Role.Arn}\n")}}
		for i, p := range c.parents {
			files[fmt.Sprintf("parent%d.yaml", i)] = &fstest.MapFile{Data: []byte(parent(p))}
		}
		opt := Options{Files: files, Repository: &Repository{}}
		templates := openTree(t, files, ".", opt)
		i := slices.IndexFunc(templates, func(t *Template) bool { return t.File.Name == "stacks/key.yaml" })
		before := templates[i].Keys[0]
		x := Join(templates...)
		k := keyNamed(t, x, "stacks/key.yaml#K")
		if k != before {
			t.Errorf("%s: the key is another one", c.name)
		}
		if got := principals(k); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}
