package cfn

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// key reads one key of a template.
func (t *Template) key(r *resource) *Key {
	k := &Key{ID: t.id(r.id), File: t.File, Kind: Kind(r.typ), LogicalID: r.id, Node: r.node, Generated: t.generated, Template: true, In: t}
	if r.properties != nil {
		k.PolicyNode = r.properties.Get("KeyPolicy")
	}
	if t.outer != nil {
		// The template stands in a string: what is outside of the policy is shown as that string.
		k.File, k.Embedded, k.Node, k.PolicyNode = t.outer, t.embedded, t.body, t.body
	}
	k.Path = t.constructPath(r)
	k.Source = t.anchor(r, k.Path)
	defer func() { k.Deployer = t.deployer(k) }()
	k.When = t.when(r)
	partition := "aws"
	if r.properties != nil {
		partition = writtenPartition(t.File, r.properties.Get("KeyPolicy"))
	}
	known, how := t.knownAccount()
	own := known
	if own == "" {
		own = t.account()
	}
	read := func(own string) (usesAccount bool) {
		w := t.newWork(own, partition).in(r.loops)
		var v *policy.Value
		switch {
		case r.properties != nil:
			v, k.Properties = w.properties(r, k)
		case r.opaque != nil:
			v = unknown(r.opaque, "Properties that are no mapping")
			k.Properties = v
		default:
			k.Properties = &policy.Value{Kind: policy.Object, Node: r.node}
		}
		opt := policy.Options{Own: own, Symbols: t.Symbols}
		dims := slices.Sorted(maps.Keys(k.When))
		if v != nil {
			guardNames(v, &dims)
		}
		opt.Dimensions, opt.Impossible = t.dimensions(dims...)
		for _, name := range slices.Sorted(maps.Keys(k.When)) {
			for _, other := range t.dimension(name).Values {
				if other != k.When[name] {
					opt.Impossible = append(opt.Impossible, policy.Guard{name: other})
				}
			}
		}
		switch {
		case v != nil:
			k.Policy = policy.Read(prune(v, nil, opt.Impossible), opt)
		case k.Kind == ReplicaResource:
			// KeyPolicy is required there (semantics.md §2.8): the template does not deploy.
			k.Policy = policy.Read(&policy.Value{Kind: policy.Absent, Node: r.node}, opt)
		default:
			k.Policy = policy.Default(opt)
		}
		t.hide(k, r)
		return *w.usesAccount
	}
	k.settle(own, how, known != "", read)
	return k
}

// settle finds the own account (DESIGN section 1) and reads the policy with it; read tells whether the policy names its own account by
// AWS::AccountId. assumed is the known account, or the symbol until one is found.
func (k *Key) settle(assumed, how string, known bool, read func(own string) (usesAccount bool)) {
	usesAccount := read(assumed)
	k.Account = Account{ID: assumed, How: how}
	switch {
	case known:
	case usesAccount:
		k.Account.How = "AWS::AccountId of the template"
	default:
		k.Account.How = "nothing in the policy tells it"
		if inferred, how := inferAccount(k.Policy, assumed); inferred != "" {
			read(inferred)
			k.Account = Account{ID: inferred, Inferred: true, How: how}
		}
	}
}

// properties works the properties of a key out, its policy apart from the others.
func (w *work) properties(r *resource, k *Key) (keyPolicy, all *policy.Value) {
	all = &policy.Value{Kind: policy.Object, Node: r.properties}
	for _, e := range w.entries(r.properties) {
		if e.key == "Fn::Transform" || functions[e.key] && e.key != "Ref" {
			// What it makes may hold the policy.
			return w.value(r.properties), unknown(r.properties, e.key+" in Properties")
		}
		in := w.in(e.loops)
		var v *policy.Value
		if e.key == "KeyPolicy" {
			v = in.document(e.written, k)
			if keyPolicy == nil {
				keyPolicy = v
			}
		} else {
			v = in.value(e.written)
		}
		if v.Kind != policy.Absent {
			all.Members = append(all.Members, policy.Member{Key: e.key, KeyNode: e.keyNode, Value: v})
		}
	}
	return keyPolicy, all
}

// document works a policy out that may be written as an object, as JSON in a string, or as a string that functions make.
func (w *work) document(n *syntax.Node, k *Key) *policy.Value {
	r := n.Resolved()
	if r == nil {
		return w.value(n)
	}
	c, isCall := callOf(r)
	switch {
	case !isCall && r.Kind == syntax.Scalar && r.Type == syntax.String:
		return w.jsonString(r, r, nil, k)
	case isCall && c.name == "Fn::Sub":
		if scalar, variables := subParts(c); scalar != nil && looksLikeJSON(scalar.Value) {
			return w.jsonString(scalar, r, variables, k)
		}
	case isCall && c.name == "Fn::ToJsonString" && !c.short():
		return w.document(c.arg, k)
	case isCall && c.name == "Fn::ToJsonString":
		return w.plain(r, n)
	}
	return each(n, w.value(n), func(v *policy.Value) *policy.Value {
		if v.Kind == policy.Text && looksLikeJSON(v.Text) {
			return parseMade(v.Text, n)
		}
		if v.Kind == policy.Text && policy.HasSymbol(v.Text) {
			return unknown(n, w.t.Symbols.Show(v.Text))
		}
		return v
	})
}

