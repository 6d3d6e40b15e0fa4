package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Identities lists the IAM roles, users and groups of the template with their policies, with the template's own account.
func (t *Template) Identities() []*Identity { return t.population(t.account(), "aws").all }

// population is the identities of a template as one account and partition make them, with a way to find them again.
type population struct {
	all []*Identity
	by  map[identityKey]*Identity
}

type identityKey struct {
	kind, logicalID, when, named string
	span                         syntax.Span
}

func (id *Identity) key() identityKey {
	return identityKey{id.Kind, id.LogicalID, guardText(id.When), guardText(id.named), orEmpty(id.Node)}
}

func newPopulation(all []*Identity) *population {
	p := &population{all, make(map[identityKey]*Identity, len(all))}
	for _, id := range all {
		if p.by[id.key()] == nil {
			p.by[id.key()] = id
		}
	}
	return p
}

// population works the identities out for an own account and partition.
func (t *Template) population(own, partition string) *population {
	key := own + " " + partition
	if p, ok := t.identityCache[key]; ok {
		return p
	}
	if t.identityCache == nil {
		t.identityCache = map[string]*population{}
	}
	p := newPopulation(t.identities(own, partition, t.Symbols, func(s string) string { return s }))
	t.identityCache[key] = p
	return p
}

// identities works out the identities of the template for an own account and partition and writes them in a table of
// symbols, move translating their texts.
func (t *Template) identities(own, partition string, symbols *policy.Symbols, move func(string) string) []*Identity {
	if t.resources == nil {
		return nil
	}
	w := t.newWork(own, partition)
	*w.steps = -len(t.order) * 200 // IAM policies of a whole template: as many steps again as it has resources
	b := identityBuilder{w: w, byARN: map[string]*Identity{}, byName: map[string][]*Identity{}, symbols: symbols, move: move}
	for _, r := range t.order {
		switch r.typ {
		case "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group":
			b.resource(r)
		case "AWS::Serverless::Function", "AWS::Serverless::StateMachine":
			if r.properties.Get("Role") == nil {
				b.add("role", r.id+"Role", w.arn("iam", "", "role/"+t.Symbols.Rune("${"+r.id+"Role}")), r.node, t.when(r))
			}
		}
	}
	b.groups()
	defer func() {
		for _, id := range b.all {
			id.ARN = move(id.ARN)
		}
	}()
	attachments := w.attachments()
	b.boundaries()
	for _, a := range attachments {
		for _, to := range b.targets(a) {
			id := to.Identity
			if b.grants++; b.grants > maxGrants {
				t.fail(a.grant.Node, "the template has over %d IAM policies, counted for each identity; the rest was not read", maxGrants)
				return b.all
			}
			g, ok := a.grant.under(to.when)
			if !ok {
				continue
			}
			if g.document != nil {
				g.Policy = b.read(id, &g)
			}
			id.Grants = append(id.Grants, &g)
		}
	}
	return b.all
}

type identityBuilder struct {
	w       *work
	all     []*Identity
	byARN   map[string]*Identity
	byName  map[string][]*Identity
	symbols *policy.Symbols
	move    func(string) string
	grants  int
}

func (b *identityBuilder) add(kind, logical, arn string, n *syntax.Node, when policy.Guard) *Identity {
	key := kind + " " + arn
	if arn == "" {
		key = kind + " " + logical
	}
	if id := b.byARN[key]; id != nil {
		return id
	}
	id := &Identity{In: b.w.t, Kind: kind, LogicalID: logical, ARN: arn, Node: n, When: when}
	b.byARN[key] = id
	b.all = append(b.all, id)
	names := []string{arn, policy.BaseName(arn)}
	if kind == "group" {
		names = []string{b.w.t.Symbols.Rune("${" + logical + "}")}
	}
	for _, name := range names {
		b.byName[kind+" "+name] = append(b.byName[kind+" "+name], id)
	}
	return id
}

// resource adds the identities that a resource is: one for each name it can have.
func (b *identityBuilder) resource(r *resource) []*Identity {
	kind := strings.ToLower(strings.TrimPrefix(r.typ, "AWS::IAM::"))
	when := b.w.t.when(r)
	if kind == "group" {
		return []*Identity{b.add(kind, r.id, "", r.node, when)}
	}
	var all []*Identity
	for _, a := range alternatives(b.w.shapedARN(r, shapes[r.typ], r.node)) {
		if both, ok := when.And(a.when); ok && a.value.Kind == policy.Text {
			all = append(all, b.add(kind, r.id, a.value.Text, r.node, both))
		}
	}
	return all
}

