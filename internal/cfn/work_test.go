package cfn

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// show writes a value so that a person can read it: texts with symbols by name, choices with their guards.
func show(v *policy.Value, s *policy.Symbols) string {
	var parts []string
	switch v.Kind {
	case policy.Text:
		return s.Show(v.Text)
	case policy.Absent:
		return "absent"
	case policy.Unknown:
		return "unknown: " + v.Construct
	case policy.List:
		for _, item := range v.Items {
			parts = append(parts, show(item, s))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case policy.Object:
		for _, m := range v.Members {
			parts = append(parts, m.Key+": "+show(m.Value, s))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	for _, o := range v.Options {
		parts = append(parts, strings.ReplaceAll(strings.TrimSpace(guardText(o.When)), "\n", " ")+" → "+show(o.Value, s))
	}
	return "(" + strings.Join(parts, " | ") + ")"
}

// world is the template around the expressions of TestValues.
const world = `
Parameters:
  Free: {Type: String}
  Env: {Type: String, AllowedValues: [dev, prod], Default: dev}
  Team: {Type: String, AllowedPattern: "^(red|blue)$"}
  WithDefault: {Type: String, Default: "*"}
  Compared: {Type: String}
  Number: {Type: String, Default: 012345670123}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /a/b}
  Arns: {Type: CommaDelimitedList}
  Two: {Type: CommaDelimitedList, Default: "a, b"}
Mappings:
  M:
    dev: {Role: DevRole, List: [x, y]}
    prod: {Role: ProdRole, List: [z]}
  R:
    us-east-1: {Ami: a}
    eu-west-1: {Ami: b}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  NotProd: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Equals [!Ref Compared, ""]]
  HasCompared: !Not [!Equals [!Ref Compared, ""]]
  Always: !Equals [a, a]
  Never: !Or [!Not [!Equals [a, a]], !Equals [a, b]]
  Loop: !Not [!Condition Loop2]
  Loop2: !Not [!Condition Loop]
Resources:
  Key: {Type: AWS::KMS::Key, Properties: {}}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/x, TargetKeyId: !Ref Key}}
  Role: {Type: AWS::IAM::Role, Properties: {}}
  Named: {Type: AWS::IAM::Role, Properties: {RoleName: !Sub "app-${Env}", Path: /team/}}
  User: {Type: AWS::IAM::User, Properties: {UserName: alice}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
  Queue: {Type: AWS::SQS::Queue}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /app}}
  Selfish: {Type: AWS::IAM::Role, Properties: {RoleName: !GetAtt Selfish.Arn}}
  Fn: {Type: AWS::Serverless::Function, Properties: {}}
  Table: {Type: AWS::DynamoDB::Table}
`

func expression(t *testing.T, expr string) (*Template, *policy.Value) {
	t.Helper()
	f, err := syntax.ParseYAML("t.yaml", []byte(world+"Outputs:\n  X: {Value: "+expr+"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	tmpl := Read(f, Options{})[0]
	v := tmpl.newWork(tmpl.account(), "aws").value(f.Root().Get("Outputs").Get("X").Member("Value").Value)
	return tmpl, v
}

// TestValues works intrinsics out: for each a known case, an unknown one and, where it can hurt, a hostile one.
func TestValues(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{`plain`, `plain`},
		{`[1, {a: yes}]`, `[1, {a: yes}]`},
		{`!Ref AWS::AccountId`, `${AWS::AccountId}`},
		{`{Ref: AWS::Partition}`, `aws`},
		{`!Sub "${AWS::URLSuffix}"`, `amazonaws.com`},
		{`[!Ref AWS::NoValue, b]`, `[absent, b]`},
		{`!Ref Free`, `${Free}`},
		{`!Ref Missing`, `${Missing}`},
		{`!Ref Env`, `(Env=dev → dev | Env=prod → prod)`},
		{`!Ref Team`, `(Team=blue → blue | Team=red → red)`},
		{`!Ref WithDefault`, `(WithDefault=* → * | WithDefault=any other value → ${WithDefault})`},
		{`!Ref Compared`, `(Compared= →  | Compared=any other value → ${Compared})`},
		{`!Sub "arn:aws:iam::${Number}:root"`, `(Number=1402433619 → arn:aws:iam::1402433619:root | Number=any other value → arn:aws:iam::${Number}:root)`},
		{`!Ref Stored`, `${Stored}`},
		{`!Ref Arns`, `[${Arns}]`},
		{`!Ref Two`, `(Two=a, b → [a, b] | Two=any other value → [${Two}])`},
		{`!Ref {a: b}`, `unknown: Ref of a computed name`},

		{`!GetAtt Role.Arn`, `arn:aws:iam::${AWS::AccountId}:role/${Role}`},
		{`!GetAtt [Role, Arn]`, `arn:aws:iam::${AWS::AccountId}:role/${Role}`},
		{`{"Fn::GetAtt": "Role.Arn"}`, `arn:aws:iam::${AWS::AccountId}:role/${Role}`},
		{`!GetAtt Named.Arn`, `(Env=dev → arn:aws:iam::${AWS::AccountId}:role/team/app-dev | Env=prod → arn:aws:iam::${AWS::AccountId}:role/team/app-prod)`},
		{`!GetAtt User.Arn`, `arn:aws:iam::${AWS::AccountId}:user/alice`},
		{`!GetAtt Key.Arn`, `arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}`},
		{`!Sub "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"`, `arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}`},
		{`!Ref Alias`, `alias/x`},
		{`!Ref Topic`, `arn:aws:sns:${AWS::Region}:${AWS::AccountId}:news`},
		{`!GetAtt Queue.Arn`, `arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${Queue}`},
		{`!GetAtt Logs.Arn`, `arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/app:*`},
		{`!GetAtt Table.StreamArn`, `${Table.StreamArn}`},
		{`!GetAtt FnRole.Arn`, `arn:aws:iam::${AWS::AccountId}:role/${FnRole}`},
		{`!GetAtt Selfish.Arn`, `arn:aws:iam::${AWS::AccountId}:role/arn:aws:iam::${AWS::AccountId}:role/${Selfish}`},
		{`!GetAtt [Role, !Ref Free]`, `${Role.${Free}}`},

		{`!Sub "${!aws:username}-${Free}"`, `${aws:username}-${Free}`},
		{`!Sub ["${a}/${Role.Arn}", {a: !Ref Env}]`, `(Env=dev → dev/arn:aws:iam::${AWS::AccountId}:role/${Role} | Env=prod → prod/arn:aws:iam::${AWS::AccountId}:role/${Role})`},
		{`!Sub "${open"`, `${open`},
		{`!Sub [a, b, c]`, `unknown: Fn::Sub without a text`},
		{`!Sub "${Arns}"`, `unknown: Fn::Sub of something that is no string`},

		{`!Join [":", [a, !Ref AWS::NoValue, b]]`, `a:b`},
		{`!Join [",", !Ref Two]`, `(Two=a, b → a,b | Two=any other value → ${Two})`},
		{`{"Fn::Join": ["", ["arn:", {Ref: "AWS::Partition"}, ":iam::", {Ref: "AWS::AccountId"}, ":root"]]}`, `arn:aws:iam::${AWS::AccountId}:root`},
		{`!Join [":", x]`, `unknown: Fn::Join of something that is no list`},
		{`!Split [",", "a,b"]`, `[a, b]`},
		{`!Split [",", !Ref Free]`, `[${Split "," Free}]`},
		{`!Select [1, [a, b]]`, `b`},
		{`!Select [4, !Split [":", !GetAtt Role.Arn]]`, `${AWS::AccountId}`},
		{`!Select [1, !Ref Arns]`, `${Select 1 Arns}`},
		{`!Select [7, [a]]`, `unknown: Fn::Select of index 7`},

		{`!FindInMap [M, prod, Role]`, `ProdRole`},
		{`!FindInMap [M, !Ref Env, List]`, `(Env=dev → [x, y] | Env=prod → [z])`},
		{`!FindInMap [R, !Ref "AWS::Region", Ami]`, `(AWS::Region=us-east-1 → a | AWS::Region=eu-west-1 → b | AWS::Region=any other value → ${FindInMap [R, !Ref "AWS::Region", Ami]})`},
		{`!FindInMap [M, test, Role, {DefaultValue: none}]`, `none`},
		{`!FindInMap [Nowhere, a, b]`, `${FindInMap [Nowhere, a, b]}`},

		{`!If [IsProd, a, !Ref AWS::NoValue]`, `(IsProd=true → a | IsProd=false → absent)`},
		{`!If [Always, a, b]`, `a`},
		{`!If [Never, a, b]`, `b`},
		{`!If [Loop, a, b]`, `unknown: condition Loop, which depends on itself`},
		{`!If [Nope, a, b]`, `(Nope=true → a | Nope=false → b)`},

		{`!ImportValue "shared-KeyArn"`, `${ImportValue shared-KeyArn}`},
		{`{"Fn::ImportValue": !Sub "${AWS::Region}-Key"}`, `${ImportValue ${AWS::Region}-Key}`},
		{`{"Fn::GetStackOutput": {StackName: S, OutputName: O}}`, `${StackOutput S.O}`},
		{`!Base64 abc`, `YWJj`},
		{`!Length [a, b]`, `2`},
		{`!Length [!Ref Arns]`, `1`},
		{`{"Fn::Length": !Ref Arns}`, `${Length Arns}`},
		{`!Select [0, !GetAZs ""]`, `${Select 0 GetAZs ""}`},
		{`!Cidr [10.0.0.0/16, 2, 8]`, `[${Cidr [10.0.0.0/16, 2, 8]}]`},
		{`{"Fn::ToJsonString": {a: [!Ref AWS::AccountId]}}`, `{"a":["${AWS::AccountId}"]}`},
		{`{"Fn::Transform": {Name: Macro}}`, `unknown: Fn::Transform Macro`},
		{`{"Fn::Transform": {Name: Macro}, a: b}`, `unknown: Fn::Transform Macro`},
		{`{"Fn::If": [IsProd, a, b], c: d}`, `unknown: Fn::If beside other keys`},
		{`"pre-{{resolve:ssm:/x:1}}"`, `pre-{{resolve:ssm:/x:1}}`},
		{`!Sub ["{{resolve:ssm:/${e}/x}}", {e: !Ref Env}]`, `(Env=dev → {{resolve:ssm:/dev/x}} | Env=prod → {{resolve:ssm:/prod/x}})`},
		{`{"Fn::ForEach::L": [N, [a, b], {"k${N}": !Sub "v-${N}", "j&{N}": !Ref N}]}`, `{ka: v-a, ja: a, kb: v-b, jb: b}`},
		{`{"Fn::ForEach::L": [N, !Ref Arns, {"k${N}": x}]}`, `unknown: Fn::ForEach over a collection that is not known here`},
		{`!Unknowable x`, `unknown: Fn::Unknowable`},
	} {
		tmpl, v := expression(t, c.expr)
		if got := show(v, tmpl.Symbols); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.expr, got, c.want)
		}
		if v.Node == nil {
			t.Errorf("%s: no node", c.expr)
		}
	}
}

// TestTies checks which combinations of parameters and conditions are called impossible.
func TestTies(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{`!If [IsProd, a, b]`, "Env IsProd | Env=dev IsProd=true; Env=prod IsProd=false"},
		{`!If [NotProd, !Ref Env, b]`, "Env IsProd NotProd | Env=dev IsProd=true; Env=prod IsProd=false; IsProd=false NotProd=false; IsProd=true NotProd=true"},
		{`!If [HasCompared, !Ref Compared, b]`, "Compared HasCompared | Compared= HasCompared=true; Compared=any other value HasCompared=false"},
		{`!If [Both, a, b]`, "Both Compared Env IsProd | Both=false Compared= IsProd=true; Both=true Compared=any other value; Both=true IsProd=false; Env=dev IsProd=true; Env=prod IsProd=false"},
	} {
		tmpl, v := expression(t, c.expr)
		var names []string
		guardNames(v, &names)
		dims, impossible := tmpl.dimensions(names...)
		var d, i []string
		for _, dim := range dims {
			d = append(d, dim.Name)
		}
		for _, g := range impossible {
			i = append(i, strings.ReplaceAll(strings.TrimSpace(guardText(g)), "\n", " "))
		}
		if got := strings.Join(d, " ") + " | " + strings.Join(i, "; "); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.expr, got, c.want)
		}
	}
}

