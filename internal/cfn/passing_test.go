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
		{"nobody nests it", "", "role arn:aws:iam::${AWS::AccountId}:role/${Who} Somebody=true Who=any other value", nil},
		{"everyone", "", "AWS everyone *", []string{"{Who: '*'}"}},
		{"an account", "", "account arn:aws:iam::444455556666:root", []string{"{Who: 444455556666}"}},
		{"the own account", "", "account arn:aws:iam::${AWS::AccountId}:root", []string{"{Who: !Ref AWS::AccountId}"}},
		{"a role of the parent", "", arn + "${parent0.yaml#Role}", []string{"{Who: !GetAtt Role.Arn}"}},
		{"a role by name", "", arn + "app", []string{"{Who: !Sub 'arn:aws:iam::${AWS::AccountId}:role/${Named}'}"}},
		{"an output", "", arn + "${other.yaml#Role}", []string{"{Who: !GetAtt Other.Outputs.RoleArn}"}},
		{"an empty one", "", "", []string{"{Who: ''}"}},
		{"a free one", "", "role arn:aws:iam::${AWS::AccountId}:role/${Who} Somebody=true Who=any other value", []string{"{Who: !Ref Free}"}},
		{"a parameter that is * by default", "", "AWS everyone * Somebody=true Who=*; role arn:aws:iam::${AWS::AccountId}:role/${Who} Somebody=true Who=any other value", []string{"{Who: !Ref Open}"}},
		{"by a condition", "", "AWS everyone * Who=*; role arn:aws:iam::${AWS::AccountId}:role/${parent0.yaml#Role} Who=arn:aws:iam::${AWS::AccountId}:role/${parent0.yaml#Role}", []string{"{Who: !If [Prod, '*', !GetAtt Role.Arn]}"}},
		{"the default", ", Default: '*'", "AWS everyone *", []string{"{Org: x}"}},
		{"beside a default", ", Default: '*'", "AWS everyone * Who=*; role arn:aws:iam::${AWS::AccountId}:role/${parent0.yaml#Role} Who=arn:aws:iam::${AWS::AccountId}:role/${parent0.yaml#Role}", []string{"{Who: !GetAtt Role.Arn}"}},
		{"two parents", "", "AWS everyone * Who=*; role arn:aws:iam::${AWS::AccountId}:role/${parent1.yaml#Role} Who=arn:aws:iam::${AWS::AccountId}:role/${parent1.yaml#Role}", []string{"{Who: '*'}", "{Who: !GetAtt Role.Arn}"}},
		{"two parents, one free", "", "AWS everyone * Somebody=true Who=*; role arn:aws:iam::${AWS::AccountId}:role/${Who} Somebody=true Who=any other value", []string{"{Who: '*'}", "{Who: !Ref Free}"}},
		{"allowed values", ", AllowedValues: ['*', '444455556666']", "AWS everyone * Who=*; account arn:aws:iam::444455556666:root Who=444455556666", []string{"{Who: '*'}"}},
		{"the Parameter Store", "!", "role arn:aws:iam::${AWS::AccountId}:role/${Who} Somebody=true", []string{"{Who: /app/role}"}},
		{"a whole mapping that a macro makes", "", "role arn:aws:iam::${AWS::AccountId}:role/${Who} Somebody=true Who=any other value", []string{"{'Fn::Transform': {Name: M}}"}},
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

