package cfn

import (
	"testing"
)

// TestClassify tells key policies from other policies and from files that merely hold one.
func TestClassify(t *testing.T) {
	const use = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/a"},"Action":["kms:Encrypt"],"Resource":"*"}`
	for _, c := range []struct {
		name, text string
		keys       int
	}{
		{"key policy", `{"Version":"2012-10-17","Statement":[` + use + `]}`, 1},
		{"bare statement", use, 1},
		{"list of statements", `[` + use + `,` + use + `]`, 1},
		{"one statement, no list", `{"Statement":` + use + `}`, 1},
		{"public key policy", `{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}`, 1},
		{"NotPrincipal", `{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:role/a"},"Action":"kms:*","Resource":"*"}]}`, 1},
		{"a stray action", `{"Statement":[` + use + `,{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"logs:PutLogEvents","Resource":"*"}]}`, 1},
		{"macro fragment", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":{"Fn::Sub":"arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},"Action":"kms:*","Resource":"*"}]}`, 1},
		{"intrinsic lookalike", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}]}`, 1},

		{"identity policy", `{"Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}`, 0},
		{"service control policy", `{"Version":"2012-10-17","Statement":[{"Sid":"x","Effect":"Deny","Action":["kms:ScheduleKeyDeletion"],"Resource":"*"}]}`, 0},
		{"resource control policy", `{"Statement":[{"Effect":"Deny","Principal":"*","Action":["kms:*","s3:*"],"Resource":"*"}]}`, 0},
		{"resource control policy for KMS alone", `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*","Condition":{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]}`, 0},
		{"resource control policy beside the one that allows all", `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"},{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, 0},
		{"endpoint, full access", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, 0},
		{"endpoint, two services", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":["kms:Decrypt","s3:GetObject"],"Resource":"*"}]}`, 0},
		{"endpoint for KMS, one key", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:*","Resource":"arn:aws:kms:eu-west-1:111122223333:key/1234"}]}`, 0},
		{"bucket policy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`, 0},
		{"bucket policy with a KMS condition", `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}]}`, 0},
		{"trust policy", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, 0},
		{"CloudTrail event", `{"eventName":"PutKeyPolicy","requestParameters":{"policyName":"default","policy":"{\"Statement\":[` + "" + `]}"}}`, 0},
		{"rule fixture", `[{"name":"x","input":{"Resources":{"K":{"Type":"AWS::KMS::Key","Properties":{}}}}}]`, 0},
		{"configuration of another tool", `{"tests":[{"policy":{"Statement":[` + use + `]}}]}`, 0},
		{"package.json", `{"name":"x","dependencies":{"@aws-sdk/client-kms":"3"}}`, 0},
		{"empty", `{}`, 0},
		{"a number", `1`, 0},
		{"get-key-policy", `{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"111122223333\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}","PolicyName":"default"}`, 1},
		{"the text alone", `"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"111122223333\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}"`, 1},
		{"put-bucket-policy", `{"Bucket":"b","Policy":"{\"Statement\":[]}"}`, 0},
	} {
		templates, err := Open("x.json", []byte(c.text), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		n := 0
		for _, tmpl := range templates {
			n += len(tmpl.Keys)
		}
		if n != c.keys {
			t.Errorf("%s: %d keys, want %d", c.name, n, c.keys)
		}
	}
}

// TestOwnAccount follows the order of DESIGN section 1.
func TestOwnAccount(t *testing.T) {
	root := func(id string) string {
		return `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + id + `:root"},"Action":"kms:*","Resource":"*"}`
	}
	foreign := `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"kms:Decrypt","Resource":"*"}`
	inTemplate := func(statements string) string {
		return `{"Resources":{"R":{"Type":"AWS::IAM::Role"},"K":{"Type":"AWS::KMS::Key","Properties":{"KeyPolicy":{"Statement":[` + statements + `]}}}}}`
	}
	byRef := `{"Effect":"Allow","Principal":{"AWS":{"Ref":"AWS::AccountId"}},"Action":"kms:*","Resource":"*"}`
	byRole := `{"Effect":"Allow","Principal":{"AWS":{"Fn::GetAtt":["R","Arn"]}},"Action":"kms:Encrypt","Resource":"*"}`
	for _, c := range []struct {
		name, text, configured, want string
		inferred                     bool
	}{
		{"configuration", `{"Statement":[` + root("111122223333") + `]}`, "999999999999", "999999999999", false},
		{"the template's symbol beside a literal", inTemplate(byRef + "," + foreign), "", "${AWS::AccountId}", false},
		{"the only account", `{"Statement":[` + root("111122223333") + `]}`, "", "111122223333", true},
		{"the only account, with a role of the template", inTemplate(root("111122223333") + "," + byRole), "", "111122223333", true},
		{"the only one that can change the policy", `{"Statement":[` + root("111122223333") + "," + foreign + `]}`, "", "111122223333", true},
		{"two that can", `{"Statement":[` + root("111122223333") + "," + root("444455556666") + `]}`, "", "${AWS::AccountId}", false},
		{"a placeholder for the own account", `{"Statement":[` + root("${AWS::AccountId}") + "," + foreign + `]}`, "", "${AWS::AccountId}", false},
		{"nothing", inTemplate(byRole), "", "${AWS::AccountId}", false},
	} {
		templates, err := Open("x.json", []byte(c.text), Options{Account: func(string) (string, string) { return c.configured, "test" }})
		if err != nil || len(templates) != 1 || len(templates[0].Keys) != 1 {
			t.Errorf("%s: %v, %v", c.name, templates, err)
			continue
		}
		k := templates[0].Keys[0]
		if got := templates[0].Symbols.Show(k.Account.ID); got != c.want || k.Account.Inferred != c.inferred || k.Policy.Own != k.Account.ID {
			t.Errorf("%s: own account %s, inferred %v, by %s", c.name, got, k.Account.Inferred, k.Account.How)
		}
		if c.name == "the only account, with a role of the template" && k.Policy.Statements[1].Principals[0].Account != "111122223333" {
			t.Error("the template's role is of another account")
		}
	}
}

// FuzzOpen: no file makes the reader panic or find a key without a policy.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(world))
	f.Add([]byte(iamTemplate))
	f.Add([]byte(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}`))
	f.Add([]byte("Resources:\n  K: {Type: AWS::KMS::Key, Properties: {KeyPolicy: !Sub '{\"Statement\": \"${x}\"}'}}\n"))
	f.Add([]byte("Resources:\n  Fn::ForEach::A: [B, [c], {'K${B}': {Type: AWS::KMS::Key}}]\n"))
	f.Add([]byte("exports[`a 1`] = `\nObject {\n  \"Resources\": Object {\n    \"K\": Object {\n      \"Type\": \"AWS::KMS::Key\",\n    },\n  },\n}\n`;\n"))
	f.Add([]byte("exports[`b 1`] = `\n\"{\\\"Resources\\\":{\\\"K\\\":{\\\"Type\\\":\\\"AWS::KMS::Key\\\"}}}\"\n`;\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, name := range []string{"x.yaml", "x.snap"} {
			templates, err := Open(name, src, Options{})
			if err != nil {
				continue
			}
			x := Join(templates...)
			for _, k := range x.Keys {
				if k.Policy == nil || k.Account.ID == "" || k.Node == nil {
					t.Errorf("incomplete key %s", k.ID)
				}
				x.Uses(k)
				x.Primary(k)
				k.In.DependsOn(k.LogicalID, k.LogicalID)
			}
		}
	})
}

// TestOnly reads one key of a template and leaves the others.
func TestOnly(t *testing.T) {
	const text = "Resources:\n  A: {Type: AWS::KMS::Key}\n  B: {Type: AWS::KMS::Key}\n"
	for only, want := range map[string]int{"": 2, "t.yaml#B": 1, "t.yaml#C": 0} {
		templates, err := Open("t.yaml", []byte(text), Options{Only: only})
		if err != nil || len(templates) != 1 || len(templates[0].Keys) != want {
			t.Errorf("only %q: %v, %v", only, templates, err)
		}
	}
}
