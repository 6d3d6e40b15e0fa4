package rules

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// intrinsics write template functions as the author does: in JSON, and in YAML that has long forms alone, {"Fn::Sub": …}; else !Sub.
type intrinsics struct{ long bool }

func intrinsicsOf(p *lint.Pass) intrinsics {
	f := p.Key.File
	if f.Format == syntax.JSON {
		return intrinsics{true}
	}
	short, long := 0, 0
	var count func(n *syntax.Node, depth int)
	count = func(n *syntax.Node, depth int) {
		if n == nil || depth > 200 {
			return
		}
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			short++
		}
		if intrinsic(n) {
			long++
		}
		for _, m := range n.Members {
			count(m.Value, depth+1)
		}
		for _, item := range n.Items {
			count(item, depth+1)
		}
	}
	for _, root := range f.Roots {
		count(root, 0)
	}
	return intrinsics{long > short}
}

func (i intrinsics) sub(text string) *syntax.Node {
	if i.long {
		return syntax.NewMapping("Fn::Sub", syntax.NewString(text))
	}
	return syntax.NewTagged("!Sub", text)
}

func (i intrinsics) ref(name string) *syntax.Node {
	if i.long {
		return syntax.NewMapping("Ref", syntax.NewString(name))
	}
	return syntax.NewTagged("!Ref", name)
}

func (i intrinsics) attribute(id, name string) *syntax.Node {
	if i.long {
		return syntax.NewMapping("Fn::GetAtt", syntax.NewSequence(syntax.NewString(id), syntax.NewString(name)))
	}
	return syntax.NewTagged("!GetAtt", id+"."+name)
}