// target is an identity that something is attached to, in some environments.
type target struct {
	*Identity
	when policy.Guard
}

func always(all ...*Identity) []target {
	var targets []target
	for _, id := range all {
		targets = append(targets, target{id, nil})
	}
	return targets
}

// targets finds the identities that a policy is attached to. A name that no resource has makes an identity of its own.
func (b *identityBuilder) targets(a attachment) []target {
	switch {
	case a.implied != "":
		return always(b.add("role", a.implied, b.w.arn("iam", "", "role/"+b.w.t.Symbols.Rune("${"+a.implied+"}")), a.grant.Node, nil))
	case a.resource != nil:
		return always(b.resource(a.resource)...)
	}
	var all []target
	for _, at := range a.to {
		v := at.value
		if v.Kind != policy.Text || v.Text == "" {
			continue
		}
		if found := b.named(a.kind, v.Text); len(found) > 0 {
			for _, id := range found {
				all = append(all, target{id, at.when})
			}
			continue
		}
		var id *Identity
		switch {
		case a.kind == "group":
			id = b.add("group", b.w.t.Symbols.Show(v.Text), "", v.Node, nil)
		case strings.HasPrefix(v.Text, "arn:"):
			id = b.add(a.kind, "", v.Text, v.Node, nil)
		default:
			id = b.add(a.kind, "", b.w.arn("iam", "", a.kind+"/"+v.Text), v.Node, nil)
		}
		if id.named == nil {
			id.named = at.when
		}
		all = append(all, target{id, at.when})
	}
	return all
}

// named finds the identities of the template with a name, whatever their path, or with an ARN.
func (b *identityBuilder) named(kind, name string) []*Identity {
	return b.byName[kind+" "+name]
}

// groups puts users into the groups that they name.
func (b *identityBuilder) groups() {
	join := func(user *Identity, group alternative) {
		for _, g := range b.targets(attachment{kind: "group", to: []alternative{group}}) {
			g.Members = append(g.Members, user)
		}
	}
	for _, r := range b.w.t.order {
		in := b.w.in(r.loops)
		switch r.typ {
		case "AWS::IAM::User":
			if n := r.properties.Get("Groups"); n != nil {
				for _, group := range itemsOf(in.value(n)) {
					for _, user := range b.resource(r) {
						join(user, group)
					}
				}
			}
		case "AWS::IAM::UserToGroupAddition":
			group, users := r.properties.Get("GroupName"), r.properties.Get("Users")
			if group == nil || users == nil {
				continue
			}
			for _, user := range b.targets(attachment{kind: "user", to: itemsOf(in.value(users))}) {
				for _, g := range itemsOf(in.value(group)) {
					join(user.Identity, g)
				}
			}
		}
	}
}

// read reads a policy with the identity as the principal of its statements; a group's with its users.
func (b *identityBuilder) read(id *Identity, g *Grant) *policy.Policy {
	var principals []*policy.Value
	if id.Kind != "group" {
		principals = append(principals, text(g.Node, id.ARN))
	}
	for _, user := range id.Members {
		principals = append(principals, text(g.Node, user.ARN))
	}
	v := withPrincipal(g.document(b.w), &policy.Value{Kind: policy.Object, Node: g.Node, Members: []policy.Member{
		{Key: "AWS", KeyNode: g.Node, Value: &policy.Value{Kind: policy.List, Items: principals, Node: g.Node}}}})
	var names []string
	guardNames(v, &names)
	for name := range g.When {
		names = append(names, name)
	}
	for name := range id.When {
		names = append(names, name)
	}
	opt := policy.Options{Own: b.move(b.w.own), Symbols: b.symbols}
	opt.Dimensions, opt.Impossible = b.w.t.dimensions(names...)
	v = prune(v, nil, opt.Impossible)
	if b.symbols != b.w.t.Symbols {
		v = rewrite(v, b.move)
	}
	return policy.Read(v, opt)
}
