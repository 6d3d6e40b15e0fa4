package cfn

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// uses writes the uses of a key as "ARN resource" lines; those on patterns have a "*" in front.
func uses(x *Index, k *Key) []string {
	var all []string
	for _, u := range x.Uses(k) {
		s := k.In.Symbols.Show(u.Identity.ARN)
		if u.Identity.Kind == "group" {
			s = "group " + u.Identity.LogicalID
		}
		s += " " + u.Grant.LogicalID
		if u.Every {
			s = "*" + s
		}
		if len(u.Statement.Principals) == 0 && u.Identity.Kind != "group" {
			s += " without principal"
		}
		all = append(all, s)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func keyNamed(t *testing.T, x *Index, id string) *Key {
	t.Helper()
	for _, k := range x.Keys {
		if k.ID == id {
			return k
		}
	}
	t.Fatalf("no key %s", id)
	return nil
}

// TestUsesCDK finds who uses a key through IAM, in the same stack, another stack, and nested stacks (cdk.md §6.2, §7.4).
func TestUsesCDK(t *testing.T) {
	if _, err := os.Stat(shared + "/cdk"); err != nil {
		t.Skip("no CDK samples here: ", err)
	}
	for _, out := range []string{"out-default", "out-recflags"} {
		x := Join(openTree(t, os.DirFS(shared+"/cdk"), out, Options{})...)
		for _, c := range []struct{ key, want string }{
			{"S04-Grant.template.json#Key961B73FD", "arn:aws:iam::${AWS::AccountId}:role/${Role1ABCC5F0} RoleDefaultPolicy5FFB7DAB; arn:aws:iam::${AWS::AccountId}:user/${User00B015A1} UserDefaultPolicy1F97781E"},
			{"S05-CrossStack.template.json#Key961B73FD", "arn:aws:iam::111111111111:role/${OUT/S05-Roles.template.json#Role1ABCC5F0} RoleDefaultPolicy5FFB7DAB"},
			{"S01-Default.template.json#Resource", "arn:aws:iam::${AWS::AccountId}:role/${OUT/S05-Consumer.template.json#Role1ABCC5F0} RoleDefaultPolicy5FFB7DAB"},
			{"S10-Nested.template.json#Top8D718F6A", "arn:aws:iam::${AWS::AccountId}:role/${OUT/S10NestedInnerB8A2764F.nested.template.json#InnerRoleDE044D4E} InnerRoleDefaultPolicyE327D236"},
			{"S10NestedInnerB8A2764F.nested.template.json#InnerKeyAAF5645E", "arn:aws:iam::${AWS::AccountId}:role/${OUT/S10-Nested.template.json#Role1ABCC5F0} RoleDefaultPolicy5FFB7DAB"},
		} {
			got := strings.Join(uses(x, keyNamed(t, x, out+"/"+c.key)), "; ")
			if want := strings.ReplaceAll(c.want, "OUT", out); got != want {
				t.Errorf("%s/%s\n got %s\nwant %s", out, c.key, got, want)
			}
		}
	}
}

// TestCopies finds each key of an assembly once: stages, nested templates of stages and included templates are copies.
func TestCopies(t *testing.T) {
	if _, err := os.Stat(shared + "/cdk"); err != nil {
		t.Skip("no CDK samples here: ", err)
	}
	files := os.DirFS(shared + "/cdk")
	templates := append(openTree(t, files, "out-default", Options{CDKRoot: "/build/app"}), openTree(t, files, "app/include", Options{})...)
	x := Join(templates...)
	all := 0
	for _, tmpl := range x.Templates {
		all += len(tmpl.Keys)
	}
	copies := 0
	for _, k := range x.Keys {
		copies += len(k.Copies)
	}
	if all != 69 || copies+len(x.Keys) != all {
		t.Errorf("%d keys, of these %d once and %d copies", all, len(x.Keys), copies)
	}
	t.Logf("%d keys, of these %d once and %d copies", all, len(x.Keys), copies)
	for id, want := range map[string]int{"out-default/S01-Default.template.json#Resource": 4, "out-default/S11-Loop.template.json#Thing0F1EB34AE": 0, "app/include/legacy.yaml#LegacyKey": 0} {
		if k := keyNamed(t, x, id); len(k.Copies) != want {
			t.Errorf("%s has %d copies (%v), want %d", id, len(k.Copies), k.Copies, want)
		}
	}
}

// TestIncludedCopy drops the CDK's copy of a key that a template of the repository holds, whatever the order of its members.
func TestIncludedCopy(t *testing.T) {
	files := fstest.MapFS{
		"include/key.yaml":        {Data: []byte("Resources:\n  K:\n    Type: AWS::KMS::Key\n    Properties: {EnableKeyRotation: true, KeyPolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}]}}\n")},
		"cdk.out/S.template.json": {Data: []byte(`{"Resources":{"K":{"Type":"AWS::KMS::Key","Properties":{"KeyPolicy":{"Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":{"Fn::Join":["",["arn:aws:iam::",{"Ref":"AWS::AccountId"},":root"]]}},"Resource":"*"}],"Version":"2012-10-17"},"EnableKeyRotation":true}}},"Parameters":{"BootstrapVersion":{"Type":"String"}}}`)},
		"cdk.out/T.template.json": {Data: []byte(`{"Resources":{"K":{"Type":"AWS::KMS::Key","Properties":{"EnableKeyRotation":false}}},"Parameters":{"BootstrapVersion":{"Type":"String"}}}`)},
	}
	x := Join(openTree(t, files, ".", Options{})...)
	if len(x.Keys) != 2 || x.Keys[0].ID != "cdk.out/T.template.json#K" || !slices.Equal(x.Keys[1].Copies, []string{"cdk.out/S.template.json"}) {
		t.Errorf("keys %v", x.Keys)
	}
}

const iamTemplate = `
Resources:
  Key: {Type: AWS::KMS::Key}
  Other: {Type: AWS::KMS::Key}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      ManagedPolicyArns: [!Ref Managed, arn:aws:iam::aws:policy/AdministratorAccess, arn:aws:iam::aws:policy/Unheard]
      Policies:
        - PolicyName: inline
          PolicyDocument: {Statement: {Effect: Allow, Action: kms:Decrypt, Resource: !GetAtt Key.Arn}}
        - !If [Never, !Ref AWS::NoValue, {PolicyName: s3, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}]
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Statement: [{Effect: Allow, Action: 'kms:*', Resource: !Sub 'arn:aws:kms:*:${AWS::AccountId}:key/*'}]}
  Attached:
    Type: AWS::IAM::Policy
    Properties:
      PolicyDocument: {Statement: [{Effect: Allow, Action: ['kms:Encrypt'], Resource: [!GetAtt Key.Arn, !GetAtt Other.Arn]}]}
      Roles: [!Ref Role, elsewhere]
      Groups: [!Ref Group]
  Group: {Type: AWS::IAM::Group}
  User: {Type: AWS::IAM::User, Properties: {Groups: [!Ref Group]}}
  RolePolicy:
    Type: AWS::IAM::RolePolicy
    Properties: {PolicyName: p, RoleName: !Ref Role, PolicyDocument: '{"Statement":[{"Effect":"Allow","Action":"kms:Sign","Resource":"*"}]}'}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - AWSLambdaBasicExecutionRole
        - KMSDecryptPolicy: {KeyId: !Ref Other}
        - Statement: [{Effect: Allow, Action: kms:GenerateDataKey, Resource: !GetAtt Other.Arn}]
        - !Ref Managed
Outputs:
  O: {Value: !GetAtt Key.Arn, Export: {Name: shared-key}}
`

const importer = `
Parameters: {Name: {Type: String}}
Resources:
  Far:
    Type: AWS::IAM::Role
    Properties:
      Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: kms:Decrypt, Resource: !ImportValue shared-key}]}}]
`

// TestUses reads every way in which a template gives an identity an IAM policy.
func TestUses(t *testing.T) {
	files := fstest.MapFS{"a.yaml": {Data: []byte(iamTemplate)}, "b/c.yaml": {Data: []byte(importer)}}
	x := Join(openTree(t, files, ".", Options{})...)
	const role = "arn:aws:iam::${AWS::AccountId}:role/"
	for id, want := range map[string][]string{
		"a.yaml#Key": {"*" + role + "${FnRole} Managed", "*" + role + "app Managed", "*" + role + "app Role", "*" + role + "app RolePolicy",
			role + "${b/c.yaml#Far} Far", role + "app Attached", role + "app Role", role + "elsewhere Attached", "group Group Attached"},
		"a.yaml#Other": {"*" + role + "${FnRole} Managed", "*" + role + "app Managed", "*" + role + "app Role", "*" + role + "app RolePolicy",
			role + "${FnRole} Fn", role + "app Attached", role + "elsewhere Attached", "group Group Attached"},
	} {
		if got := uses(x, keyNamed(t, x, id)); !slices.Equal(got, want) {
			t.Errorf("%s\n got %s\nwant %s", id, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}
	for _, id := range x.Templates[0].Identities() {
		if id.Kind == "group" && (len(id.Members) != 1 || !strings.HasSuffix(x.Templates[0].Symbols.Show(id.Members[0].ARN), "user/${User}")) {
			t.Errorf("the group has members %v", id.Members)
		}
		for _, g := range id.Grants {
			if strings.HasSuffix(g.Managed, "Unheard") && g.Policy != nil {
				t.Error("a managed policy that nobody knows has a document")
			}
		}
	}
}

// TestDependsOn follows references of every form.
func TestDependsOn(t *testing.T) {
	f := fstest.MapFS{"a.yaml": {Data: []byte(`
Resources:
  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub "${B}-x"}}
  B: {Type: AWS::SNS::Topic, DependsOn: [C]}
  C: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt [D, Name]}}
  D: {Type: AWS::SNS::Topic, Properties: {X: {"Fn::If": [Q, {"Fn::GetAtt": "E.Arn"}, {Ref: AWS::NoValue}]}}}
  E: {Type: AWS::SNS::Topic, Properties: {X: !Sub ["${v}", {v: !Ref A}], Y: !Sub "${!F}"}}
  F: {Type: AWS::SNS::Topic}
`)}}
	tmpl := openTree(t, f, ".", Options{})[0]
	for _, c := range []struct {
		a, b string
		want bool
	}{{"A", "E", true}, {"E", "A", true}, {"A", "A", true}, {"A", "F", false}, {"F", "A", false}, {"B", "D", true}} {
		if got := tmpl.DependsOn(c.a, c.b); got != c.want {
			t.Errorf("%s needs %s: %v", c.a, c.b, got)
		}
	}
}

// TestParallel asks about the keys of all templates at once, as a scan does; the race detector watches.
func TestParallel(t *testing.T) {
	files := fstest.MapFS{"a.yaml": {Data: []byte(iamTemplate)}, "b/c.yaml": {Data: []byte(importer)}, "d.yaml": {Data: []byte(strings.Replace(iamTemplate, "shared-key", "other-key", 1))}}
	x := Join(openTree(t, files, ".", Options{})...)
	var wg sync.WaitGroup
	for _, tmpl := range x.Templates {
		wg.Go(func() {
			for _, k := range tmpl.Keys {
				k.In.Symbols.Rune("${own}")
				if len(x.Uses(k)) == 0 {
					t.Error("no uses of ", k.ID)
				}
				x.Primary(k)
				tmpl.References(k.LogicalID)
			}
		})
	}
	wg.Wait()
}

// TestReferences finds what a key encrypts.
func TestReferences(t *testing.T) {
	tmpl := openTree(t, fstest.MapFS{"a.yaml": {Data: []byte(`
Resources:
  Key: {Type: AWS::KMS::Key}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q, KmsMasterKeyId: !Ref Key}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {SSESpecification: {KMSMasterKeyId: !If [C, !GetAtt Key.Arn, !Ref "AWS::NoValue"]}}}
  Role: {Type: AWS::IAM::Role, DependsOn: Key}
`)}}, ".", Options{})[0]
	var got []string
	for _, r := range tmpl.References("Key") {
		got = append(got, r.From+" "+r.Property)
	}
	if want := []string{"Queue KmsMasterKeyId", "Table SSESpecification.KMSMasterKeyId"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	k := tmpl.Keys[0]
	if got := tmpl.Symbols.Show(k.ARN("Queue")); got != "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q" {
		t.Error(got)
	}
}

// TestNestedLocal follows a key through a parameter, an output and a SAM application of local templates.
func TestNestedLocal(t *testing.T) {
	const role = "  Role: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 'kms:Decrypt', Resource: %}}}]}}\n"
	usesKey := func(resource string) string { return strings.Replace(role, "%", resource, 1) }
	files := fstest.MapFS{
		"parent.yaml": {Data: []byte("Resources:\n  Own: {Type: AWS::KMS::Key}\n" +
			"  Keys: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./stacks/keys.yaml}}\n" +
			"  App: {Type: AWS::Serverless::Application, Properties: {Location: stacks/app.yaml, Parameters: {KeyArn: !GetAtt Keys.Outputs.Arn, OwnArn: !GetAtt Own.Arn}}}\n" +
			"  Far: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://s3.amazonaws.com/b/keys.yaml'}}\n" +
			"  Out: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ../../etc/keys.yaml}}\n" +
			usesKey("!GetAtt Keys.Outputs.Arn"))},
		"stacks/keys.yaml": {Data: []byte("Resources:\n  K: {Type: AWS::KMS::Key}\nOutputs:\n  Arn: {Value: !GetAtt K.Arn}\n")},
		"stacks/app.yaml":  {Data: []byte("Parameters:\n  KeyArn: {Type: String}\n  OwnArn: {Type: String}\nResources:\n" + usesKey("[!Ref KeyArn, !Ref OwnArn]"))},
	}
	x := Join(openTree(t, files, ".", Options{})...)
	const arn = "arn:aws:iam::${AWS::AccountId}:role/"
	for id, want := range map[string][]string{
		"stacks/keys.yaml#K": {arn + "${parent.yaml#Role} Role", arn + "${stacks/app.yaml#Role} Role"},
		"parent.yaml#Own":    {arn + "${stacks/app.yaml#Role} Role"},
	} {
		if got := uses(x, keyNamed(t, x, id)); !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", id, got, want)
		}
	}
}

// TestNestedByHash joins nested templates by the hash of the asset where the CDK's command line did not run.
func TestNestedByHash(t *testing.T) {
	if _, err := os.Stat(shared + "/cdk/versions"); err != nil {
		t.Skip("no CDK samples here: ", err)
	}
	x := Join(openTree(t, os.DirFS(shared+"/cdk/versions"), "out-2.251.0-plain", Options{})...)
	nested := 0
	for _, children := range x.children {
		nested += len(children)
	}
	if nested != 1 {
		t.Errorf("%d nested templates joined, want 1", nested)
	}
}
