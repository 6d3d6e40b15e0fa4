package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// UnboundedGrant reports identities that can give the key to anyone by a grant (semantics.md §2.3, §6.15).
var UnboundedGrant = &lint.Rule{
	ID:    "KMS004",
	Name:  "unbounded-grant",
	Title: "a grant can give the key to anyone",
	Level: lint.Warning,
	Why: `Whoever may call CreateGrant without conditions can let any principal of any account use the key, for operations that it does
not have itself. No later change of the key policy takes the grant back. With kms:GrantIsForAWSResource only AWS services make grants, for
the resources that the caller creates; else the grantee and the operations need bounds.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}`,
	Ignore: "Where an application makes grants for principals that it cannot name in advance.",
	Page:   "Grants in AWS KMS",
	Run:    unboundedGrant,
}

const forAWSResource = "kms:GrantIsForAWSResource"

func unboundedGrant(p *lint.Pass) {
	grant := kms.Set("kms:CreateGrant")
	allowed := allows(p)
	admins := keyAdministrators(p, allowed)
	for _, st := range allowed {
		if st.may&grant == 0 || st.allAmong(admins) {
			continue
		}
		set := p.Engine.Direct(0).Of(st.Index)
		q := authz.Query{Callers: authz.Identities, Actions: grant, Except: admins, Via: authz.Directly}
		a, open := unbounded(p, q, set)
		about := lint.About{Set: set, Query: q}
		switch a.Verdict {
		case authz.Undecided:
			undecided(p, st.Statement, a, about, "the statement lets a caller make grants for anyone")
		case authz.Yes:
			f := p.Finding(a, q, set)
			f.Message = fmt.Sprintf("%s can create grants that let %s, and no change of the policy takes them back; allow only grants for AWS resources, or bound grantee and operations",
				caller(p, a.Request.Principal), open)
			f.Alternatives = []lint.Alternative{boundedGrant(p)}
			var fix *lint.Proposal
			if !p.Quiet() {
				fix = forResources(p, st, set)
				fix.Others = withoutGrants(p, st, set)
			}
			p.Report(f, st.Statement, about, fix)
		}
	}
}

// unbounded asks for a grant whose grantee or whose operations no value in the policy bounds; open says which.
func unbounded(p *lint.Pass, q authz.Query, set authz.Set) (a authz.Answer, open string) {
	present := func(key, is string) policy.Condition {
		return policy.Condition{Key: key, Operator: policy.Operator{Base: policy.NullTest}, Values: []policy.Operand{{Text: is}}}
	}
	const grantee, service, operations = "kms:GranteePrincipal", "kms:GranteeServicePrincipal", "kms:GrantOperations"
	principals := append(outside(p.Policy, []string{grantee}), present(grantee, "false"), present(service, "true"))
	services := append(outside(p.Policy, []string{service}), present(service, "false"), present(grantee, "true"))
	rest := policy.Condition{Key: operations, Operator: policy.Operator{Quantifier: policy.ForAnyValue, Base: policy.StringEquals}, Values: unnamedOperations(p.Policy)}
	a = authz.Answer{Verdict: authz.No}
	for _, way := range []struct {
		open   string
		having []policy.Condition
	}{
		{"any principal use the key", principals},
		{"any AWS service use the key", services},
		{"their grantee do more than the policy names", []policy.Condition{rest}},
	} {
		narrow := q
		narrow.Having = way.having
		switch got := p.Ask(narrow, set); {
		case got.Verdict == authz.Yes:
			return got, way.open
		case got.Verdict == authz.Undecided && !closedByResource(p, got, narrow, set):
			a = got
		}
	}
	return a, ""
}

// unnamedOperations returns the grant operations that no condition of the policy names. CreateGrant counts as never named: whoever gets it passes the grant on.
func unnamedOperations(pol *policy.Policy) []policy.Operand {
	named := map[string]bool{}
	for _, st := range pol.Statements {
		for _, c := range st.Conditions {
			if equalKey(c.Key, "kms:GrantOperations") {
				for _, v := range c.Values {
					named[v.Text] = true
				}
			}
		}
	}
	var rest []policy.Operand
	for _, name := range kms.GrantOperations.Names() {
		if name = strings.TrimPrefix(name, "kms:"); !named[name] || name == "CreateGrant" {
			rest = append(rest, policy.Operand{Text: name})
		}
	}
	return rest
}

