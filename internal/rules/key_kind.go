package rules

import (
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
)

type (
	pattern   = policy.Pattern
	principal = policy.Principal
)

// keyKind returns the KeySpec and KeyUsage of the key. known is false for documents, and where the template does not settle them.
func keyKind(p *lint.Pass) (spec, usage string, known bool) {
	if p.Key.Properties == nil {
		return "", "", false
	}
	known = true
	read := func(name string) string {
		v := p.Key.Properties.Get(name)
		switch {
		case v == nil:
			return ""
		case v.Kind != policy.Text || policy.HasSymbol(v.Text):
			known = false
			return ""
		}
		return v.Text
	}
	spec, usage = read("KeySpec"), read("KeyUsage")
	return spec, usage, known && p.Key.Kind == "AWS::KMS::Key"
}

// possible returns what a key of this kind can do: everything, where its kind is not known.
func possible(p *lint.Pass) kms.ActionSet {
	spec, usage, known := keyKind(p)
	if !known {
		return kms.All
	}
	return kms.Possible(spec, usage)
}
