package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const sampleTemplate = `Resources:
  DataKey:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Enable IAM User Permissions
            Effect: Allow
            Principal:
              AWS: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:root
            Action: kms:*
            Resource: "*"
          - {Effect: Allow, Principal: "*", Action: "kms:Decrypt", Resource: "*"}	# tab
`

// at is the range of the first occurrence of text in src.
func at(src, text string) lint.Range {
	f := &syntax.File{Source: []byte(src)}
	i := strings.Index(src, text)
	return lint.Range{Start: f.Position(i), End: f.Position(i + len(text))}
}

var sampleRules = []*lint.Rule{
	{ID: "KMS001", Name: "iam-delegation", Title: "key policy hands the decision to IAM", Level: lint.Error,
		Why: "Any user or role of the account whose IAM policy says kms:Decrypt gets in.", Before: `{"Principal": "root"}`, After: `{"Condition": {}}`,
		Ignore: "Accept it where IAM is as well guarded as the key.", Page: "Default key policy"},
	{ID: "KMS002", Name: "public-access", Title: "anyone can use the key", Level: lint.Error, Why: "Everyone.", Page: "Key policies"},
	{ID: "KMS018", Name: "rotation-off", Title: "key does not rotate", Level: lint.Warning, Why: "Old material.", Page: "Rotating keys"},
	{ID: "KMS019", Name: "weak-deletion-guard", Title: "key can be deleted soon", Level: lint.Note, Why: "Lost data.", Page: "Deleting keys"},
}

func sample() (*lint.Report, func(string) []byte) {
	yes := true
	root := sampleTemplate[strings.Index(sampleTemplate, "Sid: Enable"):strings.Index(sampleTemplate, "          - {Eff")]
	public := `{Effect: Allow, Principal: "*", Action: "kms:Decrypt", Resource: "*"}`
	condition := strings.Index(sampleTemplate, "            Action: kms:*")
	sid := strings.Index(sampleTemplate, "Enable IAM User Permissions")
	rep := &lint.Report{
		Tool: lint.Tool{Name: "kmsguard", Version: "1.2.3"},
		Keys: []lint.Key{
			{ID: "template.yaml#DataKey", File: "template.yaml", Line: 2, Kind: "AWS::KMS::Key", LogicalID: "DataKey"},
			{ID: "cdk.out/App.json#Key", File: "cdk.out/App.json", Line: 3, Kind: "AWS::KMS::Key", LogicalID: "Key", Path: "App/Key/Resource", Source: &lint.Source{File: "lib/app.ts", Line: 7}},
		},
		Findings: []lint.Finding{
			{Rule: "KMS001", Name: "iam-delegation", Level: lint.Error, Key: "template.yaml#DataKey", Sid: "Enable IAM User Permissions", File: "template.yaml",
				Range: at(sampleTemplate, root), Message: "any user or role of account 111122223333 whose IAM policy says so can call kms:Decrypt; close the delegation",
				Certainty: lint.Always,
				Witness: &lint.Witness{Principal: "arn:aws:iam::111122223333:role/any", Account: "111122223333", Action: "kms:Decrypt",
					Context: map[string][]string{"aws:PrincipalType": {"AssumedRole"}, "kms:ViaService": {"s3.eu-west-1.amazonaws.com"}}, Access: "delegated"},
				Affected: []lint.Affected{{File: "app.yaml", LogicalID: "AppRole", Principal: "arn:aws:iam::111122223333:role/App", Actions: []string{"kms:Decrypt"}}},
				Fix: &lint.Fix{Message: "let only the root user through the account principal",
					Edits: []syntax.Edit{
						{Start: sid, End: sid + len("Enable IAM User Permissions"), Text: "EnableRootAccessAndPreventPermissionDelegation"},
						{Start: condition, End: condition, Text: "            Condition:\n              StringEquals:\n                aws:PrincipalType: Account\n"},
					},
					Proof: lint.Proof{Lost: []string{"role App loses kms:Decrypt, which its IAM policy gives"}}},
				Also: []string{"KMS006"}, Introduced: &yes, Fingerprint: "a1b2c3"},
			{Rule: "KMS002", Name: "public-access", Level: lint.Error, Key: "template.yaml#DataKey", File: "template.yaml", Range: at(sampleTemplate, public),
				Message: "anyone can call kms:Decrypt; name the principals", Certainty: lint.Depends, When: map[string]string{"Stage": "prod"},
				Witness:      &lint.Witness{Principal: "arn:aws:iam::999999999999:user/mallory", Account: "999999999999", Action: "kms:Decrypt", Access: "direct"},
				Remedy:       &lint.Remedy{Language: "yaml", Text: "- Effect: Allow\n  Principal:\n    AWS: <your users>\n", WhyNot: "nobody in the repository is known to use the key"},
				Alternatives: []lint.Alternative{{Message: "keep the account's own callers", Language: "yaml", Text: "Condition:\n  StringEquals:\n    kms:CallerAccount: !Ref AWS::AccountId\n"}},
				Fingerprint:  "d4e5f6"},
			{Rule: "KMS018", Name: "rotation-off", Level: lint.Warning, Key: "cdk.out/App.json#Key", File: "cdk.out/App.json", Source: &lint.Source{File: "lib/app.ts", Line: 7},
				Range:   lint.Range{Start: syntax.Position{Offset: 30, Line: 3, Column: 5}, End: syntax.Position{Offset: 90, Line: 6, Column: 6}},
				Message: "key material never changes; turn rotation on", Certainty: lint.Undecided, Undecided: &lint.Stopped{Construct: "Fn::Transform", Line: 3}, Fingerprint: "070809"},
			{Rule: "KMS019", Name: "weak-deletion-guard", Level: lint.Note, Key: "template.yaml#DataKey", File: "template.yaml", Range: at(sampleTemplate, "DataKey"),
				Message: "key can be gone after 7 days", Certainty: lint.Always, Suppressed: &lint.Suppressed{Reason: "test stack", Until: "2027-06-30"}, Fingerprint: "0a0b0c"},
		},
		Errors:  []lint.Failure{{File: "broken.yaml", Line: 3, Column: 7, Message: "mapping value is not allowed here; indent it"}, {Message: "the tree has more than 5 files"}},
		Summary: lint.Summary{Files: 812, Keys: 2, Errors: 2, Warnings: 1, Undecided: 1},
	}
	sources := map[string][]byte{"template.yaml": []byte(sampleTemplate)}
	return rep, func(file string) []byte { return sources[file] }
}

