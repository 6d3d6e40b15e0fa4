package policy

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

func (e elements) conditions(v *Value) {
	switch v.Kind {
	case Unknown:
		e.s.Conditions = append(e.s.Conditions, Condition{Unknown: v.Construct, Node: v.Node})
		return
	case Object:
	default:
		e.problem("condition-form", v.Node, malformed, "Condition is no object, so KMS refuses the policy")
		e.s.Conditions = append(e.s.Conditions, Condition{Unknown: "a malformed Condition", Node: v.Node})
		return
	}
	e.r.duplicates(v, e.s.When)
	for _, block := range v.Members {
		op := ParseOperator(block.Key)
		if op.Base == "" {
			e.problem("operator", block.KeyNode, "", fmt.Sprintf("%q is no condition operator; what KMS does with it is not documented", block.Key))
		}
		if block.Value.Kind != Object {
			construct := block.Value.Construct
			if block.Value.Kind != Unknown {
				construct = "a malformed Condition"
				e.problem("condition-form", block.Value.Node, malformed, fmt.Sprintf("the conditions of %s are no object, so KMS refuses the policy", block.Key))
			}
			e.s.Conditions = append(e.s.Conditions, Condition{Operator: op, OperatorText: block.Key, OperatorNode: block.KeyNode, Unknown: construct, Node: block.Value.Node})
			continue
		}
		e.r.duplicates(block.Value, e.s.When)
		e.sameKeys(block)
		for _, m := range block.Value.Members {
			c := Condition{Operator: op, OperatorText: block.Key, Key: m.Key, OperatorNode: block.KeyNode, KeyNode: m.KeyNode, Node: m.Value.Node}
			e.operands(&c, m.Value)
			e.keyProblems(c)
			e.typeProblems(c)
			e.s.Conditions = append(e.s.Conditions, c)
		}
	}
}

func (e elements) operands(c *Condition, v *Value) {
	c.Empty = v.Kind == List && len(v.Items) == 0
	for _, o := range oneOrMany(v) {
		switch o.Kind {
		case Text:
			if o.Type == syntax.Null {
				c.Unknown = "a null value"
				continue
			}
			c.Values = append(c.Values, Operand{o.Text, o.Type, o.Node})
		case Unknown:
			c.Unknown = o.Construct
		default:
			c.Unknown = "a malformed value"
			e.problem("value", o.Node, malformed, fmt.Sprintf("a value of %s is no string, so KMS refuses the policy", c.Key))
		}
	}
}

// sameKeys reports keys of one block that differ in letter case alone.
func (e elements) sameKeys(block Member) {
	seen := map[string]string{}
	for _, m := range block.Value.Members {
		low := strings.ToLower(m.Key)
		if first, ok := seen[low]; ok && first != m.Key {
			e.problem("key-case", m.KeyNode, "", fmt.Sprintf("%s stands twice under %s in different letter case; what KMS does then is not documented", m.Key, block.Key))
			e.r.unread("condition keys that differ in case", e.s.When, m.KeyNode)
		}
		seen[low] = m.Key
	}
}