// TestPassedOn checks chains of nested stacks, cycles, lists, and what goes together.
func TestPassedOn(t *testing.T) {
	stack := func(url, parameters string) string {
		return "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: " + url + ", Parameters: " + parameters + "}}\n"
	}
	const key = "Resources:\n  K: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: {Effect: Allow, Principal: {AWS: %s}, Action: 'kms:Decrypt', Resource: '*'%s}}}}\n"
	const arn = "role arn:aws:iam::${AWS::AccountId}:role/"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"through two levels", map[string]string{
			"a.yaml": "Resources:\n  Role: {Type: AWS::IAM::Role}\n  B: " + stack("b.yaml", "{P: !GetAtt Role.Arn}"),
			"b.yaml": "Parameters: {P: {Type: String}}\nResources:\n  C: " + stack("k.yaml", "{Q: !Ref P}"),
			"k.yaml": "Parameters: {Q: {Type: String}}\n" + fmt.Sprintf(key, "!Ref Q", ""),
		}, arn + "${a.yaml#Role}"},
		{"in a circle", map[string]string{
			"b.yaml": "Parameters: {P: {Type: String}}\nResources:\n  C: " + stack("k.yaml", "{Q: !Ref P}"),
			"k.yaml": "Parameters: {Q: {Type: String}}\n" + fmt.Sprintf(key, "!Ref Q", "") + "  B: " + stack("b.yaml", "{P: !Ref Q}"),
		}, arn + "${Q}"},
		{"its own output", map[string]string{
			"b.yaml": "Resources:\n  C: " + stack("k.yaml", "{Q: !GetAtt C.Outputs.O}"),
			"k.yaml": "Parameters: {Q: {Type: String}}\n" + fmt.Sprintf(key, "!Ref Q", "") + "Outputs: {O: {Value: !Sub '${Q}${Q}'}}\n",
		}, "invalid ${Q}${Q}"},
		{"a list", map[string]string{
			"a.yaml": "Resources:\n  Role: {Type: AWS::IAM::Role}\n  B: " + stack("k.yaml", "{Q: !Join [',', [!GetAtt Role.Arn, '444455556666']]}"),
			"k.yaml": "Parameters: {Q: {Type: CommaDelimitedList}}\n" + fmt.Sprintf(key, "!Ref Q", ""),
		}, arn + "${a.yaml#Role}; account arn:aws:iam::444455556666:root"},
		{"a list that is handed on", map[string]string{
			"a.yaml": "Parameters: {L: {Type: CommaDelimitedList}}\nResources:\n  B: " + stack("k.yaml", "{Q: !Join [',', !Ref L]}"),
			"k.yaml": "Parameters: {Q: {Type: CommaDelimitedList}}\n" + fmt.Sprintf(key, "!Ref Q", ""),
		}, arn + "${Q}"},
		{"a SAM application", map[string]string{
			"a.yaml": "Resources:\n  B: {Type: AWS::Serverless::Application, Properties: {Location: k.yaml, Parameters: {Q: '*'}}}\n",
			"k.yaml": "Parameters: {Q: {Type: String}}\n" + fmt.Sprintf(key, "!Ref Q", ""),
		}, "AWS everyone *"},
		{"the children of a loop", map[string]string{
			"a.yaml": "Resources:\n  Fn::ForEach::L:\n    - N\n    - [one, two]\n    - 'B${N}': " + stack("k.yaml", "{Q: !Sub 'arn:aws:iam::444455556666:role/${N}'}"),
			"k.yaml": "Parameters: {Q: {Type: String}}\n" + fmt.Sprintf(key, "!Ref Q", ""),
		}, "role arn:aws:iam::444455556666:role/one Q=arn:aws:iam::444455556666:role/one; role arn:aws:iam::444455556666:role/two Q=arn:aws:iam::444455556666:role/two"},
		{"a nested template of the CDK", map[string]string{
			"out/manifest.json":          `{"version":"55.0.0","artifacts":{"S":{"type":"aws:cloudformation:stack","environment":"aws://111122223333/eu-west-1","properties":{"templateFile":"S.template.json"}}}}`,
			"out/S.assets.json":          `{"files":{"0123456789abcdef0123456789abcdef":{"source":{"path":"N.nested.template.json"}}}}`,
			"out/S.template.json":        `{"Resources":{"Role":{"Type":"AWS::IAM::Role"},"N":{"Type":"AWS::CloudFormation::Stack","Metadata":{"aws:asset:path":"N.nested.template.json"},"Properties":{"TemplateURL":{"Fn::Sub":"https://x/0123456789abcdef0123456789abcdef.json"},"Parameters":{"P":{"Fn::GetAtt":["Role","Arn"]}}}}}}`,
			"out/N.nested.template.json": `{"Parameters":{"P":{"Type":"String","Default":"*"}},"Resources":{"K":{"Type":"AWS::KMS::Key","Properties":{"KeyPolicy":{"Statement":[{"Effect":"Allow","Principal":{"AWS":{"Ref":"P"}},"Action":"kms:*","Resource":"*"}]}}}}}`,
		}, "role arn:aws:iam::111122223333:role/${out/S.template.json#Role}"},
	} {
		files := fstest.MapFS{}
		for name, text := range c.files {
			files[name] = &fstest.MapFile{Data: []byte(text)}
		}
		opt := Options{Files: files, Repository: &Repository{}}
		x := Join(openTree(t, files, ".", opt)...)
		if got := principals(x.Keys[0]); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestPassedTogether: two values that no parent passes at once are no deployment.
func TestPassedTogether(t *testing.T) {
	parent := func(p, q string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("Resources:\n  N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: k.yaml, Parameters: {P: '" + p + "', Q: '" + q + "'}}}\n")}
	}
	files := fstest.MapFS{"a.yaml": parent("*", "o-1"), "b.yaml": parent("444455556666", "*"),
		"k.yaml": {Data: []byte("Parameters: {P: {Type: String}, Q: {Type: String}}\nResources:\n  K: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: {Effect: Allow, Principal: {AWS: !Ref P}, Action: 'kms:Decrypt', Resource: '*', Condition: {StringLike: {'aws:PrincipalOrgID': !Ref Q}}}}}}\n")}}
	k := Join(openTree(t, files, ".", Options{})...).Keys[0]
	var got []string
	for _, g := range k.Policy.Impossible {
		got = append(got, strings.ReplaceAll(strings.TrimSpace(guardText(g)), "\n", " "))
	}
	if want := []string{"P=* Q=*", "P=444455556666 Q=o-1"}; !slices.Equal(got, want) {
		t.Errorf("impossible: %q, want %q", got, want)
	}
}

