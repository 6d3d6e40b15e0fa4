package cfn

import (
	"reflect"
	"testing"
	"testing/fstest"
)

// TestStatementSource finds the line that a person edits for a statement of a key that a program wrote.
func TestStatementSource(t *testing.T) {
	const generated = `{"Parameters":{"BootstrapVersion":{"Type":"String"}},"Resources":{"K":{"Type":"AWS::KMS::Key","Properties":{"EnableKeyRotation":true,"KeyPolicy":{"Statement":[{"Sid":"Partner","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"kms:Decrypt","Resource":"*"}]}}}}}`
	const written = "Resources:\n  K:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Statement:\n          - Sid: Partner\n            Effect: Allow\n            Principal: {AWS: '444455556666'}\n            Action: 'kms:*'\n            Resource: '*'\n"
	const code = "import * as kms from 'aws-cdk-lib/aws-kms';\nnew iam.PolicyStatement({ sid: 'Partner' });\n"
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		sid   string
		want  *Source
	}{
		{"the template that was included", fstest.MapFS{"include/a.yaml": file(written)}, "Partner", &Source{"include/a.yaml", 7, ByName}},
		{"it comes before the code", fstest.MapFS{"include/a.yaml": file(written), "lib/a.ts": file(code)}, "Partner", &Source{"include/a.yaml", 7, ByName}},
		{"two templates, then the code", fstest.MapFS{"include/a.yaml": file(written), "include/b.yaml": file(written), "lib/a.ts": file(code)}, "Partner", &Source{"lib/a.ts", 2, ByName}},
		{"two templates", fstest.MapFS{"include/a.yaml": file(written), "include/b.yaml": file(written)}, "Partner", nil},
		{"the code", fstest.MapFS{"lib/a.ts": file(code)}, "Partner", &Source{"lib/a.ts", 2, ByName}},
		{"two places of the code", fstest.MapFS{"lib/a.ts": file(code), "lib/b.ts": file(code)}, "Partner", nil},
		{"another key's statement", fstest.MapFS{"include/a.yaml": file("Resources:\n  Other:\n" + written[len("Resources:\n  K:\n"):])}, "Partner", nil},
		{"another Sid", fstest.MapFS{"include/a.yaml": file(written)}, "Else", nil},
		{"no Sid", fstest.MapFS{"include/a.yaml": file(written)}, "", nil},
	} {
		c.files["cdk.out/S.template.json"] = file(generated)
		x := Join(openTree(t, c.files, ".", Options{})...)
		if got := x.StatementSource(keyNamed(t, x, "cdk.out/S.template.json#K"), c.sid); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for _, k := range x.Keys {
			if !k.Generated && x.StatementSource(k, c.sid) != nil {
				t.Errorf("%s: a template that people write has another source", c.name)
			}
		}
	}
}
