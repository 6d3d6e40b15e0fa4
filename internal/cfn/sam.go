package cfn

import (
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// serverlessPolicies lists the Policies of a SAM function or state machine: names of managed policies, policy templates,
// statements and documents. They go to the role that SAM makes; where Role is given, SAM ignores them. Globals has no
// Policies. Source: "AWS::Serverless::Function" of the SAM specification.
func (w *work) serverlessPolicies(r *resource) []attachment {
	if r.properties.Get("Role") != nil {
		return nil
	}
	var all []attachment
	for _, b := range w.listed(r.properties.Get("Policies")) {
		n := b.node
		add := func(g Grant) {
			if g, ok := g.under(b.when); ok {
				all = append(all, attachment{grant: g, implied: r.id + "Role"})
			}
		}
		_, isCall := callOf(n)
		switch {
		case isCall || n.Kind == syntax.Scalar:
			v := w.value(n)
			if v.Kind == policy.Text {
				name := *v
				if !isARN(name.Text) && !policy.HasSymbol(name.Text) {
					name.Text = "arn:aws:iam::aws:policy/" + name.Text
				}
				add(w.managed(r, &name))
			}
		case n.Get("Statement") != nil:
			add(w.grant(r, n))
		case len(n.Members) == 1 && samTemplates[n.Members[0].Key.Value] != "":
			action, parameters := samTemplates[n.Members[0].Key.Value], n.Members[0].Value
			keyID := parameters.Resolved().Get("KeyId")
			if keyID == nil {
				continue
			}
			add(Grant{In: w.t, LogicalID: r.id, Node: n, When: w.t.when(r), document: func(w *work) *policy.Value {
				return w.samDocument(n, action, w.in(r.loops).value(keyID))
			}})
		}
	}
	return all
}

// samTemplates are the policy templates of SAM that speak of KMS keys, with their action.
var samTemplates = map[string]string{"KMSDecryptPolicy": "kms:Decrypt", "KMSEncryptPolicy": "kms:Encrypt"}

func isARN(s string) bool { return len(s) > 4 && s[:4] == "arn:" }

// samDocument is the document of a SAM policy template: one action on key/KeyId of the own account.
func (w *work) samDocument(n *syntax.Node, action string, keyID *policy.Value) *policy.Value {
	resource := w.concatenate(n, "Fn::Sub", "", []*policy.Value{text(n, w.arn("kms", w.t.Symbols.Rune("${AWS::Region}"), "key/")), keyID})
	return document(n, statement(n, action, resource))
}

func document(n *syntax.Node, statements ...*policy.Value) *policy.Value {
	return object(n, "Version", text(n, policy.Version2012), "Statement", &policy.Value{Kind: policy.List, Items: statements, Node: n})
}

func statement(n *syntax.Node, action string, resource *policy.Value) *policy.Value {
	return object(n, "Effect", text(n, string(policy.Allow)), "Action", text(n, action), "Resource", resource)
}

// object makes an object of the pairs key, value, key, value, …
func object(n *syntax.Node, pairs ...any) *policy.Value {
	v := &policy.Value{Kind: policy.Object, Node: n}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Members = append(v.Members, policy.Member{Key: pairs[i].(string), KeyNode: n, Value: pairs[i+1].(*policy.Value)})
	}
	return v
}
