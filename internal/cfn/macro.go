package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// A macro is a function of somebody's account that gets the template, or the part beside an Fn::Transform, and returns what is
// deployed in its place: whatever stands there now, the policy may be another one. The transforms that AWS hosts, whose names
// begin with "AWS::" (Serverless-2016-10-31, LanguageExtensions, Include, SecretsManager-…, CodeDeployBlueGreen,
// ServiceCatalog), change no key policy. Source: "Transform reference" and "Using CloudFormation macros" of the CloudFormation
// User Guide.

// macros lists the macros that the whole template goes through, as "Transform Name".
func (t *Template) macros() []string {
	var all []string
	add := func(where string, n *syntax.Node) {
		for _, n := range oneOrMore(n) {
			if name := n.Get("Name"); n.Kind == syntax.Mapping {
				n = name.Resolved()
			}
			switch {
			case n == nil || n.Kind != syntax.Scalar:
				all = append(all, where)
			case !strings.HasPrefix(n.Value, "AWS::"):
				all = append(all, where+" "+policy.CleanText(n.Value))
			}
		}
	}
	add("Transform", t.Root.Get("Transform"))
	add("Fn::Transform", t.Root.Get("Fn::Transform"))
	add("Fn::Transform", t.Root.Get("Resources").Get("Fn::Transform"))
	return all
}

// oneOrMore lists the items of a sequence, or the node itself.
func oneOrMore(n *syntax.Node) []*syntax.Node {
	if n = n.Resolved(); n == nil {
		return nil
	}
	if n.Kind != syntax.Sequence {
		return []*syntax.Node{n}
	}
	var all []*syntax.Node
	for _, item := range n.Items {
		if item = item.Resolved(); item != nil {
			all = append(all, item)
		}
	}
	return all
}

// hide makes the policy of a key undecided where a macro may change it.
func (t *Template) hide(k *Key, r *resource) {
	hidden := t.macroNames
	if n := r.node.Get("Fn::Transform"); n != nil { // beside Type and Properties: it may write either
		hidden = append(hidden[:len(hidden):len(hidden)], transformName(n))
	}
	for _, construct := range hidden {
		k.Policy.Unknown = append(k.Policy.Unknown, policy.Unread{Construct: construct, Node: k.Node})
	}
}
