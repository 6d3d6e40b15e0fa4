package cli_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const twoKeys = `Resources:
  First:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:role/Admin"}, Action: "kms:*", Resource: "*"}]
  Second:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {AWS: !Ref "AWS::AccountId"}, Action: "kms:*", Resource: "*"}
`

func TestAccess(t *testing.T) {
	article, err := os.ReadFile("../../testdata/article/hardened.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	write(t, "two.yaml", twoKeys)
	write(t, "one#1.yaml", strings.Split(twoKeys, "  Second:")[0])
	write(t, "hardened.json", string(article))
	write(t, "unread.yaml", strings.Replace(strings.Split(twoKeys, "  Second:")[0], "Statement: [", "Statement: [{Fn::Transform: {Name: Macro}}, ", 1))
	write(t, "nothing.yaml", "Resources: {}\n")
	for _, test := range []struct {
		args   string
		status int
		want   []string
	}{
		{"hardened.json", 0, []string{"root user of account 111122223333  direct", "aws:PrincipalType = Account", "role KMSAdminRole", "kms:GrantIsForAWSResource = true", "an upper bound"}},
		{"two.yaml#First", 0, []string{"two.yaml#First", "role Admin", "kms:*"}},
		{"two.yaml#Second --account 111122223333", 0, []string{"IAM of account 111122223333        delegated  kms:*"}},
		{"one#1.yaml", 0, []string{"role Admin"}},
		{"one#1.yaml#First", 0, []string{"role Admin"}},
		{"two.yaml", 2, []string{"two.yaml holds 2 keys; add one of #First, #Second"}},
		{"two.yaml#Third", 2, []string{`two.yaml holds no key "Third"; it has #First, #Second`}},
		{"nothing.yaml", 2, []string{"nothing.yaml holds no key policy"}},
		{"absent.yaml", 2, []string{"absent.yaml cannot be read"}},
		{".", 2, []string{". is a folder; name a file"}},
		{"#First", 2, []string{`"#First" names no file`}},
		{"", 2, []string{"kmsguard: "}},
		{"hardened.json --format pdf", 2, []string{"text, json, markdown, mermaid, html"}},
		{"unread.yaml", 3, []string{"undecided:", "Fn::Transform"}},
		{"unread.yaml --fail-on never", 0, []string{"undecided:"}},
		{"hardened.json --format markdown", 0, []string{"| Who | Access |", "role KMSAdminRole<br>user KMSAdminUser"}},
		{"hardened.json --format mermaid", 0, []string{"flowchart LR\n", `-->|"kms#58;#42;, on conditions"|`}},
		{"hardened.json --format html", 0, []string{"<!doctype html>", "<table"}},
	} {
		t.Run(test.args, func(t *testing.T) {
			status, out := kmsguard(t, append([]string{"access"}, strings.Fields(test.args)...)...)
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			for _, want := range test.want {
				if !strings.Contains(out, want) {
					t.Errorf("says nothing of %q:\n%s", want, out)
				}
			}
		})
	}
}

func TestAccessWritesAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "two.yaml", twoKeys)
	if status, out := kmsguard(t, "access", "--format", "json", "--output", "access.json", "two.yaml#First"); status != 0 || out != "" {
		t.Errorf("status %d: %s", status, out)
	}
	data, err := os.ReadFile("access.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema  int
		Key     string
		Entries []struct {
			Who, Principal, Access string
			Actions                []string
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != 1 || doc.Key != "two.yaml#First" || len(doc.Entries) != 1 || doc.Entries[0].Who != "role Admin" || doc.Entries[0].Access != "direct" || len(doc.Entries[0].Actions) != 45 {
		t.Errorf("%s", data)
	}
}
