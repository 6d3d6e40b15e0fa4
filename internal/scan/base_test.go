package scan_test

import (
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

const weak = `{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}
  ]
}
`

// against scans a key whose file was something else in the base.
func against(rule []*lint.Rule, base *scan.Base) *lint.Report {
	return scan.Scan([]repo.File{{Path: "key.json", Data: []byte(weak)}}, nil,
		scan.Options{Config: config.Default(), Rules: rule, Base: base, Jobs: 1}).Report
}

func errorsOf(rep *lint.Report) string {
	var all []string
	for _, e := range rep.Errors {
		all = append(all, e.File+": "+e.Message)
	}
	return strings.Join(all, "\n")
}

// TestBaseThatCannotBeRead checks that what the base had and nobody can read is not taken for what it had: the finding
// counts, and an error says why, which decides nothing itself.
func TestBaseThatCannotBeRead(t *testing.T) {
	broken := []byte(`{"Statement": [{"Action": "kms:*"`)
	for _, c := range []struct {
		name, want string
		base       *scan.Base
	}{
		{"changed file", "old.json: in the base: ", &scan.Base{Changed: map[string]scan.Before{"key.json": {Name: "old.json", Data: broken}}}},
		{"no policy of a key", "", &scan.Base{Changed: map[string]scan.Before{"key.json": {Name: "old.json", Data: []byte("{")}}}},
		{"synthesis", "base/key.json: in the base: ", &scan.Base{Changed: map[string]scan.Before{"key.json": {}}, Synthesis: map[string]repo.File{"key.json": {Path: "base/key.json", Data: broken}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep := against(rules.All, c.base)
			if len(rep.Findings) == 0 || rep.Findings[0].Rule != "KMS001" || rep.Findings[0].Introduced == nil || !*rep.Findings[0].Introduced {
				t.Errorf("findings %+v, want KMS001 introduced", rep.Findings)
			}
			switch got := errorsOf(rep); {
			case c.want == "" && got != "":
				t.Errorf("errors %q, want none", got)
			case !strings.Contains(got, c.want) || c.want != "" && !strings.Contains(got, "counts as introduced"):
				t.Errorf("errors %q, want %q and that it counts as introduced", got, c.want)
			}
			if status := rep.Status(lint.Gate{FailOn: lint.Error, Introduced: true}); status != 1 {
				t.Errorf("status %d, want 1", status)
			}
		})
	}
}

// TestRuleThatFailsInTheBase checks that a rule which fails on the base, and not on the head, leaves its findings introduced and says so.
func TestRuleThatFailsInTheBase(t *testing.T) {
	rule := &lint.Rule{ID: "KMS001", Name: "iam-delegation", Level: lint.Error, Run: func(p *lint.Pass) {
		if len(p.Policy.Statements) == 2 {
			panic("two statements")
		}
		p.Report(lint.Finding{Message: "found"}, p.Policy.Statements[0], lint.About{Judged: "one"}, nil)
	}}
	before := strings.Replace(weak, "\n  ]", `,
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:Decrypt", "Resource": "*"}
  ]`, 1)
	rep := against([]*lint.Rule{rule}, &scan.Base{Changed: map[string]scan.Before{"key.json": {Name: "key.json", Data: []byte(before)}}})
	if len(rep.Findings) != 1 || rep.Findings[0].Introduced == nil || !*rep.Findings[0].Introduced {
		t.Errorf("findings %+v, want one that is introduced", rep.Findings)
	}
	if got := errorsOf(rep); !strings.Contains(got, "in the base: internal error: KMS001 on key.json") || !strings.Contains(got, "count as introduced") {
		t.Errorf("errors %q, want the rule that failed in the base", got)
	}
}
