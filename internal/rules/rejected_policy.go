package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// RejectedPolicy reports what PutKeyPolicy refuses (semantics.md §1.6).
var RejectedPolicy = &lint.Rule{
	ID:    "KMS015",
	Name:  "rejected-policy",
	Title: "KMS refuses the policy",
	Level: lint.Error,
	Why: `KMS checks a policy when it is saved, so the deployment fails, or the policy says something else than it seems to. Typical causes:
a principal that holds a wildcard, is of another partition or is no principal at all, a condition key that key policies may not
have, ForAllValues on an encryption context, an account id whose digits YAML changes because it has no
quotes. Where AWS does not document what KMS does, the finding is a warning and says so.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/team-*"}, "Action": "kms:Decrypt", "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/team-*"}}}`,
	Ignore: "Where a test keeps a broken policy on purpose.",
	Page:   "PutKeyPolicy",
	Run:    rejectedPolicy,
}

func rejectedPolicy(p *lint.Pass) {
	changed := map[*syntax.Node]bool{} // account ids whose digits YAML changes: that the number is no principal follows from it
	for _, problem := range p.Policy.Problems {
		if problem.Kind == "yaml-number" {
			changed[problem.Node] = true
		}
	}
	for _, problem := range slices.Concat(p.Policy.Problems, otherPartitions(p)) {
		if problem.Kind == "principal-invalid" && changed[problem.Node] {
			continue
		}
		f := lint.Finding{Message: problem.Message}
		if problem.Error != "" {
			f.Message += " (" + problem.Error + ")"
		} else {
			f.Level = lint.Warning
		}
		if len(problem.When) > 0 {
			p.Depend(&f, problem.When)
		}
		f.Message = p.Show(f.Message)
		p.Report(f, statement(p.Policy, problem.Statement), lint.About{Node: problem.Node, Judged: problem.Kind + " " + p.Show(problem.Message)}, unquote(p, problem))
	}
}

// invalidPrincipals is KMS's documented error for a principal of another partition (semantics.md §1.3).
const invalidPrincipals = "MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals."

// otherPartitions returns the principals that are of another partition than one before them in the same environment: a
// policy can name those of its own alone.
func otherPartitions(p *lint.Pass) []policy.Problem {
	type named struct {
		partition string
		when      policy.Guard
	}
	var before []named
	var all []policy.Problem
	done := map[*syntax.Node]bool{}
	for _, st := range p.Policy.Statements {
		for _, q := range st.Principals {
			partition := partitionOf(p, q)
			if partition == "" {
				continue
			}
			for _, other := range before {
				when, ok := st.When.And(other.when)
				if other.partition == partition || !ok || done[q.Node] || never(p.Policy, when) {
					continue
				}
				done[q.Node] = true
				all = append(all, policy.Problem{Kind: "other-partition", Statement: st.Index, When: when, Node: q.Node, Error: invalidPrincipals,
					Message: fmt.Sprintf("%s is of partition %s and another principal of partition %s, so KMS refuses the policy; name principals of the key's own partition", p.Show(q.Text), partition, other.partition)})
			}
			if !slices.ContainsFunc(before, func(o named) bool {
				return o.partition == partition && (len(o.when) == 0 || maps.Equal(o.when, st.When))
			}) {
				before = append(before, named{partition, st.When})
			}
		}
	}
	return all
}

// partitionOf returns the partition that the ARN of a principal writes out, "" where there is none: an account id has none,
// and what a template works out is of the partition that it is deployed in.
func partitionOf(p *lint.Pass, q policy.Principal) string {
	rest, ok := strings.CutPrefix(q.Text, "arn:")
	partition, _, found := strings.Cut(rest, ":")
	partition = cmp.Or(q.Partition, partition)
	if !ok || !found || partition == "" || policy.HasSymbol(partition) || q.Kind == policy.InvalidARN || q.Node == nil ||
		!strings.Contains(p.Document().Text(q.Node.Span), "arn:"+partition+":") {
		return ""
	}
	return partition
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
