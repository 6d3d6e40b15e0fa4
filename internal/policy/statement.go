package policy

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// elements fills one statement from its members.
type elements struct {
	r *reader
	s *Statement
}

func (e elements) read(m Member) {
	s := e.s
	switch m.Key {
	case "Sid":
		switch m.Value.Kind {
		case Text:
			s.Sid, s.SidNode = m.Value.Text, m.Value.Node
		case Unknown:
		default:
			e.problem("value", m.Value.Node, malformed, "Sid is no string, so KMS refuses the policy")
		}
	case "Effect":
		e.effect(m.Value)
	case "Principal", "NotPrincipal":
		if s.PrincipalNode != nil && s.NotPrincipal != (m.Key == "NotPrincipal") {
			e.problem("two-principals", m.KeyNode, malformed, "a statement has both Principal and NotPrincipal, so KMS refuses the policy")
		}
		s.NotPrincipal = m.Key == "NotPrincipal"
		s.PrincipalNode = m.Value.Node
		e.principals(m.Value)
	case "Action", "NotAction":
		if s.ActionNode != nil && s.NotAction != (m.Key == "NotAction") {
			e.problem("two-actions", m.KeyNode, malformed, "a statement has both Action and NotAction, so KMS refuses the policy")
		}
		s.NotAction, s.ActionNode = m.Key == "NotAction", m.Value.Node
		s.Actions = e.patterns(m)
	case "Resource", "NotResource":
		if s.ResourceNode != nil && s.NotResource != (m.Key == "NotResource") {
			e.problem("two-resources", m.KeyNode, malformed, "a statement has both Resource and NotResource, so KMS refuses the policy")
		}
		s.NotResource, s.ResourceNode = m.Key == "NotResource", m.Value.Node
		s.Resources = e.patterns(m)
	case "Condition":
		s.ConditionNode = m.Value.Node
		e.conditions(m.Value)
	default:
		e.problem("unknown-element", m.KeyNode, "", fmt.Sprintf("%q is no element of a statement; element names are case-sensitive", m.Key))
	}
}

func (e elements) effect(v *Value) {
	switch {
	case v.Kind == Unknown:
		e.r.unread(v.Construct, e.s.When, v.Node)
	case v.Kind == Text && (v.Text == string(Allow) || v.Text == string(Deny)):
		e.s.Effect = Effect(v.Text)
	case v.Kind == Text && HasSymbol(v.Text):
		e.r.unread("Effect "+e.r.p.Symbols.Show(v.Text), e.s.When, v.Node)
	default:
		e.problem("effect", v.Node, malformed, "Effect is neither Allow nor Deny, so KMS refuses the policy")
	}
}

// complete checks what a statement must have (semantics.md §1.2) and says why one that lacks it is inert.
func (e elements) complete(v *Value) {
	s := e.s
	if s.Effect == "" {
		s.Inert = "Effect is neither Allow nor Deny"
		if v.Get("Effect") == nil {
			e.problem("effect", v.Node, malformed, "a statement has no Effect, so KMS refuses the policy")
		}
	}
	if len(s.Principals) == 0 {
		s.Inert = "the statement names no principal"
		e.problem("no-principal", orNode(s.PrincipalNode, v.Node), malformed+": Policy contains a statement with no principal.",
			"a statement names no principal, so KMS refuses the policy")
	}
	for _, missing := range []struct {
		name string
		node *syntax.Node
		list []Pattern
	}{{"Action", s.ActionNode, s.Actions}, {"Resource", s.ResourceNode, s.Resources}} {
		if len(missing.list) == 0 {
			s.Inert = "the statement has no " + missing.name
			e.problem("no-"+strings.ToLower(missing.name), orNode(missing.node, v.Node), "",
				fmt.Sprintf("a statement has no %s: it grants nothing, or KMS refuses the policy (its documents disagree)", missing.name))
		}
	}
}

func orNode(n, other *syntax.Node) *syntax.Node {
	if n != nil {
		return n
	}
	return other
}

// patterns reads a string or a list of strings.
func (e elements) patterns(m Member) []Pattern {
	var all []Pattern
	for _, v := range oneOrMany(m.Value) {
		switch {
		case v.Kind == Text && v.Type != syntax.Null:
			all = append(all, Pattern{Text: v.Text, Node: v.Node})
		case v.Kind == Unknown:
			all = append(all, Pattern{Unknown: v.Construct, Node: v.Node})
		default:
			e.problem("value", v.Node, malformed, fmt.Sprintf("%s holds something that is no string, so KMS refuses the policy", m.Key))
		}
	}
	return all
}

func oneOrMany(v *Value) []*Value {
	if v.Kind == List {
		return v.Items
	}
	return []*Value{v}
}

func (e elements) principals(v *Value) {
	switch v.Kind {
	case Text:
		p := Principal{Kind: InvalidARN, Text: v.Text, Node: v.Node}
		if v.Text == "*" {
			p.Kind = Everyone
		} else {
			e.problem("principal-form", v.Node, malformed, `Principal is a string other than "*", so KMS refuses the policy; write {"AWS": …} or {"Service": …}`)
		}
		e.s.Principals = append(e.s.Principals, p)
	case Unknown:
		e.s.Principals = append(e.s.Principals, Principal{Kind: UnreadPrincipal, Unknown: v.Construct, Node: v.Node})
	case Object:
		e.r.duplicates(v, e.s.When)
		for _, m := range v.Members {
			e.principalKind(m)
		}
	default:
		e.problem("principal-form", v.Node, malformed, `Principal is a list, so KMS refuses the policy; write {"AWS": […]}`)
	}
}

func (e elements) principalKind(m Member) {
	for _, v := range oneOrMany(m.Value) {
		p := Principal{Text: v.Text, Node: v.Node}
		switch {
		case v.Kind == Unknown:
			p.Kind, p.Unknown = UnreadPrincipal, v.Construct
		case v.Kind != Text:
			p.Kind = InvalidARN
			e.problem("principal-form", v.Node, malformed, "a principal is no string, so KMS refuses the policy")
		case m.Key == "AWS":
			p = e.r.awsPrincipal(e.account(v), v.Node)
			e.awsProblems(p)
		case m.Key == "Service":
			p.Kind, p.Name = Service, v.Text
		case m.Key == "Federated":
			p.Kind = WebIdentity
		case m.Key == "CanonicalUser":
			p.Kind = CanonicalUser
		default:
			p.Kind = InvalidARN
		}
		e.s.Principals = append(e.s.Principals, p)
	}
	switch m.Key {
	case "AWS", "Service", "Federated", "CanonicalUser":
	default:
		e.problem("principal-form", m.KeyNode, malformed, fmt.Sprintf("%q is no kind of principal, so KMS refuses the policy; kinds are AWS and Service", m.Key))
	}
}

// account returns the text of an AWS principal as CloudFormation passes it on: YAML changes the digits of some plain numbers (code-style.md §8.3).
func (e elements) account(v *Value) string {
	changed, ok := v.Node.Resolved().CanonicalNumber()
	if !ok || changed == v.Text {
		return v.Text
	}
	e.problem("yaml-number", v.Node, invalidPrincipals,
		fmt.Sprintf("the account id %s is written without quotes, so YAML reads it as the number %s and the policy names another account; quote it", v.Text, changed))
	return changed
}

func (e elements) problem(kind string, node *syntax.Node, answer, message string) {
	e.r.problem(Problem{Kind: kind, Statement: e.s.Index, When: e.s.When, Node: node, Error: answer, Message: message})
}
