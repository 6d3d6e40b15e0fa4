package cfn

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// work is the working out of the template language for one purpose: the policy of one key, the name of a role, a
// condition. What stays unknown stays a symbol or, where not even the structure is known, an Unknown.
type work struct {
	t         *Template
	file      *syntax.File // that the nodes are of: the template's, or one that it includes
	own       string       // account: twelve digits, or the symbol of AWS::AccountId
	partition string
	// loops holds the identifiers of the Fn::ForEach loops around the expression; locals the variables of the Fn::Sub.
	loops  map[string]string
	locals map[string]*policy.Value
	// sub tells that every string is the text of an Fn::Sub, as in JSON that stands inside one.
	sub bool
	// raw tells that functions are text: JSON inside a string, which CloudFormation does not look into.
	raw bool
	// vary makes pseudo parameters dimensions instead of symbols: in conditions and in the keys of Fn::FindInMap.
	vary bool
	// usesAccount is set when AWS::AccountId is met.
	usesAccount *bool
	steps       *int
	// managedPolicies are the template's own by their ARN, while its identities are worked out.
	managedPolicies map[string]*resource
	depth           int
	visiting        map[string]bool // resources whose attributes are being worked out
}

func (t *Template) newWork(own, partition string) *work {
	return &work{t: t, file: t.File, own: own, partition: partition, usesAccount: new(bool), steps: new(int), visiting: map[string]bool{}}
}

// spend counts work; it is false where the policy or the whole template has had its share.
func (w *work) spend(steps int) bool {
	*w.steps += steps
	w.t.spent += steps
	return *w.steps <= maxSteps && w.t.spent <= maxTemplateSteps
}

// in returns a copy of w for expressions inside the loops.
func (w *work) in(loops map[string]string) *work {
	inner := *w
	inner.loops = loops
	return &inner
}

// value works a node out. The result's Node is n.
func (w *work) value(n *syntax.Node) *policy.Value {
	if !w.spend(1) {
		return unknown(n, fmt.Sprintf("over %d steps", maxSteps))
	}
	if w.depth >= maxNesting {
		return unknown(n, fmt.Sprintf("nesting over %d levels", maxNesting))
	}
	r := n.Resolved()
	if r == nil {
		return unknown(n, "alias *"+n.Value)
	}
	inner := *w
	inner.depth++
	if c, ok := callOf(r); ok && !w.raw {
		v := *inner.call(c)
		v.Node = n
		return &v
	}
	return inner.plain(r, n)
}

// plain works a node out as if it had no tag of its own; node is what the result points at.
func (w *work) plain(r, node *syntax.Node) *policy.Value {
	switch r.Kind {
	case syntax.Mapping:
		return w.object(r, node)
	case syntax.Sequence:
		v := &policy.Value{Kind: policy.List, Node: node}
		for _, item := range r.Items {
			v.Items = append(v.Items, w.value(item))
		}
		return v
	}
	return w.scalar(r, node)
}

func (w *work) scalar(r, node *syntax.Node) *policy.Value {
	text := w.unloop(r.Value)
	if w.sub && r.Type == syntax.String {
		v := *w.substitute(text, node)
		v.Node = node
		return &v
	}
	return &policy.Value{Kind: policy.Text, Text: w.t.dynamic(text), Type: r.Type, Node: node}
}

