package github_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/lint"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (run with -update to accept):\n%s", name, d)
	}
}

// What people read: a comment with a button, one without, the review around them, the summary and the step summary.
func TestBodies(t *testing.T) {
	no := false
	f := delegation(map[string]string{"keys/data.json": policy})[0]
	f.Key, f.Fingerprint = "keys/data.json#", "f9e97e953d736a3d"
	f.Fix.Message = "hold the statement to the root user"
	f.Message = "any user or role of 111122223333 whose IAM policy allows kms:Decrypt gets in, because the statement hands the decision to IAM; hold it to the root user and name the key's administrators and users"
	f.Witness.Context = map[string][]string{"aws:PrincipalType": {"AssumedRole"}}
	f.Affected = []lint.Affected{{File: "app.yaml", LogicalID: "AppRole", Principal: "arn:aws:iam::111122223333:role/App", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}}}
	f.Fix.Proof.Lost = []string{"users and roles of the own account that only IAM policies let in"}
	f.Also = []string{"KMS006"}
	text := f
	text.Rule, text.Name, text.Level, text.Fingerprint, text.Fix = "KMS003", "external-access", lint.Warning, "0123456789abcdef", nil
	text.Message, text.Affected, text.Also = "arn:aws:iam::444455556666:role/Partner can call kms:Decrypt; trust its account or take the statement out", nil, nil
	text.Remedy = &lint.Remedy{Language: "yaml", Text: "trusted:\n  accounts: [\"444455556666\"]", WhyNot: "whether the account is yours, only you know"}
	elsewhere := text
	elsewhere.File, elsewhere.Fingerprint = "old/shared.yaml", "1"
	before := elsewhere
	before.Introduced, before.Fingerprint = &no, "2"
	note := text
	note.Rule, note.Name, note.Level, note.Fingerprint = "KMS019", "weak-deletion-guard", lint.Note, "3"
	note.Message = "the key can be deleted after 7 days; wait 30"
	titles := map[string][2]string{"KMS001": {"the key policy leaves the decision to IAM", "anyone who can write IAM policies can then use the key"},
		"KMS003": {"another account has access", "a person of that account can decrypt your data"}, "KMS019": {"the key can be deleted too soon", ""}}
	p := github.NewPlan(github.Input{Findings: []lint.Finding{f, text, elsewhere, before, note}, Sources: map[string][]byte{"keys/data.json": []byte(policy)},
		Files: []github.ChangedFile{github.LocalFile("keys/data.json", "", "added", nil, []byte(policy))},
		Head:  "ec26c3e57ca3a959ca5aad62de7213c562f8c821",
		Summary: github.Summary{Keys: []lint.Key{{ID: "keys/data.json#", File: "keys/data.json", Line: 1, Kind: "document"}}, Undecided: 1, Conclusion: "the check fails: there are findings that count",
			Gained:  []github.Access{{Key: "keys/data.json#", Principal: "arn:aws:iam::111122223333:role/any", Action: "kms:Decrypt", Access: "delegated", When: map[string]string{"Stage": "prod"}}},
			Lost:    []github.Access{{Key: "keys/data.json#", Principal: "arn:aws:iam::111122223333:role/Old", Action: "kms:Encrypt", Access: "direct"}},
			Errors:  []lint.Failure{{File: "broken.yaml", Line: 3, Message: "mapping values are not allowed here"}},
			Mermaid: "graph LR\n  any[\"any role\"] --> key[\"keys/data.json\"]\n"},
		Options: github.Options{Rules: func(id string) (string, string) { return titles[id][0], titles[id][1] }}})
	golden(t, "review.md", p.Review.Body+"\n")
	for i, name := range []string{"comment-text.md", "comment-button.md"} {
		golden(t, name, p.Review.Comments[i].Body+"\n")
	}
	golden(t, "summary.md", p.Sticky.Body+"\n")
	golden(t, "step-summary.md", p.StepSummary)
	if n := strings.Count(p.Review.Comments[1].Body, "```suggestion"); n != 1 {
		t.Errorf("the comment has %d buttons", n)
	}
}
