package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// isFragment tells whether a tree is the content of a Resources section without the template around it, as files are that
// another template or the Serverless Framework includes: every member has a type such as AWS::KMS::Key.
func isFragment(root *syntax.Node) bool {
	if root.Kind != syntax.Mapping || len(root.Members) == 0 {
		return false
	}
	for _, m := range root.Members {
		typ := m.Value.Resolved().Get("Type")
		if typ == nil || typ.Kind != syntax.Scalar || strings.Count(typ.Value, "::") < 2 {
			return false
		}
	}
	return true
}
