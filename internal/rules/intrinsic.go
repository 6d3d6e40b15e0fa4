package rules

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// intrinsics write template functions as the author does: in JSON in the long form, {"Fn::Sub": …}; in YAML in the form
// that the file has for the same function, else in the one that it has for most, else in the short form, !Sub. In a policy
// that is JSON in a string, functions are texts: those of the Fn::Sub around it are all there are.
type intrinsics struct {
	json        bool
	text        bool
	short, long map[string]int // by the name in the short form
}

func intrinsicsOf(p *lint.Pass) intrinsics {
	return lint.Once(p, "intrinsics", func() intrinsics {
		i := intrinsicsIn(p.Document())
		i.text = policyInString(p.Key)
		return i
	})
}

// refers tells whether the policy can hold functions: not where it is JSON in a string without Fn::Sub.
func refers(p *lint.Pass) bool {
	n := p.Key.PolicyNode
	return !policyInString(p.Key) || n.Kind != syntax.Scalar || n.Tag != ""
}

// calls tells whether a function stands in a node.
func calls(n *syntax.Node) bool {
	i := intrinsics{short: map[string]int{}, long: map[string]int{}}
	i.count(n, 0)
	return len(i.short)+len(i.long) > 0
}

func intrinsicsIn(f *syntax.File) intrinsics {
	i := intrinsics{json: f.Format == syntax.JSON, short: map[string]int{}, long: map[string]int{}}
	if !i.json {
		for _, root := range f.Roots {
			i.count(root, 0)
		}
	}
	return i
}

// maxNesting bounds how deep functions are counted: what stands deeper is no template's.
const maxNesting = 200

func (i intrinsics) count(n *syntax.Node, depth int) {
	if n == nil || depth > maxNesting {
		return
	}
	if name, ok := strings.CutPrefix(n.Tag, "!"); ok && !strings.HasPrefix(name, "!") {
		i.short[name]++
	}
	if intrinsic(n) {
		i.long[strings.TrimPrefix(n.Members[0].Key.Value, "Fn::")]++
	}
	for _, m := range n.Members {
		i.count(m.Value, depth+1)
	}
	for _, item := range n.Items {
		i.count(item, depth+1)
	}
}

func (i intrinsics) writesLong(name string) bool {
	if i.json {
		return true
	}
	if short, long := i.short[name], i.long[name]; short+long > 0 {
		return long > short
	}
	total := func(counts map[string]int) (n int) {
		for _, c := range counts {
			n += c
		}
		return n
	}
	return total(i.long) > total(i.short)
}

func (i intrinsics) sub(text string) *syntax.Node {
	if i.text {
		return syntax.NewString(text)
	}
	if i.writesLong("Sub") {
		return syntax.NewMapping("Fn::Sub", syntax.NewString(text))
	}
	return syntax.NewTagged("!Sub", text)
}

func (i intrinsics) ref(name string) *syntax.Node {
	if i.text {
		return syntax.NewString("${" + name + "}")
	}
	if i.writesLong("Ref") {
		return syntax.NewMapping("Ref", syntax.NewString(name))
	}
	return syntax.NewTagged("!Ref", name)
}

func (i intrinsics) attribute(id, name string) *syntax.Node {
	if i.text {
		return syntax.NewString("${" + id + "." + name + "}")
	}
	if i.writesLong("GetAtt") {
		return syntax.NewMapping("Fn::GetAtt", syntax.NewSequence(syntax.NewString(id), syntax.NewString(name)))
	}
	return syntax.NewTagged("!GetAtt", id+"."+name)
}