// TestPassedAgain: a template that is read again with the same repository means what it meant after the join, with symbols of
// the same names; with another one it stands alone.
func TestPassedAgain(t *testing.T) {
	files := fstest.MapFS{
		"a.yaml": {Data: []byte("Resources:\n  Role: {Type: AWS::IAM::Role}\n  N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: k.yaml, Parameters: {P: !GetAtt Role.Arn}}}\n")},
		"k.yaml": {Data: []byte("Parameters: {P: {Type: String}}\nResources:\n  K: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: {Effect: Allow, Principal: {AWS: !Ref P}, Action: 'kms:Decrypt', Resource: '*'}}}}\n")}}
	repository := &Repository{}
	var all []*Template
	for _, name := range []string{"k.yaml", "a.yaml"} {
		templates, err := Open(name, files[name].Data, Options{Files: files, Repository: repository})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, templates...)
	}
	k := Join(all...).Keys[0]
	want := k.Policy.Statements[0].Principals[0].Text
	for _, c := range []struct {
		name       string
		repository *Repository
		same       bool
	}{{"the same", repository, true}, {"another", &Repository{}, false}} {
		templates, err := Open("k.yaml", files["k.yaml"].Data, Options{Files: files, Repository: c.repository, Symbols: k.In.Symbols})
		if err != nil {
			t.Fatal(err)
		}
		if got := templates[0].Keys[0].Policy.Statements[0].Principals[0].Text; (got == want) != c.same {
			t.Errorf("%s repository: %s", c.name, k.In.Symbols.Show(got))
		}
	}
}

// TestPassedTooMuch: nested stacks that pass a great many values end in an undecided policy, not in endless work.
func TestPassedTooMuch(t *testing.T) {
	names := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, strings.ReplaceAll(format, "#", "%[1]d"), i)
		}
		return b.String()
	}
	files := fstest.MapFS{
		"a.yaml": {Data: []byte("Parameters:\n" + names(40, "  E#: {Type: String, AllowedValues: [a, b]}\n") + "Resources:\n" +
			names(300, "  N#: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: k.yaml, Parameters: {"+names(40, "P#: !Ref E#, ")+"Who: 'arn:aws:iam::444455556666:role/r#'}}}\n"))},
		"k.yaml": {Data: []byte("Parameters:\n  Who: {Type: String}\n" + names(40, "  P#: {Type: String}\n") +
			"Resources:\n  K: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: {Effect: Allow, Principal: {AWS: [!Ref Who]}, Action: 'kms:Decrypt', Resource: '*'}}}}\n")},
	}
	if got, want := principals(Join(openTree(t, files, ".", Options{})...).Keys[0]), "unread"; !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
}
