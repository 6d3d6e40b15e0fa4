package cfn

import (
	"path"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// nest finds the local templates of nested stacks.
func (x *Index) nest(t *Template) {
	for _, r := range t.order {
		child := x.byPlace[t.nestedPath(r)]
		if child == nil || child == t {
			continue
		}
		if x.children[t] == nil {
			x.children[t] = map[string]*Template{}
		}
		x.children[t][r.id] = child
		x.parents[child] = append(x.parents[child], parentStack{t, r})
	}
}

// nestedPath is the path of a nested stack's template in the repository, "" where it is none: TemplateURL or SAM's Location
// as a relative path, the CDK's asset path, or the asset whose hash stands in the URL (cdk.md §3, step 1).
func (t *Template) nestedPath(r *resource) string {
	dir := path.Dir(t.place())
	switch r.typ {
	case "AWS::CloudFormation::Stack":
		if asset := r.node.Get("Metadata").Get("aws:asset:path"); asset != nil && strings.HasSuffix(asset.Value, ".template.json") && !strings.ContainsAny(asset.Value, `/\`) {
			return path.Join(dir, asset.Value)
		}
		if asset := t.stack.assetOf(t.File.Text(orEmpty(r.properties.Get("TemplateURL")))); asset != "" {
			return path.Join(dir, asset)
		}
		return relative(dir, r.properties.Get("TemplateURL"))
	case "AWS::Serverless::Application":
		return relative(dir, r.properties.Get("Location"))
	}
	return ""
}

func orEmpty(n *syntax.Node) syntax.Span {
	if n == nil {
		return syntax.Span{}
	}
	return n.Span
}

func relative(dir string, n *syntax.Node) string {
	if n == nil || n.Kind != syntax.Scalar || n.Tag != "" || strings.Contains(n.Value, "://") || strings.HasPrefix(n.Value, "/") {
		return ""
	}
	p := path.Join(dir, strings.ReplaceAll(n.Value, `\`, "/"))
	if strings.HasPrefix(p, "../") {
		return ""
	}
	return p
}
