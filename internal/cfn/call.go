package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// call is one intrinsic function of the template language, in its short form ("!Sub x", YAML only) or its long one
// ({"Fn::Sub": "x"}). Sources: "Intrinsic function reference" and "Rules-specific intrinsic functions" of the
// CloudFormation User Guide.
type call struct {
	name string       // "Ref", "Condition", "Fn::Sub", …
	node *syntax.Node // the whole call: what a person edits
	arg  *syntax.Node // its argument; the node itself where the form is short, its tag being spent
}

// functions are the functions that CloudFormation, or its AWS::LanguageExtensions transform, works out.
var functions = map[string]bool{
	"Ref": true, "Fn::GetAtt": true, "Fn::Sub": true, "Fn::Join": true, "Fn::Split": true, "Fn::Select": true,
	"Fn::FindInMap": true, "Fn::If": true, "Fn::And": true, "Fn::Or": true, "Fn::Not": true, "Fn::Equals": true,
	"Fn::ImportValue": true, "Fn::Base64": true, "Fn::Cidr": true, "Fn::GetAZs": true, "Fn::Length": true,
	"Fn::ToJsonString": true, "Fn::Transform": true, "Fn::GetStackOutput": true, "Fn::Contains": true,
	"Fn::EachMemberEquals": true, "Fn::EachMemberIn": true, "Fn::RefAll": true, "Fn::ValueOf": true, "Fn::ValueOfAll": true,
}

// callOf returns the call that a node is. A mapping of several members is none: a function beside other keys is found by
// [work.object].
func callOf(n *syntax.Node) (call, bool) {
	if n.Tag != "" && strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		name := n.Tag[1:]
		if name != "Ref" && name != "Condition" {
			name = "Fn::" + strings.TrimPrefix(name, "Fn::")
		}
		return call{name, n, n}, true
	}
	if n.Kind != syntax.Mapping || len(n.Members) != 1 {
		return call{}, false
	}
	m := n.Members[0]
	if m.Key.Kind == syntax.Scalar && functions[m.Key.Value] && m.Value.Resolved() != nil {
		return call{m.Key.Value, n, m.Value.Resolved()}, true
	}
	return call{}, false
}

// short tells whether the tag of the argument is the function itself.
func (c call) short() bool { return c.arg == c.node }

// items are the arguments of a function that takes a list; nil where the argument is none.
func (c call) items() []*syntax.Node {
	if c.arg.Kind != syntax.Sequence || !c.short() && c.arg.Tag != "" {
		return nil
	}
	return c.arg.Items
}

// text is the argument of a function that was given one plain string.
func (c call) text() (string, bool) {
	if c.arg.Kind != syntax.Scalar || !c.short() && c.arg.Tag != "" {
		return "", false
	}
	return c.arg.Value, true
}
