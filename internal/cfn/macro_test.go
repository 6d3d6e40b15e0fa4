package cfn

import (
	"testing"
)

// TestMacros: what a macro of somebody's account may change is undecided, what AWS's own transforms do is not.
func TestMacros(t *testing.T) {
	const key = "Resources:\n  K: {Type: AWS::KMS::Key}\n"
	for _, c := range []struct{ name, text, want string }{
		{"a macro", "Transform: MyMacro\n" + key, "Transform MyMacro"},
		{"macros among AWS's", "Transform: [AWS::Serverless-2016-10-31, Mine, AWS::LanguageExtensions]\n" + key, "Transform Mine"},
		{"a macro with parameters", "Transform: {Name: Mine, Parameters: {A: b}}\n" + key, "Transform Mine"},
		{"a macro that a function names", "Transform: [!Sub x]\n" + key, "Transform x"},
		{"AWS's own", "Transform: [AWS::Serverless-2016-10-31, AWS::LanguageExtensions, AWS::SecretsManager-2024-09-16, AWS::CodeDeployBlueGreen, {Name: AWS::Include, Parameters: {Location: 's3://b/k'}}]\n" + key, ""},
		{"none", key, ""},
		{"a macro on all resources", "Resources:\n  Fn::Transform: {Name: Mine}\n  K: {Type: AWS::KMS::Key}\n", "Fn::Transform Mine"},
		{"an include among the resources", "Resources:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: 's3://b/k'}}\n  K: {Type: AWS::KMS::Key}\n", ""},
		{"a macro on the key", "Resources:\n  K: {Type: AWS::KMS::Key, Fn::Transform: {Name: Mine}}\n", "Fn::Transform Mine"},
		{"an include on the key", "Resources:\n  K: {Type: AWS::KMS::Key, Fn::Transform: {Name: AWS::Include, Parameters: {Location: 's3://b/k'}}}\n", "Fn::Transform AWS::Include"},
		{"a macro in the properties", "Resources:\n  K: {Type: AWS::KMS::Key, Properties: {Enabled: true, Fn::Transform: {Name: Mine}}}\n", "Fn::Transform Mine"},
		{"a macro on another resource", "Resources:\n  K: {Type: AWS::KMS::Key}\n  T: {Type: AWS::SNS::Topic, Fn::Transform: {Name: Mine}}\n", ""},
		{"a function in the place of the properties", "{Resources: {K: {Type: AWS::KMS::Key, Properties: {'Fn::If': [C, {Enabled: true}, {}]}}}}", "Properties that are no mapping"},
	} {
		templates, err := Open("t.yaml", []byte(c.text), Options{})
		if err != nil || len(templates) != 1 || len(templates[0].Keys) != 1 {
			t.Errorf("%s: %v, %v", c.name, templates, err)
			continue
		}
		got := ""
		for _, u := range templates[0].Keys[0].Policy.Unknown {
			got += u.Construct
			if u.Node == nil || u.When != nil {
				t.Errorf("%s: %v", c.name, u)
			}
		}
		if got != c.want {
			t.Errorf("%s: undecided by %q, want %q", c.name, got, c.want)
		}
	}
}
