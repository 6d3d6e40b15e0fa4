package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// boundaries notes the permissions boundaries of the identities that the template makes. SAM gives its roles the boundary of
// the function, else that of Globals. Sources: AWS::IAM::Role and AWS::IAM::User of the CloudFormation User Guide; "Globals
// section" of the SAM specification.
func (b *identityBuilder) boundaries() {
	for _, r := range b.w.t.order {
		var of []*Identity
		switch r.typ {
		case "AWS::IAM::Role", "AWS::IAM::User":
			of = b.resource(r)
		case "AWS::Serverless::Function", "AWS::Serverless::StateMachine":
			if r.properties.Get("Role") == nil {
				for _, to := range b.targets(attachment{implied: r.id + "Role", grant: Grant{Node: r.node}}) {
					of = append(of, to.Identity)
				}
			}
		default:
			continue
		}
		n := b.w.t.samProperty(r, "PermissionsBoundary")
		if n == nil {
			continue
		}
		for _, a := range alternatives(b.w.in(r.loops).value(n)) {
			if a.value.Kind != policy.Text || a.value.Text == "" {
				continue
			}
			for _, id := range of {
				g := b.w.managed(r, a.value)
				var ok bool
				if g.When, ok = g.When.And(a.when); !ok {
					continue
				}
				if g.document != nil {
					g.Policy = b.read(id, &g)
				}
				id.Boundaries = append(id.Boundaries, &g)
			}
		}
	}
}

// samProperty is a property of a resource, from the Globals section where SAM takes it from there; nil where there is none.
func (t *Template) samProperty(r *resource, name string) *syntax.Node {
	if n := r.properties.Get(name); n != nil {
		return n
	}
	return t.globals(r).Get(name)
}

// globals are the properties that SAM's Globals section gives to all resources of a type; nil where there are none.
func (t *Template) globals(r *resource) *syntax.Node {
	kind, ok := strings.CutPrefix(r.typ, "AWS::Serverless::")
	if !ok {
		return nil
	}
	return t.Root.Get("Globals").Get(kind)
}
