package rules

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// closeHole proposes the closing form of a condition: without IfExists, with the key's presence asked for, or with the own account for a wildcard.
func closeHole(p *lint.Pass, st stated, c policy.Condition, set authz.Set, h gap) *lint.Proposal {
	pr := &lint.Proposal{Message: "make the condition close", Loses: set,
		Lost: []string{"requests that the condition was to keep out"}, Keeps: closed(p, st, c, h)}
	f := p.Document()
	var edits []syntax.Edit
	ok := false
	switch {
	case !st.written():
	case h.absent && c.Operator.IfExists && c.Operator.Quantifier == policy.NoQuantifier:
		edits, ok = withoutIfExists(p, st, c)
	case h.absent && c.Operator.IfExists: // with a set operator two things would have to change
	case h.absent:
		edits, ok = pinCondition(f, st.Node, "Null", c.Key, syntax.NewString("false"))
	default:
		edits, ok = narrowed(p, c, h)
	}
	if !ok {
		pr.WhyNot = "what the condition is to let in is yours to say"
		if h.absent {
			pr.WhyNot = "the condition stands in a construct of the template, or beside others of its operator"
		}
		pr.Text, pr.Language = conditionText(p, "StringEquals", c.Key, "<what is meant>"), language(p)
		return pr
	}
	pr.Changes = []lint.Change{{Edits: edits}}
	after(p, pr, edits)
	return pr
}

// closed asks for the requests that the closing form lets pass as before: those that carry the key, of each kind of caller
// for which it is documented who does; or those with the own account.
func closed(p *lint.Pass, st stated, c policy.Condition, h gap) []authz.Query {
	if !h.absent {
		own := policy.Condition{Key: c.Key, Operator: policy.Operator{Base: policy.StringEquals}, Values: []policy.Operand{{Text: p.Policy.Own}}}
		return []authz.Query{{Callers: authz.Identities, Having: []policy.Condition{own}}}
	}
	present := []policy.Condition{{Key: c.Key, Operator: policy.Operator{Base: policy.NullTest}, Values: []policy.Operand{{Text: "false"}}}}
	k, _ := kms.ConditionKey(c.Key)
	var all []authz.Query
	for _, caller := range callersOf(st) {
		for _, via := range []authz.Via{authz.Directly, authz.ThroughService} {
			if _, unsure := mayLack(k, caller, via, st.may); st.may&^unsure != 0 && (caller != kms.ServiceCaller || len(services(st)) > 0) {
				all = append(all, authz.Query{Callers: []kms.Caller{caller}, Via: via, Actions: st.may &^ unsure, Having: present})
			}
		}
	}
	return all
}

// withoutIfExists rewrites the operator, where it has this key alone and the plain operator does not stand beside it.
func withoutIfExists(p *lint.Pass, st stated, c policy.Condition) ([]syntax.Edit, bool) {
	block := st.Node.Get("Condition")
	plain := strings.TrimSuffix(c.OperatorText, "IfExists")
	if block == nil || intrinsic(block) || block.Member(plain) != nil || c.OperatorNode == nil {
		return nil, false
	}
	operator := block.Member(c.OperatorText)
	if operator == nil || operator.Value.Resolved() == nil || len(operator.Value.Resolved().Members) != 1 || operator.Value.Kind == syntax.Alias {
		return nil, false
	}
	return []syntax.Edit{p.Document().Replace(operator.Key, syntax.NewString(plain))}, true
}

// narrowed writes the own account, or the only trusted organization, in the place of a wildcard that is the whole value.
func narrowed(p *lint.Pass, c policy.Condition, h gap) ([]syntax.Edit, bool) {
	if h.query.Where != authz.UnnamedAccounts || len(c.Values) != 1 || c.Values[0].Node == nil {
		return nil, false
	}
	old := c.Values[0].Node
	for _, key := range accountKeys {
		if equalKey(key, c.Key) {
			return []syntax.Edit{p.Document().Replace(old, ownAccount(p))}, true
		}
	}
	if orgs := p.Config.Trusted.Organizations; len(orgs) == 1 && (equalKey(c.Key, "aws:PrincipalOrgID") || equalKey(c.Key, "aws:SourceOrgID")) {
		return []syntax.Edit{p.Document().Replace(old, syntax.NewString(orgs[0]))}, true
	}
	return nil, false
}
