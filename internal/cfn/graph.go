package cfn

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// DependsOn tells whether resource a needs resource b, directly or through others: by Ref, Fn::GetAtt, Fn::Sub or DependsOn.
// CloudFormation refuses cycles, so an edit that makes b refer to a then does not deploy (DESIGN section 6, R7).
func (t *Template) DependsOn(a, b string) bool {
	if t.needs == nil {
		t.readNeeds()
	}
	seen := map[string]bool{a: true}
	queue := []string{a}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, next := range t.needs[at] {
			if next == b {
				return true
			}
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return false
}

// Needs returns the logical ids that the resource refers to itself, sorted.
func (t *Template) Needs(id string) []string {
	if t.needs == nil {
		t.readNeeds()
	}
	return slices.Clone(t.needs[id])
}

// ResourceIDs returns the logical ids of the template's resources in source order, loops unrolled.
func (t *Template) ResourceIDs() []string {
	ids := make([]string, len(t.order))
	for i, r := range t.order {
		ids[i] = r.id
	}
	return ids
}

// Has tells whether the template has a resource with the logical id.
func (t *Template) Has(id string) bool { return t.resources[id] != nil }

// TypeOf returns the type of a resource, "" where there is none.
func (t *Template) TypeOf(id string) string {
	if r := t.resources[id]; r != nil {
		return r.typ
	}
	return ""
}

// Reference is a place where a resource refers to another one.
type Reference struct {
	From     string // logical id
	Type     string // of the resource that refers
	Property string // where: "KmsMasterKeyId", "SSESpecification.KMSMasterKeyId"; "" for DependsOn
	Node     *syntax.Node
}

// References lists where the resources of the template refer to the one with the logical id, in source order: which queue,
// table or trail a key encrypts, for example.
func (t *Template) References(id string) []Reference {
	var all []Reference
	for _, r := range t.order {
		if !slices.Contains(t.Needs(r.id), id) {
			continue
		}
		w := t.newWork("", "aws").in(r.loops)
		var walk func(n *syntax.Node, path string, depth int)
		walk = func(n *syntax.Node, path string, depth int) {
			if n = n.Resolved(); n == nil || depth > maxNesting || len(all) >= maxItems {
				return
			}
			if c, ok := callOf(n); ok && (c.name == "Ref" || c.name == "Fn::GetAtt" || c.name == "Fn::Sub") {
				references(n, depth, func(name string) {
					if name, _, _ = strings.Cut(w.unloop(name), "."); name == id {
						all = append(all, Reference{r.id, r.typ, path, n})
					}
				})
				return
			}
			for _, m := range n.Members {
				at := path
				if !strings.HasPrefix(m.Key.Value, "Fn::") {
					at = strings.TrimPrefix(path+"."+m.Key.Value, ".")
				}
				walk(m.Value, at, depth+1)
			}
			for _, item := range n.Items {
				walk(item, path, depth+1)
			}
		}
		walk(r.properties, "", 0)
		walk(t.globals(r), "", 0)
	}
	return all
}

// GivenOut tells whether an output of the template refers to the resource, so that other stacks may use it.
func (t *Template) GivenOut(id string) (given bool) {
	references(t.Root.Get("Outputs"), 0, func(name string) {
		name, _, _ = strings.Cut(name, ".")
		given = given || name == id
	})
	return given
}

// HasParameter tells whether the template has a parameter with the name.
func (t *Template) HasParameter(name string) bool { return t.Root.Get("Parameters").Get(name) != nil }

// ARN is the ARN of a resource of the key's template in the key's symbols and account; "" where its form is not known or
// depends on parameters.
func (k *Key) ARN(id string) string {
	r := k.In.resources[id]
	if r == nil {
		return ""
	}
	s, ok := shapes[r.typ]
	if !ok {
		return ""
	}
	v := k.In.newWork(k.Account.ID, k.Policy.Partition).in(r.loops).shapedARN(r, s, r.node)
	if v.Kind != policy.Text {
		return ""
	}
	return v.Text
}

func (t *Template) readNeeds() {
	t.needs = map[string][]string{}
	for _, r := range t.order {
		w := t.newWork("", "aws").in(r.loops)
		found := map[string]bool{}
		add := func(name string) {
			name, _, _ = strings.Cut(w.unloop(name), ".")
			if t.resources[name] != nil {
				found[name] = true
			} else if of := t.impliedRole(name); of != "" {
				found[of] = true
			}
		}
		references(r.node, 0, add)
		references(t.globals(r), 0, add)
		if d := r.node.Get("DependsOn"); d != nil {
			add(d.Value)
			for _, item := range d.Items {
				if item = item.Resolved(); item != nil {
					add(item.Value)
				}
			}
		}
		for name := range found {
			t.needs[r.id] = append(t.needs[r.id], name)
		}
		slices.Sort(t.needs[r.id])
	}
}

// references calls add for every name that functions below the node refer to.
func references(n *syntax.Node, depth int, add func(string)) {
	if n = n.Resolved(); n == nil || depth > maxNesting {
		return
	}
	if c, ok := callOf(n); ok {
		switch c.name {
		case "Ref":
			add(c.arg.Value)
		case "Fn::GetAtt":
			if items := c.items(); len(items) > 0 && items[0].Resolved() != nil {
				add(items[0].Resolved().Value)
			} else {
				add(c.arg.Value)
			}
		case "Fn::Sub":
			if scalar, _ := subParts(c); scalar != nil {
				for _, part := range strings.Split(scalar.Value, "${")[1:] {
					if name, _, ok := strings.Cut(part, "}"); ok && !strings.HasPrefix(name, "!") {
						add(strings.TrimSpace(name))
					}
				}
			}
		}
	}
	for _, m := range n.Members {
		references(m.Value, depth+1, add)
	}
	for _, item := range n.Items {
		references(item, depth+1, add)
	}
}