// hostile is a report in which every text wants to be something else.
func hostile(evil string) (*lint.Report, func(string) []byte) {
	rep, _ := sample()
	src := []byte("  " + evil + "\n" + evil + "\n")
	end := len(src) - 1
	for i := range rep.Keys {
		k := &rep.Keys[i]
		k.ID, k.File, k.Kind, k.LogicalID, k.Path = evil, evil, evil, evil, evil
		k.Source = &lint.Source{File: evil, Line: 1}
		k.Copies = []string{evil}
	}
	for i := range rep.Findings {
		f := &rep.Findings[i]
		f.Key, f.Sid, f.File, f.Message, f.Fingerprint = evil, evil, evil, evil, evil
		f.Range = lint.Range{Start: syntax.Position{Offset: 0, Line: 1, Column: 1}, End: syntax.Position{Offset: end, Line: 2, Column: 1}}
		f.When = map[string]string{evil: evil}
		f.Witness = &lint.Witness{Principal: evil, Account: evil, Action: evil, Context: map[string][]string{evil: {evil, evil}}, Access: evil}
		f.Affected = []lint.Affected{{File: evil, LogicalID: evil, Principal: evil, Actions: []string{evil}}}
		f.Undecided = &lint.Stopped{Construct: evil, Line: 1}
		f.Also = []string{evil}
		f.Remedy = &lint.Remedy{Language: evil, Text: evil, WhyNot: evil}
		f.Alternatives = []lint.Alternative{{Message: evil, Language: evil, Text: evil}}
		if f.Fix != nil {
			f.Fix = &lint.Fix{Message: evil, Edits: []syntax.Edit{{Start: 0, End: 1, Text: evil + "\n"}}, Proof: lint.Proof{Lost: []string{evil}, Added: []string{evil}, Kept: []string{evil}}}
		}
		if f.Source != nil {
			f.Source = &lint.Source{File: evil, Line: 1}
		}
		if f.Suppressed != nil {
			f.Suppressed = &lint.Suppressed{Reason: evil, Until: evil}
		}
	}
	rep.Errors = []lint.Failure{{File: evil, Line: 1, Message: evil}}
	rep.Tool.Version = evil
	return rep, func(string) []byte { return src }
}

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-want +got), run go test -update if that is meant:\n%s", name, cmp.Diff(string(want), string(got)))
	}
}
