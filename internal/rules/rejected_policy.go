package rules

import (
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// RejectedPolicy reports what PutKeyPolicy refuses (semantics.md §1.6).
var RejectedPolicy = &lint.Rule{
	ID:    "KMS015",
	Name:  "rejected-policy",
	Title: "KMS refuses the policy",
	Level: lint.Error,
	Why: `KMS checks a policy when it is saved, so the deployment fails, or the policy says something else than it seems to.
Where AWS does not document what KMS does, the finding is a warning and says so.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/team-*"}, "Action": "kms:Decrypt", "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/team-*"}}}`,
	Ignore: "Where a test keeps a broken policy on purpose.",
	Page:   "PutKeyPolicy",
	Run:    rejectedPolicy,
}

func rejectedPolicy(p *lint.Pass) {
	for _, problem := range p.Policy.Problems {
		f := lint.Finding{Message: problem.Message}
		if problem.Error != "" {
			f.Message += " (" + problem.Error + ")"
		} else {
			f.Level = lint.Warning
		}
		if len(problem.When) > 0 {
			f.Certainty, f.When = lint.Depends, map[string]string{}
			for name, value := range problem.When {
				f.When[p.Show(name)] = p.Show(value)
			}
		}
		f.Message = p.Show(f.Message)
		p.Report(f, statement(p.Policy, problem.Statement), lint.About{Node: problem.Node, Judged: problem.Kind + " " + p.Show(problem.Message)}, unquote(p, problem))
	}
}

// unquote proposes quotes around an account id whose digits YAML changes.
func unquote(p *lint.Pass, problem policy.Problem) *lint.Proposal {
	if problem.Kind != "yaml-number" || p.Quiet() {
		return nil
	}
	f := p.Document()
	text := f.Text(problem.Node.Span)
	return &lint.Proposal{Message: "quote the account id", WhyNot: "the quoted id names another account than the policy does now",
		Text: `"` + text + `"`, Language: "yaml"}
}

func statement(pol *policy.Policy, index int) *policy.Statement {
	for _, st := range pol.Statements {
		if st.Index == index {
			return st
		}
	}
	return nil
}