// subParts returns the text of an Fn::Sub and its variables.
func subParts(c call) (scalar, variables *syntax.Node) {
	if _, ok := c.text(); ok {
		return c.arg, nil
	}
	items := c.items()
	if len(items) == 0 || items[0].Resolved() == nil || items[0].Resolved().Kind != syntax.Scalar || items[0].Resolved().Tag != "" {
		return nil, nil
	}
	if len(items) > 1 {
		variables = items[1].Resolved()
	}
	return items[0].Resolved(), variables
}

func looksLikeJSON(s string) bool { return strings.HasPrefix(strings.TrimLeft(s, " \t\r\n"), "{") }

// jsonString reads a policy that is written as JSON in a string; of is the node that stands for the whole, and variables are those of the Fn::Sub around it.
func (w *work) jsonString(scalar, of, variables *syntax.Node, k *Key) *policy.Value {
	isSub := of != scalar || of.Tag != ""
	if !looksLikeJSON(scalar.Value) {
		if s := strings.TrimSpace(scalar.Value); strings.HasPrefix(s, "${") || strings.HasPrefix(s, "{{resolve:") {
			return unknown(of, policy.CleanText(s)) // a variable of the Serverless Framework, a dynamic reference
		}
		return text(of, policy.CleanText(scalar.Value))
	}
	e, err := syntax.ParseEmbedded(w.t.File, scalar)
	if err != nil {
		var at *syntax.Error
		if k != nil && !isSub && w.t.outer == nil && errors.As(err, &at) {
			w.t.report(at)
		}
		return unknown(of, "a string that is no JSON")
	}
	inner := *w
	if variables != nil {
		if construct := inner.bind(variables); construct != "" {
			return unknown(of, construct)
		}
	}
	inner.sub, inner.raw = isSub, true
	if k != nil && w.t.embedded == nil {
		k.Embedded = e
	}
	return inner.value(e.File.Root())
}

// parseMade reads the JSON that functions made. Its nodes are the node of the functions: nothing smaller can be edited.
func parseMade(s string, n *syntax.Node) *policy.Value {
	f, err := syntax.ParseJSON("", []byte(s))
	if err != nil || f.Root() == nil {
		return unknown(n, "a string that is no JSON")
	}
	return made(f.Root(), n)
}

func made(r, n *syntax.Node) *policy.Value {
	v := &policy.Value{Node: n}
	switch r.Kind {
	case syntax.Mapping:
		v.Kind = policy.Object
		for _, m := range r.Members {
			v.Members = append(v.Members, policy.Member{Key: m.Key.Value, KeyNode: n, Value: made(m.Value, n)})
		}
	case syntax.Sequence:
		v.Kind = policy.List
		for _, item := range r.Items {
			v.Items = append(v.Items, made(item, n))
		}
	default:
		v.Text, v.Type = r.Value, r.Type
	}
	return v
}

// writtenPartition is the only partition that the ARNs in a node write out, else "aws".
func writtenPartition(f *syntax.File, n *syntax.Node) string {
	if n = n.Resolved(); n == nil {
		return "aws"
	}
	found := ""
	for _, part := range strings.Split(f.Text(n.Span), "arn:aws")[1:] {
		rest, _, ok := strings.Cut(part, ":")
		if !ok || strings.Trim(rest, "-abcdefghijklmnopqrstuvwxyz") != "" {
			continue
		}
		if found != "" && found != "aws"+rest {
			return "aws"
		}
		found = "aws" + rest
	}
	if found == "" {
		return "aws"
	}
	return found
}

// id is the id of a key or document of the template.
func (t *Template) id(of string) string {
	name := t.File.Name
	if t.outer != nil {
		name = t.outer.Name
	}
	if t.Name != "" {
		return name + "#" + t.Name + "/" + of
	}
	return name + "#" + of
}

// deployer is the role that creates the key, in the key's symbols, as the CDK manifest tells it.
func (t *Template) deployer(k *Key) string {
	if t.stack == nil || t.stack.deployer == "" {
		return ""
	}
	v := t.newWork(k.Account.ID, k.Policy.Partition).substitute(policy.CleanText(t.stack.deployer), k.Node)
	if v.Kind != policy.Text {
		return ""
	}
	return v.Text
}

// Attribute is an attribute of the key's resource beside its properties, such as DeletionPolicy, worked out; nil where it is
// not written.
func (k *Key) Attribute(name string) *policy.Value {
	n := k.In.resources[k.LogicalID]
	if n == nil || n.node.Get(name) == nil {
		return nil
	}
	return k.In.newWork(k.Account.ID, k.Policy.Partition).in(n.loops).value(n.node.Get(name))
}
