package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// UnknownName reports actions, condition keys and services that KMS does not know: nearly always misspelt (semantics.md §6.18, §6.25).
var UnknownName = &lint.Rule{
	ID:    "KMS016",
	Name:  "unknown-name",
	Title: "a name that KMS does not know",
	Level: lint.Warning,
	Why: `A misspelt action allows and denies nothing. A misspelt condition key is in no request: an Allow with it lets nobody in, or with
a negated operator everybody, and a Deny misses its target. A misspelt service never calls. The lists are those of 2026-11-23;
AWS may have added names since.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:Decypt", "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:Decrypt", "Resource": "*"}`,
	Ignore: "Where the name is newer than the lists.",
	Page:   "Actions, resources, and condition keys for AWS Key Management Service",
	Run:    unknownName,
}

func unknownName(p *lint.Pass) {
	type place struct {
		node *syntax.Node
		text string
	}
	seen := map[place]bool{} // alternatives of a statement share what they have in common
	report := func(st *policy.Statement, node *syntax.Node, name, message, nearest string) {
		if seen[place{node, name}] {
			return
		}
		seen[place{node, name}] = true
		f := lint.Finding{Message: p.Show(message)}
		var fix *lint.Proposal
		if nearest != "" {
			f.Message += fmt.Sprintf("; is it %s?", p.Show(nearest))
			fix = &lint.Proposal{WhyNot: "the name is a guess, and the right one changes who has access", Text: p.Show(nearest), Language: "text"}
		} else {
			f.Message += "; correct or remove it"
		}
		if node == nil {
			node = st.Node
		}
		p.Report(f, st, lint.About{Node: node, Judged: "unknown " + p.Show(name)}, fix)
	}
	for _, st := range p.Policy.Statements {
		for _, a := range st.Actions {
			if a.Unknown != "" || policy.HasSymbol(a.Text) {
				continue
			}
			if nearest, unknown := unknownAction(a.Text); unknown {
				report(st, a.Node, a.Text, fmt.Sprintf("%q is no action of KMS, so it %s nothing", a.Text, effectOf(st, st.NotAction)), nearest)
			}
		}
		for _, c := range st.Conditions {
			if c.KeyNode == nil || policy.HasSymbol(c.Key) || refusedKey(c.Key) {
				continue
			}
			if _, known := kms.ConditionKey(c.Key); !known {
				report(st, c.KeyNode, c.Key, fmt.Sprintf("%q is no condition key that KMS requests carry, so %s", c.Key, absentKey(st, c)), kms.NearestKey(c.Key))
			}
		}
		for _, q := range st.Principals {
			if q.Kind != policy.Service {
				continue
			}
			if nearest, unknown := unknownService(q.Name); unknown {
				report(st, q.Node, q.Name, fmt.Sprintf("%q is no AWS service, so the statement %s", q.Name, missesService(st)), nearest)
			}
		}
	}
}

// unknownAction tells an action that is none. Actions of other services are known elsewhere; they are KMS012's.
func unknownAction(text string) (nearest string, unknown bool) {
	if text == "*" || kms.Expand(text) != 0 {
		return "", false
	}
	service, name, found := strings.Cut(text, ":")
	switch {
	case !found:
		if kms.Expand("kms:"+text) != 0 {
			return "kms:" + text, true
		}
		return kms.Nearest("kms:" + text), true
	case strings.EqualFold(service, "kms"):
		if wildcard(name) {
			return nearestPattern(name), true
		}
		return kms.Nearest(text), true
	case len(service) >= 2 && kms.Expand("kms:"+name) != 0 && kms.Nearest(text) != "":
		return "kms:" + name, true // kmss:Decrypt
	}
	return "", false
}

// nearestPattern guesses the pattern of actions that one without any match is meant to be: kms:Descrbe* is kms:Describe*.
func nearestPattern(name string) string {
	stem, star := strings.CutSuffix(name, "*")
	if !star || wildcard(stem) || len(stem) < 3 {
		return ""
	}
	for _, a := range kms.Actions() {
		whole := strings.TrimPrefix(a.Name, "kms:")
		for n := max(len(stem)-1, 0); n <= len(stem)+1 && n <= len(whole); n++ {
			word := n == len(whole) || 'A' <= whole[n] && whole[n] <= 'Z'
			if word && kms.Nearest("kms:"+stem+whole[n:]) == a.Name {
				return "kms:" + whole[:n] + "*"
			}
		}
	}
	return ""
}

// effectOf says what the statement does to what it lists.
func effectOf(st *policy.Statement, not bool) string {
	switch {
	case not:
		return "exempts"
	case st.Effect == policy.Deny:
		return "denies"
	}
	return "allows"
}

// refusedKey tells the keys for which KMS refuses a key policy: KMS015's.
func refusedKey(key string) bool {
	if strings.EqualFold(key, "kms:ResourceTag") {
		return true
	}
	k, known := kms.ConditionKey(key)
	return known && !k.AllowedInKeyPolicy
}

// absentKey says what a condition does whose key is in no request (semantics.md §4.2, §4.3).
func absentKey(st *policy.Statement, c policy.Condition) string {
	holds := c.Operator.Base.Negated() || c.Operator.IfExists || c.Operator.Quantifier == policy.ForAllValues
	if c.Operator.Base == policy.NullTest {
		holds = slices.ContainsFunc(c.Values, func(v policy.Operand) bool { return strings.EqualFold(v.Text, "true") })
	}
	switch {
	case c.Operator.Base == "":
		return "what the condition says is not known"
	case holds:
		return "the condition always holds and restricts nothing"
	case st.Effect == policy.Deny:
		return "the statement denies nothing"
	}
	return "the statement allows nothing"
}

func missesService(st *policy.Statement) string {
	if st.NotPrincipal {
		return "exempts nobody by it"
	}
	return effectOf(st, false) + " it nothing"
}

// unknownService tells a service principal that is none: one without AWS's domain, or one letter or three from a service that is
// known to call KMS. There are hundreds of services, so a name that merely is not in the table is not reported.
func unknownService(name string) (nearest string, unknown bool) {
	if policy.HasSymbol(name) || name == "" || wildcard(name) {
		return "", false
	}
	lower := strings.ToLower(name)
	short, ok := strings.CutSuffix(strings.TrimSuffix(lower, ".cn"), ".amazonaws.com")
	if ok {
		if _, known := kms.Service(name); known || len(short) < minService || slices.Contains(lookalikes, short) {
			return "", false
		}
		nearest = kms.NearestService(name)
		return nearest, nearest != ""
	}
	for _, domain := range []string{".aws.internal", ".amazon.com", ".aws.com", ".api.aws", ".on.aws"} {
		if strings.HasSuffix(lower, domain) && domain != ".amazon.com" && domain != ".aws.com" {
			return "", false // real domains of internal principals
		}
	}
	return nearestDomain(lower), true
}

// nearestDomain guesses the service that a principal without AWS's domain means.
func nearestDomain(name string) string {
	if guess := kms.NearestService(name); guess != "" {
		return guess
	}
	short, _, _ := strings.Cut(name, ".")
	if guess := short + ".amazonaws.com"; short != "" {
		if _, known := kms.Service(guess); known {
			return guess
		}
	}
	return ""
}

// minService is the length under which a service's name is not held for a misspelt one: sqs and sns are one letter apart.
const minService = 6

// lookalikes are services with names near to those in the table.
var lookalikes = []string{"events-api", "configservice", "cloudhsm", "codedeploy", "codepipeline", "codestar", "codecatalyst", "cloudsearch", "cloudfront", "cloudshell", "cloudmap", "cloudwatch-crossaccount"}
