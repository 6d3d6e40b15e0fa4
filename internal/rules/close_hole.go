package rules

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// closeHoles proposes the closing forms of a statement's conditions: without IfExists, with the key's presence asked for, or
// with the own account for a wildcard.
func closeHoles(p *lint.Pass, st stated, set authz.Set, gaps []gap) *lint.Proposal {
	pr := &lint.Proposal{Message: "make the condition close", Loses: set, Lost: []string{"requests that the condition was to keep out"}, Keeps: closed(p, st, gaps)}
	var all []syntax.Edit
	present := syntax.NewMapping()
	for _, h := range gaps {
		var edits []syntax.Edit
		ok := st.written() && h.answer.Verdict == authz.Yes
		switch {
		case !ok || h.absent && h.Operator.IfExists && h.Operator.Quantifier != policy.NoQuantifier: // two things would have to change
			ok = false
		case h.absent && h.Operator.IfExists:
			edits, ok = withoutIfExists(p, st, h.Condition)
		case h.absent:
			present.Members = append(present.Members, syntax.Member{Key: syntax.NewString(h.Key), Value: syntax.NewString("false")})
		default:
			edits, ok = narrowed(p, h)
		}
		if !ok {
			pr.WhyNot = "what the condition is to let in is yours to say"
			if h.absent {
				pr.WhyNot = "the condition stands in a construct of the template, or beside others of its operator"
			}
			pr.Text, pr.Language = conditionText(p, "StringEquals", h.Key, "<what is meant>"), language(p)
			return pr
		}
		if len(edits) > 0 {
			pr.Changes = append(pr.Changes, lint.Change{Edits: edits})
			all = append(all, edits...)
		}
	}
	if len(present.Members) > 0 {
		edit, ok := askPresence(p.Document(), st, present)
		if !ok {
			pr.WhyNot = "the statement asks for the presence of keys already, or its Condition is worked out by the template"
			pr.Text, pr.Language = conditionText(p, "Null", present.Members[0].Key.Value, "false"), language(p)
			return pr
		}
		pr.Changes = append(pr.Changes, lint.Change{Edits: []syntax.Edit{edit}})
		all = append(all, edit)
	}
	after(p, pr, all)
	return pr
}

// askPresence returns the edit that asks for the presence of the keys, all in one block.
func askPresence(f *syntax.File, st stated, keys *syntax.Node) (syntax.Edit, bool) {
	condition := st.Node.Get("Condition")
	if condition == nil || condition.Kind != syntax.Mapping || condition.Tag != "" || intrinsic(condition) || condition.Member("Null") != nil {
		return syntax.Edit{}, false
	}
	return f.SetMember(condition, "Null", keys, ""), true
}

// closed asks for the requests that the closing forms let pass as before: those that carry the keys, of each kind of caller
// for which it is documented who does, with the own account where a wildcard stood.
func closed(p *lint.Pass, st stated, gaps []gap) []authz.Query {
	var having []policy.Condition
	for _, h := range gaps {
		if h.absent {
			having = append(having, policy.Condition{Key: h.Key, Operator: policy.Operator{Base: policy.NullTest}, Values: []policy.Operand{{Text: "false"}}})
		} else {
			having = append(having, policy.Condition{Key: h.Key, Operator: policy.Operator{Base: policy.StringEquals}, Values: []policy.Operand{{Text: p.Policy.Own}}})
		}
	}
	var all []authz.Query
	for _, caller := range callersOf(st) {
		if caller == kms.ServiceCaller && len(services(st)) == 0 {
			continue
		}
		for _, via := range []authz.Via{authz.Directly, authz.ThroughService} {
			actions := st.may
			for _, h := range gaps {
				k, _ := kms.ConditionKey(h.Key)
				_, unsure := mayLack(k, caller, via, actions)
				actions &^= unsure
			}
			if actions != 0 {
				all = append(all, authz.Query{Callers: []kms.Caller{caller}, Via: via, Actions: actions, Having: having})
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
func narrowed(p *lint.Pass, h gap) ([]syntax.Edit, bool) {
	if h.query.Where != authz.UnnamedAccounts || len(h.Values) != 1 || h.Values[0].Node == nil {
		return nil, false
	}
	old := h.Values[0].Node
	for _, key := range accountKeys {
		if equalKey(key, h.Key) {
			return []syntax.Edit{p.Document().Replace(old, ownAccount(p))}, true
		}
	}
	if orgs := p.Config.Trusted.Organizations; len(orgs) == 1 && (equalKey(h.Key, "aws:PrincipalOrgID") || equalKey(h.Key, "aws:SourceOrgID")) {
		return []syntax.Edit{p.Document().Replace(old, syntax.NewString(orgs[0]))}, true
	}
	return nil, false
}