// TestHostile checks that what explodes ends in an Unknown that names the limit, and quickly.
func TestHostile(t *testing.T) {
	names := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, i+1)
		}
		return b.String()
	}
	for _, c := range []struct{ name, template, want string }{
		{"text doubling", "Resources:\n" + names(40, "  R%d: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Sub '${R%[2]d.TopicName}${R%[2]d.TopicName}'}}\n") + "  R40: {Type: 'AWS::SNS::Topic', Properties: {TopicName: xx}}\nX: !GetAtt R0.TopicName\n", "over"},
		{"choices", "Parameters:\n" + names(12, "  P%d: {Type: String, AllowedValues: [a, b, c%d]}\n") + "Resources: {T: {Type: 'AWS::SNS::Topic'}}\nX: !Join ['', [" + names(12, "!Ref P%d, x%d, ") + "x]]\n", "over 64 alternatives"},
		{"huge join", "Resources: {T: {Type: 'AWS::SNS::Topic'}}\nX: !Join ['', [" + strings.Repeat("x, ", 5000) + "x]]\n", "over 1000 items"},
		{"nested loops", "Resources: {T: {Type: 'AWS::SNS::Topic'}}\nX: {'Fn::ForEach::A': [a, [" + strings.Repeat("1, ", 100) + "1], {'Fn::ForEach::B': [b, [" + strings.Repeat("1, ", 100) + "1], {'${a}${b}': 1}]}]}\n", "too many entries"},
		{"wide condition", "Parameters:\n" + names(12, "  P%d: {Type: String, AllowedValues: [a, b, c%d]}\n") + "Conditions:\n  C: !And [" + names(12, "!Equals [!Ref P%d, c%d], ") + "!Equals [a, a]]\nResources: {T: {Type: 'AWS::SNS::Topic'}}\nX: !If [C, a, b]\n", "over 1024 combinations"},
		{"deep", "Resources: {T: {Type: 'AWS::SNS::Topic'}}\nX: " + strings.Repeat("{'Fn::Base64': ", 150) + "x" + strings.Repeat("}", 150) + "\n", "nesting"},
	} {
		f, err := syntax.ParseYAML("t.yaml", []byte(c.template))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		start := time.Now()
		tmpl := Read(f, Options{})[0]
		v := tmpl.newWork(tmpl.account(), "aws").value(f.Root().Member("X").Value)
		t.Logf("%s: %v", c.name, time.Since(start).Round(time.Millisecond))
		if got := show(v, tmpl.Symbols); !strings.HasPrefix(got, "unknown: ") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %.100s, want an Unknown with %q", c.name, got, c.want)
		}
	}
}
