package rules

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// clone returns a new node like a parsed one, for edits that write it again elsewhere.
func clone(n *syntax.Node) *syntax.Node {
	if n = n.Resolved(); n == nil {
		return syntax.NewString("")
	}
	c := &syntax.Node{Kind: n.Kind, Style: n.Style, Type: n.Type, Tag: n.Tag, Value: n.Value}
	for _, m := range n.Members {
		c.Members = append(c.Members, syntax.Member{Key: clone(m.Key), Value: clone(m.Value)})
	}
	for _, item := range n.Items {
		c.Items = append(c.Items, clone(item))
	}
	return c
}

// set replaces or adds a member of a new mapping.
func set(n *syntax.Node, key string, value *syntax.Node) {
	for i := range n.Members {
		if n.Members[i].Key.Value == key {
			n.Members[i].Value = value
			return
		}
	}
	n.Members = append(n.Members, syntax.Member{Key: syntax.NewString(key), Value: value})
}

// pinCondition returns the edits that make a statement ask one more condition. It is false where the statement's
// Condition is a template construct, or asks the key by the same operator already.
func pinCondition(f *syntax.File, st *syntax.Node, operator, key string, value *syntax.Node) ([]syntax.Edit, bool) {
	condition := st.Member("Condition")
	if condition == nil {
		return []syntax.Edit{f.SetMember(st, "Condition", syntax.NewMapping(operator, syntax.NewMapping(key, value)), "")}, true
	}
	block := condition.Value.Resolved()
	if block == nil || block.Kind != syntax.Mapping || block.Tag != "" || intrinsic(block) {
		return nil, false
	}
	same := block.Get(operator)
	if same == nil {
		return []syntax.Edit{f.SetMember(block, operator, syntax.NewMapping(key, value), "")}, true
	}
	if same.Kind != syntax.Mapping || same.Tag != "" || intrinsic(same) {
		return nil, false
	}
	for _, m := range same.Members {
		if strings.EqualFold(m.Key.Value, key) {
			return nil, false
		}
	}
	return []syntax.Edit{f.SetMember(same, key, value, "")}, true
}

// intrinsic tells whether a mapping is a long intrinsic function: {"Fn::If": …}.
func intrinsic(n *syntax.Node) bool {
	if n.Kind != syntax.Mapping || len(n.Members) != 1 {
		return false
	}
	key := n.Members[0].Key.Value
	return strings.HasPrefix(key, "Fn::") || key == "Ref" || key == "Condition"
}

// list is the sequence of statements that a statement stands in, and the place of its item there. Without a sequence the policy has one bare statement.
type list struct {
	seq   *syntax.Node
	index int
}

// listOf finds the statement list that holds a node, directly or inside an Fn::If.
func listOf(p *lint.Pass, st *syntax.Node) (list, bool) {
	statements := statementsNode(p)
	if statements == nil || statements.Kind != syntax.Sequence {
		return list{}, false
	}
	for i, item := range statements.Items {
		if item.Span.Contains(st.Span) {
			return list{statements, i}, true
		}
	}
	return list{}, false
}

// statementsNode returns the value of the policy's Statement.
func statementsNode(p *lint.Pass) *syntax.Node {
	if p.Policy.Node == nil {
		return nil
	}
	return p.Policy.Node.Get("Statement")
}

// writesAccount tells whether the policy writes its account and partition out: in a template too, where a pseudo parameter beside
// them would be another account to whoever reads it (DESIGN section 6: account ids stay as they were written).
func writesAccount(p *lint.Pass) bool {
	return !p.Key.Template || p.Key.Account.Inferred && p.Key.PolicyNode != nil && !strings.Contains(p.Key.File.Text(p.Key.PolicyNode.Span), "AWS::Partition")
}

// arn writes the ARN of a principal of the configuration as it must stand in the file: with its pseudo parameters in a
// template that uses them, else worked out.
func arn(p *lint.Pass, configured string) *syntax.Node {
	if p.Key.Template && p.Key.Account.Inferred {
		configured = strings.ReplaceAll(configured, "${AWS::AccountId}", p.Policy.Own)
	}
	if p.Key.Template && writesAccount(p) {
		configured = strings.ReplaceAll(configured, "${AWS::Partition}", p.Policy.Partition)
	}
	if !p.Key.Template {
		return syntax.NewString(p.Show(expand(p, configured)))
	}
	if !strings.Contains(configured, "${") {
		return syntax.NewString(configured)
	}
	return substitute(p, configured)
}

// substitute writes a text with ${…} as Fn::Sub, in the notation of the file.
func substitute(p *lint.Pass, text string) *syntax.Node { return intrinsicsOf(p).sub(text) }

// expand replaces the pseudo parameters of a configured ARN by the policy's own account and partition.
func expand(p *lint.Pass, configured string) string {
	return strings.NewReplacer("${AWS::AccountId}", p.Policy.Own, "${AWS::Partition}", p.Policy.Partition).Replace(configured)
}

// oneOrList returns the only node, or a sequence of the nodes.
func oneOrList(nodes []*syntax.Node) *syntax.Node {
	if len(nodes) == 1 {
		return nodes[0]
	}
	return syntax.NewSequence(nodes...)
}

func stringList(texts []string) *syntax.Node {
	nodes := make([]*syntax.Node, len(texts))
	for i, s := range texts {
		nodes[i] = syntax.NewString(s)
	}
	return syntax.NewSequence(nodes...)
}

// sidsOf returns the Sids of a policy.
func sidsOf(p *policy.Policy) map[string]bool {
	all := map[string]bool{}
	for _, st := range p.Statements {
		all[st.Sid] = true
	}
	return all
}

// unlike numbers the Sid of a new statement where another has it, and adds it to those that are taken: whether KMS takes two
// equal ones is not documented (semantics.md §1.2).
func unlike(statement *syntax.Node, taken map[string]bool) {
	sid := statement.Get("Sid")
	if sid == nil {
		return
	}
	name := sid.Value
	for n := 2; taken[sid.Value]; n++ {
		sid.Value = fmt.Sprintf("%s %d", name, n)
	}
	taken[sid.Value] = true
}
