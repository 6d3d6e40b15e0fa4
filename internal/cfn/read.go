package cfn

import (
	"strconv"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Open parses a file by its name and content and reads it: JSON or YAML, or a snapshot of Jest or Vitest.
func Open(name string, src []byte, opt Options) ([]*Template, error) {
	if strings.HasSuffix(name, ".snap") {
		return readSnapshot(name, src, opt)
	}
	f, err := syntax.Parse(name, src)
	if err != nil {
		return nil, err
	}
	return Read(f, opt), nil
}

// Read finds the templates and policy documents of a parsed file. It never fails: what could not be worked out is Unknown in
// the policies or stands in a template's Errors. A file that holds neither gives none.
func Read(f *syntax.File, opt Options) []*Template {
	var all []*Template
	for i, root := range f.Roots {
		if root = root.Resolved(); root == nil {
			continue
		}
		t := newTemplate(f, root, opt)
		if len(f.Roots) > 1 && i > 0 {
			t.Name = "document " + strconv.Itoa(i+1)
		}
		switch {
		case isTemplate(root), isFragment(root):
			t.read()
			all = append(all, t)
			all = append(all, t.inlineTemplates(0)...)
		case isServerless(root):
			all = append(all, serverless(f, root, opt)...)
		default:
			if t.readDocument(); len(t.Keys) > 0 {
				all = append(all, t)
			}
		}
	}
	return all
}

// isServerless tells a file of the Serverless Framework, whose "resources" are a template or a list of templates.
func isServerless(root *syntax.Node) bool {
	return root.Get("provider") != nil && root.Get("resources") != nil
}

func serverless(f *syntax.File, root *syntax.Node, opt Options) []*Template {
	var all []*Template
	parts := []*syntax.Node{root.Get("resources")}
	if parts[0].Kind == syntax.Sequence {
		parts = parts[0].Items
	}
	for i, part := range parts {
		if part = part.Resolved(); part == nil || !isTemplate(part) {
			continue
		}
		t := newTemplate(f, part, opt)
		if i > 0 {
			t.Name = "resources " + strconv.Itoa(i+1)
		}
		t.read()
		all = append(all, t)
	}
	return all
}
