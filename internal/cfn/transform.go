package cfn

import (
	"path"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// transformName names a macro for an Unknown: "Fn::Transform MergeStatements".
func transformName(n *syntax.Node) string {
	if name := n.Resolved().Get("Name"); name != nil && name.Kind == syntax.Scalar {
		return "Fn::Transform " + policy.CleanText(name.Value)
	}
	return "Fn::Transform"
}

// transform works Fn::Transform out where it is AWS::Include of a local file; what any other macro makes, nobody here can
// tell. Source: "AWS::Include transform" of the CloudFormation User Guide.
func (w *work) transform(c call) *policy.Value {
	construct := transformName(c.arg)
	if name := c.arg.Get("Name"); name == nil || name.Value != "AWS::Include" {
		return unknown(c.node, construct)
	}
	location := c.arg.Get("Parameters").Get("Location")
	if location == nil {
		return unknown(c.node, construct)
	}
	v := w.value(location)
	if v.Kind != policy.Text || policy.HasSymbol(v.Text) {
		return unknown(c.node, construct)
	}
	f := w.t.local(v.Text)
	if f == nil || f.Root() == nil {
		return unknown(c.node, construct+" of "+v.Text)
	}
	if w.depth >= maxNesting/2 {
		return unknown(c.node, construct+" within itself")
	}
	inner := *w
	inner.file = f
	inner.depth += 10 // a file that includes itself ends soon
	return repoint(inner.value(f.Root()), c.node)
}

// local reads a file of the repository that a template names by a relative path; nil where there is none.
func (t *Template) local(name string) *syntax.File {
	if f, ok := t.included[name]; ok {
		return f
	}
	var f *syntax.File
	if src := t.localBytes(name); src != nil {
		f, _ = syntax.Parse(name, src) // one that does not parse is as good as none
	}
	if t.included == nil {
		t.included = map[string]*syntax.File{}
	}
	t.included[name] = f
	return f
}

func (t *Template) localBytes(name string) []byte {
	name = strings.TrimPrefix(strings.ReplaceAll(name, "\\", "/"), "./")
	if t.opt.Files == nil || strings.Contains(name, "://") || strings.HasPrefix(name, "/") {
		return nil
	}
	return readFile(t.opt.Files, path.Join(path.Dir(t.place()), name))
}

// place is the path of the file that the template stands in.
func (t *Template) place() string {
	if t.outer != nil {
		return t.outer.Name
	}
	return t.File.Name
}

// repoint makes a node of this file the place of a value that another file wrote.
func repoint(v *policy.Value, n *syntax.Node) *policy.Value {
	moved := *v
	moved.Node = n
	moved.Items, moved.Members, moved.Options = nil, nil, nil
	for _, item := range v.Items {
		moved.Items = append(moved.Items, repoint(item, n))
	}
	for _, m := range v.Members {
		moved.Members = append(moved.Members, policy.Member{Key: m.Key, KeyNode: n, Value: repoint(m.Value, n)})
	}
	for _, o := range v.Options {
		moved.Options = append(moved.Options, policy.Option{When: o.When, Value: repoint(o.Value, n)})
	}
	return &moved
}