// closedByResource tells whether all that keeps the question open is whether direct calls carry kms:GrantIsForAWSResource
// as false or not at all (semantics.md §9 no. 7), and the statement is closed to both.
func closedByResource(p *lint.Pass, a authz.Answer, q authz.Query, set authz.Set) bool {
	if slices.ContainsFunc(a.Because, func(why string) bool { return !strings.Contains(why, strings.ToLower(forAWSResource)) }) {
		return false
	}
	q.Via = authz.ThroughService
	reached := p.Ask(q, set).Verdict == authz.Yes
	q.Having = append(slices.Clone(q.Having), policy.Condition{Key: forAWSResource,
		Operator: policy.Operator{Base: policy.Bool, IfExists: true}, Values: []policy.Operand{{Text: "false"}}})
	return reached && p.Ask(q, set).Verdict == authz.No
}

// forResources proposes the condition on the grant actions, in a statement of their own.
func forResources(p *lint.Pass, st stated, gives authz.Set) *lint.Proposal {
	grants := kms.Set(kms.GrantActions...)
	pr := &lint.Proposal{
		Message: "allow only grants for AWS resources",
		Loses:   gives,
		Keeps: []authz.Query{{Actions: kms.All &^ grants}, {Via: authz.ThroughService, Having: []policy.Condition{{Key: forAWSResource,
			Operator: policy.Operator{Base: policy.Bool}, Values: []policy.Operand{{Text: "true"}}}}}},
		Kept: []string{"grants that AWS services make for resources of the statement's principals"},
		Lost: []string{"grants that the statement's principals make themselves, and their lists and revocations"},
	}
	if st.NotAction || !st.plainActions() {
		pr.WhyNot = "the statement's actions are not a plain list"
		pr.Text, pr.Language = conditionText(p, "Bool", forAWSResource, "true"), language(p)
		return pr
	}
	f := p.Document()
	var edits []syntax.Edit
	ok := false
	if held := st.may & grants; held == st.may&kms.Effective {
		edits, ok = pinCondition(f, st.Node, "Bool", forAWSResource, syntax.NewString("true"))
	} else {
		left := without(st.Statement, held)
		if len(left) > maxWrittenOut {
			pr.WhyNot = "the statement's wildcards mean too many actions to write out; list those that it needs"
			pr.Text, pr.Language = conditionText(p, "Bool", forAWSResource, "true"), language(p)
			return pr
		}
		edits, ok = split(p, st.Statement, left, grantNames(held), func(n *syntax.Node) {
			condition := syntax.NewMapping()
			if old := n.Get("Condition"); old != nil {
				condition = clone(old)
			}
			block := syntax.NewMapping()
			if old := condition.Get("Bool"); old != nil {
				block = clone(old)
			}
			set(block, forAWSResource, syntax.NewString("true"))
			set(condition, "Bool", block)
			set(n, "Condition", condition)
		})
	}
	if !ok {
		pr.WhyNot = "the statement's Condition is worked out by the template, or the policy's Statement is no list"
		pr.Text, pr.Language = conditionText(p, "Bool", forAWSResource, "true"), language(p)
		return pr
	}
	pr.Changes = []lint.Change{{Edits: edits}}
	after(p, pr, edits)
	return pr
}

// withoutGrants proposes to take CreateGrant alone out of the statement.
func withoutGrants(p *lint.Pass, st stated, gives authz.Set) []*lint.Proposal {
	create := kms.Set("kms:CreateGrant")
	if st.NotAction || !st.plainActions() {
		return nil
	}
	left := without(st.Statement, create)
	if len(left) == 0 || len(left) > maxWrittenOut {
		return nil
	}
	edits := writeActions(p.Document(), st.Statement, left)
	pr := &lint.Proposal{Message: "take kms:CreateGrant out of the statement", Loses: gives, Changes: []lint.Change{{Edits: edits}},
		Keeps: []authz.Query{{Actions: kms.All &^ create}}, Kept: []string{"everything but kms:CreateGrant"}, Lost: []string{"kms:CreateGrant of the statement's principals"}}
	afterActions(p, pr, edits, left)
	return []*lint.Proposal{pr}
}

// grantNames returns the actions of the set in the order of AWS's documents.
func grantNames(set kms.ActionSet) []string {
	return slices.DeleteFunc(slices.Clone(kms.GrantActions), func(name string) bool { return !set.HasName(name) })
}

// boundedGrant is the other way to close the hole, for grants that the caller makes itself.
func boundedGrant(p *lint.Pass) lint.Alternative {
	a := lint.Alternative{Message: "bound whom the grants are for and what they allow", Language: language(p)}
	if a.Language == "yaml" {
		a.Text = `Condition:
  StringEquals:
    kms:GranteePrincipal: <ARN of the grantee>
  ForAllValues:StringEquals:
    kms:GrantOperations: [Decrypt, DescribeKey]`
		return a
	}
	a.Text = `"Condition": {"StringEquals": {"kms:GranteePrincipal": "<ARN of the grantee>"}, "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "DescribeKey"]}}`
	return a
}
