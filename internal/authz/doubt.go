package authz

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// doubt is a part of a statement of unknown truth: a template construct that hides a value, or a fact that is not
// documented. Whatever the truth is, it is the same for the same request wherever the same part stands, so a policy and
// a changed copy of it are compared without losing track: a doubt is a test on a dimension of its own, named by id.
type doubt struct {
	why string // for people
	id  string // equal ids are the same unknown
}

func doubted(why string) doubt { return doubt{why, why} }

// over returns the doubt about the part of a policy written at a node: the same text is the same unknown.
func doubtAt(why string, n *syntax.Node) doubt {
	var b strings.Builder
	writeTree(&b, n, 0)
	return doubt{why, why + " at " + b.String()}
}

// writeTree writes what a node says, not how.
func writeTree(b *strings.Builder, n *syntax.Node, depth int) {
	if n = n.Resolved(); n == nil || depth > 50 {
		return
	}
	fmt.Fprintf(b, "%s%q(", n.Tag, n.Value)
	for _, m := range n.Members {
		writeTree(b, m.Key, depth+1)
		writeTree(b, m.Value, depth+1)
	}
	for _, item := range n.Items {
		writeTree(b, item, depth+1)
	}
	b.WriteByte(')')
}

// doubtOn returns the doubt about a condition.
func doubtOn(why string, c policy.Condition) doubt {
	d := doubt{why, why + " of " + c.OperatorText + " " + strings.ToLower(c.Key)}
	for _, v := range c.Values {
		d.id += fmt.Sprintf(" %q", v.Text)
	}
	if c.Unknown != "" {
		d.id += doubtAt(c.Unknown, c.Node).id
	}
	return d
}

// assumed returns the box with its doubts as tests: some truth of each is chosen with the request.
func (e *Engine) assumed(b box) box {
	if len(b.unknown) == 0 {
		return b
	}
	b.literals = b.literals[:len(b.literals):len(b.literals)]
	for _, d := range b.unknown {
		b.literals = append(b.literals, e.tests.literal(test{key: doubtKey + d.id, values: patterns([]glob.Pattern{glob.Literal("true")})}))
	}
	return b
}

// doubtKey starts the names of the dimensions of doubts.
const doubtKey = "@doubt "