// object works a mapping out, with its merge keys (which "aws cloudformation package" and SAM resolve) and loops.
func (w *work) object(r, node *syntax.Node) *policy.Value {
	v := &policy.Value{Kind: policy.Object, Node: node}
	var unknowns []policy.Guard // environments in which a loop makes nobody knows what
	if !w.raw {
		r = flat(w.file, r)
	}
	for _, m := range r.Members {
		key := m.Key.Value
		switch {
		case w.raw:
			v.Members = append(v.Members, policy.Member{Key: w.key(key), KeyNode: m.Key, Value: w.value(m.Value)})
		case key == "Fn::Transform":
			return unknown(node, transformName(m.Value))
		case functions[key] && len(r.Members) > 1 && key != "Ref":
			return unknown(node, key+" beside other keys")
		case strings.HasPrefix(key, "Fn::ForEach::"):
			bodies, construct := w.unroll(m)
			if construct != "" {
				return unknown(node, construct)
			}
			for _, b := range bodies {
				switch {
				case b.open != nil:
					unknowns = append(unknowns, b.open)
				case policy.HasSymbol(b.key):
					return unknown(node, hiddenCollection)
				default:
					v.Members = append(v.Members, policy.Member{Key: b.key, KeyNode: b.keyNode, Value: w.only(b.when, w.in(b.loops).value(b.value))})
				}
			}
		default:
			v.Members = append(v.Members, policy.Member{Key: w.key(key), KeyNode: m.Key, Value: w.value(m.Value)})
		}
	}
	for _, g := range unknowns {
		v = w.t.otherwise(g, unknown(node, hiddenCollection), v)
	}
	return v
}

// key works the name of a member out: loops are replaced, and under Fn::Sub its variables where they give one text.
func (w *work) key(name string) string {
	name = w.unloop(name)
	if w.sub && strings.Contains(name, "${") {
		if v := w.substitute(name, nil); v.Kind == policy.Text {
			return v.Text
		}
	}
	return name
}

// call works one intrinsic function out.
func (w *work) call(c call) *policy.Value {
	switch c.name {
	case "Ref":
		return w.refCall(c)
	case "Fn::GetAtt":
		return w.getAttCall(c)
	case "Fn::Sub":
		return w.subCall(c)
	case "Fn::Join":
		return w.join(c)
	case "Fn::Split":
		return w.split(c)
	case "Fn::Select":
		return w.selectCall(c)
	case "Fn::FindInMap":
		return w.findInMap(c)
	case "Fn::If":
		return w.ifCall(c)
	case "Fn::ImportValue":
		return w.importValue(c)
	case "Fn::GetStackOutput":
		return w.stackOutput(c)
	case "Fn::Base64":
		return w.base64(c)
	case "Fn::Cidr", "Fn::GetAZs":
		return w.openList(c.node, w.describe(c))
	case "Fn::Length":
		return w.length(c)
	case "Fn::ToJsonString":
		return w.toJSONString(c)
	case "Fn::Transform":
		return w.transform(c)
	case "Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Condition":
		// Conditions stand in the Conditions section; elsewhere CloudFormation refuses them.
		return unknown(c.node, c.name)
	}
	return unknown(c.node, c.name)
}

func (w *work) ifCall(c call) *policy.Value {
	items := c.items()
	if len(items) != 3 {
		return unknown(c.node, "Fn::If without three arguments")
	}
	name := w.value(items[0])
	if name.Kind != policy.Text {
		return unknown(c.node, "Fn::If on a condition without a plain name")
	}
	cond := w.t.condition(name.Text)
	switch {
	case cond.obstacle != "":
		return unknown(c.node, cond.obstacle)
	case cond.constant == "true":
		return w.value(items[1])
	case cond.constant == "false":
		return w.value(items[2])
	}
	return &policy.Value{Kind: policy.Choice, Node: c.node, Options: []policy.Option{
		{When: policy.Guard{cond.dimension: "true"}, Value: w.value(items[1])},
		{When: policy.Guard{cond.dimension: "false"}, Value: w.value(items[2])},
	}}
}

func unknown(n *syntax.Node, construct string) *policy.Value {
	return &policy.Value{Kind: policy.Unknown, Construct: construct, Node: n}
}

func text(n *syntax.Node, s string) *policy.Value {
	return &policy.Value{Kind: policy.Text, Text: s, Type: syntax.String, Node: n}
}

// symbol is a string of which only the name is known.
func (w *work) symbol(n *syntax.Node, name string) *policy.Value {
	return text(n, w.t.Symbols.Rune("${"+name+"}"))
}
