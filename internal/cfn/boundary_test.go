package cfn

import (
	"slices"
	"strings"
	"testing"
)

// TestBoundaries notes permissions boundaries: of AWS, of the template, of SAM's Globals, by a condition.
func TestBoundaries(t *testing.T) {
	templates, err := Open("t.yaml", []byte(`
Globals: {Function: {PermissionsBoundary: arn:aws:iam::aws:policy/PowerUserAccess, KmsKeyArn: !GetAtt Key.Arn}}
Conditions: {Bound: !Equals [!Ref AWS::Region, eu-west-1]}
Resources:
  Key: {Type: AWS::KMS::Key}
  Limit: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}
  Own: {Type: AWS::IAM::Role, Properties: {PermissionsBoundary: !Ref Limit}}
  Sometimes: {Type: AWS::IAM::User, Properties: {PermissionsBoundary: !If [Bound, arn:aws:iam::aws:policy/Unheard, !Ref "AWS::NoValue"]}}
  Free: {Type: AWS::IAM::Role}
  Fn: {Type: AWS::Serverless::Function, Properties: {}}
  Other: {Type: AWS::Serverless::Function, Properties: {PermissionsBoundary: !Ref Limit}}
  Machine: {Type: AWS::Serverless::StateMachine, Properties: {}}
`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	tmpl := templates[0]
	var got []string
	for _, id := range tmpl.Identities() {
		s := id.LogicalID
		for _, b := range id.Boundaries {
			s += " " + b.Managed + b.LogicalID + strings.TrimSpace(guardText(b.When))
			if b.Policy == nil {
				s += " unknown"
				continue
			}
			for _, st := range b.Policy.Statements {
				if st.Principals[0].Text != id.ARN {
					t.Errorf("%s: the boundary is of %s", id.LogicalID, tmpl.Symbols.Show(st.Principals[0].Text))
				}
			}
		}
		got = append(got, s)
	}
	want := []string{"Own Limit", "Sometimes arn:aws:iam::aws:policy/UnheardSometimesBound=true unknown", "Free", "FnRole arn:aws:iam::aws:policy/PowerUserAccessFn", "OtherRole Limit", "MachineRole"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// What Globals refers to, each function needs.
	if !tmpl.DependsOn("Fn", "Key") || tmpl.DependsOn("Machine", "Key") {
		t.Error("the functions do not need the key that Globals names")
	}
	if refs := tmpl.References("Key"); len(refs) != 2 || refs[0].Property != "KmsKeyArn" {
		t.Errorf("the key is referred to by %v", refs)
	}
}
