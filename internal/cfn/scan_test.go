package cfn_test

import (
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

// TestScan: what one file says of another one's key shows in the findings that a person gets.
func TestScan(t *testing.T) {
	const nested = "Parameters: {Who: {Type: String}}\nResources:\n  K:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Version: '2012-10-17'\n        Statement:\n" +
		"          - {Sid: Admin, Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:role/Admin'}, Action: ['kms:Put*', 'kms:Describe*'], Resource: '*'}\n" +
		"          - {Sid: Use, Effect: Allow, Principal: {AWS: !Ref Who}, Action: 'kms:Decrypt', Resource: '*'}\n"
	parent := func(who string) string {
		return "Resources:\n  Reader: {Type: AWS::IAM::Role}\n  N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: key.yaml, Parameters: {Who: " + who + "}}}\n"
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // certainty of the finding that anyone can use the key, or that something is undecided
		when  string
	}{
		{"alone", map[string]string{"key.yaml": nested}, "", ""},
		{"a parent passes a role", map[string]string{"key.yaml": nested, "parent.yaml": parent("!GetAtt Reader.Arn")}, "", ""},
		{"a parent passes everyone", map[string]string{"key.yaml": nested, "parent.yaml": parent("'*'")}, "always", ""},
		{"one of two parents passes everyone", map[string]string{"key.yaml": nested, "a.yaml": parent("'*'"), "b.yaml": parent("!GetAtt Reader.Arn")}, "depends", "*"},
		{"a macro", map[string]string{"key.yaml": "Transform: MyMacro\n" + nested}, "undecided", ""},
		{"AWS's transform", map[string]string{"key.yaml": "Transform: AWS::LanguageExtensions\n" + nested}, "", ""},
	} {
		tree := fstest.MapFS{}
		var files []repo.File
		for name, text := range c.files {
			tree[name] = &fstest.MapFile{Data: []byte(text)}
			files = append(files, repo.File{Path: name, Data: []byte(text)})
		}
		slices.SortFunc(files, func(a, b repo.File) int { return len(a.Path) - len(b.Path) })
		r := scan.Scan(files, nil, scan.Options{Config: config.Default(), Rules: rules.All, Files: tree, Today: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)})
		got, when := "", ""
		for _, f := range r.Report.Findings {
			if f.Rule == "KMS002" {
				got, when = string(f.Certainty), f.When["Who"]
				if f.File != "key.yaml" || got == "always" && f.Sid != "Use" {
					t.Errorf("%s: the finding is about %s, %s", c.name, f.File, f.Sid)
				}
			}
		}
		if r.Report.Summary.Undecided > 0 {
			got = "undecided"
		}
		if got != c.want || when != c.when {
			t.Errorf("%s: everyone can use the key: %q when Who is %q, want %q when %q", c.name, got, when, c.want, c.when)
		}
		if len(r.Report.Errors) > 0 {
			t.Errorf("%s: errors %v", c.name, r.Report.Errors)
		}
	}
}
