package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

func (w *work) refCall(c call) *policy.Value {
	return each(c.node, w.argument(c), func(name *policy.Value) *policy.Value {
		shown := w.t.Symbols.Show(name.Text)
		if name.Kind != policy.Text || shown != name.Text && w.t.resources[shown] == nil {
			return unknown(c.node, "Ref of a computed name")
		}
		return w.ref(shown, c.node)
	})
}

// ref is the value of {"Ref": name}: a loop identifier, a pseudo parameter, a parameter or a resource.
func (w *work) ref(name string, n *syntax.Node) *policy.Value {
	if s, ok := w.loops[name]; ok {
		return text(n, s)
	}
	if strings.HasPrefix(name, "AWS::") {
		return w.pseudo(name, n)
	}
	if p := w.t.parameters[name]; p != nil {
		return w.parameter(p, n)
	}
	if r := w.t.resources[name]; r != nil {
		return w.resourceRef(r, n)
	}
	if role := w.t.impliedRole(name); role != "" {
		return w.symbol(n, name)
	}
	return w.symbol(n, name)
}

// pseudo is the value of a pseudo parameter. Source: "Pseudo parameters reference" of the CloudFormation User Guide.
func (w *work) pseudo(name string, n *syntax.Node) *policy.Value {
	switch name {
	case "AWS::NoValue":
		return &policy.Value{Kind: policy.Absent, Node: n}
	case "AWS::NotificationARNs":
		return w.openList(n, name)
	}
	if d := w.t.domains[name]; w.vary && d != nil && !(name == "AWS::AccountId" && isDigits(w.own)) {
		return w.choose(n, name, d, func() *policy.Value { return w.symbol(n, name) })
	}
	switch name {
	case "AWS::AccountId":
		*w.usesAccount = true
		return text(n, w.own)
	case "AWS::Partition":
		return text(n, w.partition)
	case "AWS::URLSuffix":
		if w.partition == "aws-cn" {
			return text(n, "amazonaws.com.cn")
		}
		return text(n, "amazonaws.com")
	case "AWS::StackName":
		if w.t.StackName != "" {
			return text(n, policy.CleanText(w.t.StackName))
		}
	}
	return w.symbol(n, policy.CleanText(name))
}

func isDigits(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

func (w *work) getAttCall(c call) *policy.Value {
	if s, ok := c.text(); ok {
		resource, attribute, _ := strings.Cut(w.t.Symbols.Show(w.unloop(s)), ".")
		return w.attribute(resource, attribute, c.node)
	}
	items := c.items()
	if len(items) != 2 {
		return unknown(c.node, "Fn::GetAtt without a resource and an attribute")
	}
	resource := w.value(items[0])
	return each(c.node, w.value(items[1]), func(attribute *policy.Value) *policy.Value {
		name := w.t.Symbols.Show(resource.Text)
		if resource.Kind != policy.Text || attribute.Kind != policy.Text || name != resource.Text && w.t.resources[name] == nil {
			return unknown(c.node, "Fn::GetAtt of a computed resource")
		}
		return w.attribute(name, attribute.Text, c.node)
	})
}

// attribute is the value of an attribute of a resource.
func (w *work) attribute(name, attribute string, n *syntax.Node) *policy.Value {
	if r := w.t.resources[name]; r != nil {
		if v := w.resourceAttribute(r, attribute, n); v != nil {
			return v
		}
	} else if attribute == "Arn" && w.t.impliedRole(name) != "" {
		return text(n, w.arn("iam", "", "role/"+w.t.Symbols.Rune("${"+name+"}")))
	}
	return w.symbol(n, w.t.Symbols.Show(name+"."+attribute))
}

// impliedRole returns the SAM function or state machine that a role of this name is made for: "FnRole" of "Fn".
func (t *Template) impliedRole(name string) string {
	of := strings.TrimSuffix(name, "Role")
	if r := t.resources[of]; of != name && r != nil && (r.typ == "AWS::Serverless::Function" || r.typ == "AWS::Serverless::StateMachine") {
		return of
	}
	return ""
}

func (w *work) importValue(c call) *policy.Value {
	return each(c.node, w.argument(c), func(name *policy.Value) *policy.Value {
		if name.Kind != policy.Text {
			return unknown(c.node, "Fn::ImportValue of a computed name")
		}
		return w.symbol(c.node, "ImportValue "+w.t.Symbols.Show(name.Text))
	})
}

// stackOutput is Fn::GetStackOutput {StackName, Region, OutputName}, which the CDK writes for references between stacks (cdk.md §7.4).
func (w *work) stackOutput(c call) *policy.Value {
	v := w.argument(c)
	stack, output := v.Get("StackName"), v.Get("OutputName")
	if stack == nil || output == nil || stack.Kind != policy.Text || output.Kind != policy.Text {
		return unknown(c.node, "Fn::GetStackOutput of a computed name")
	}
	return w.symbol(c.node, "StackOutput "+w.t.Symbols.Show(stack.Text)+"."+w.t.Symbols.Show(output.Text))
}

// describe names a call whose value is unknown, short enough to be read.
func (w *work) describe(c call) string {
	name := strings.TrimPrefix(c.name, "Fn::")
	source := strings.Join(strings.Fields(w.file.Text(c.arg.Span)), " ")
	if c.short() {
		source = strings.TrimSpace(strings.TrimPrefix(source, c.node.Tag))
	}
	if len(source) > 60 {
		source = source[:57] + "…"
	}
	return policy.CleanText(name + " " + strings.ToValidUTF8(source, "…"))
}
