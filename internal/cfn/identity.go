package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Identity is an IAM role, user or group of a template, with the policies that the template gives it.
type Identity struct {
	In        *Template
	Kind      string // "role", "user" or "group"
	LogicalID string // of its resource; of the role that SAM makes for a function, "FnRole"; "" where only its name is known
	ARN       string // in the symbols of the template; "" for a group. Several, by a choice of names, are several identities
	Node      *syntax.Node
	When      policy.Guard // the Condition of its resource, and the name's own
	Grants    []*Grant
	Members   []*Identity // of a group: the users that the template puts into it
}

// Grant is one IAM policy of an identity. Its statements have the identity as their principal, so that they read like
// those of a key policy.
type Grant struct {
	In        *Template
	LogicalID string // the resource that holds the policy
	// Managed is the ARN of a managed policy that is not in the template; then Policy is nil unless AWS documents it.
	Managed string
	Policy  *policy.Policy
	Node    *syntax.Node
	When    policy.Guard // the Condition of the resource that holds the policy

	document func(w *work) *policy.Value // the document, without principals
}

// attachment is a policy document or managed policy with what it is attached to.
type attachment struct {
	grant    Grant
	to       []*policy.Value // names or ARNs of roles, users and groups
	kind     string          // of the targets
	resource *resource       // the target itself, where the policy stands inside it
	implied  string          // the logical id of the role that SAM makes, where it is the target
}

// attachments lists the IAM policies of the template. Sources: AWS::IAM::* and AWS::Serverless::* of the CloudFormation and
// SAM references.
func (w *work) attachments() []attachment {
	var all []attachment
	for _, r := range w.t.order {
		if r.properties == nil {
			continue
		}
		in := w.in(r.loops)
		p := r.properties
		switch r.typ {
		case "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group":
			kind := strings.ToLower(strings.TrimPrefix(r.typ, "AWS::IAM::"))
			for _, a := range in.inline(r, p.Get("Policies"), p.Get("ManagedPolicyArns")) {
				a.resource, a.kind = r, kind
				all = append(all, a)
			}
		case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy":
			doc := p.Get("PolicyDocument")
			if doc == nil {
				continue
			}
			g := w.grant(r, doc)
			for _, target := range [][2]string{{"Roles", "role"}, {"Users", "user"}, {"Groups", "group"}, {"RoleName", "role"}, {"UserName", "user"}, {"GroupName", "group"}} {
				if n := p.Get(target[0]); n != nil {
					all = append(all, attachment{grant: g, kind: target[1], to: itemsOf(in.value(n))})
				}
			}
		case "AWS::Serverless::Function", "AWS::Serverless::StateMachine":
			all = append(all, in.serverlessPolicies(r)...)
		}
	}
	return all
}

// itemsOf lists the values of a string, a list or a choice of such.
func itemsOf(v *policy.Value) []*policy.Value {
	var all []*policy.Value
	for _, a := range alternatives(v) {
		if a.value.Kind == policy.List {
			for _, item := range a.value.Items {
				for _, b := range alternatives(item) {
					all = append(all, b.value)
				}
			}
			continue
		}
		all = append(all, a.value)
	}
	return all
}

func (w *work) grant(r *resource, doc *syntax.Node) Grant {
	return Grant{In: w.t, LogicalID: r.id, Node: doc, When: w.t.when(r), document: func(w *work) *policy.Value {
		return w.in(r.loops).document(doc, nil)
	}}
}

// when is the guard of a resource's own Condition.
func (t *Template) when(r *resource) policy.Guard {
	if r.condition == "" {
		return nil
	}
	if c := t.condition(r.condition); c.constant == "" && c.obstacle == "" {
		return policy.Guard{c.dimension: "true"}
	}
	return nil
}

// inline lists the policies inside a role, user or group.
func (w *work) inline(r *resource, policies, managed *syntax.Node) []attachment {
	var all []attachment
	for _, n := range listed(policies) {
		if doc := n.Get("PolicyDocument"); doc != nil {
			all = append(all, attachment{grant: w.grant(r, doc)})
		}
	}
	if managed == nil {
		return all
	}
	for _, v := range itemsOf(w.value(managed)) {
		if v.Kind == policy.Text {
			all = append(all, attachment{grant: w.managed(r, v)})
		}
	}
	return all
}

// listed returns the items of a sequence, or the branches and items inside an Fn::If of one: every policy counts, whichever
// branch holds it.
func listed(n *syntax.Node) []*syntax.Node {
	return listedTo(n, 0)
}

func listedTo(n *syntax.Node, depth int) []*syntax.Node {
	if n = n.Resolved(); n == nil || depth > maxNesting {
		return nil
	}
	if c, ok := callOf(n); ok {
		items := c.items()
		if c.name != "Fn::If" || len(items) != 3 {
			return []*syntax.Node{n}
		}
		return append(listedTo(items[1], depth+1), listedTo(items[2], depth+1)...)
	}
	if n.Kind != syntax.Sequence {
		return []*syntax.Node{n}
	}
	var all []*syntax.Node
	for _, item := range n.Items {
		all = append(all, listedTo(item, depth+1)...)
	}
	return all
}

// managed is a managed policy by its ARN: one of the template, or one of AWS.
func (w *work) managed(r *resource, arn *policy.Value) Grant {
	g := Grant{In: w.t, LogicalID: r.id, Managed: w.t.Symbols.Show(arn.Text), Node: arn.Node, When: w.t.when(r)}
	for _, o := range w.t.order {
		if o.typ != "AWS::IAM::ManagedPolicy" || o.properties.Get("PolicyDocument") == nil {
			continue
		}
		if v := w.resourceRef(o, arn.Node); v.Kind == policy.Text && v.Text == arn.Text {
			h := w.grant(o, o.properties.Get("PolicyDocument"))
			return h
		}
	}
	if doc := awsManaged(g.Managed); doc != nil {
		g.document = func(*work) *policy.Value { return repoint(doc, arn.Node) }
	}
	return g
}

// identities works out the identities of the template for an own account and partition and writes them in a table of
// symbols, move translating their texts.
func (t *Template) identities(own, partition string, symbols *policy.Symbols, move func(string) string) []*Identity {
	if t.resources == nil {
		return nil
	}
	w := t.newWork(own, partition)
	*w.steps = -len(t.order) * 200 // IAM policies of a whole template: as many steps again as it has resources
	b := identityBuilder{w: w, byARN: map[string]*Identity{}, symbols: symbols, move: move}
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
	for _, a := range w.attachments() {
		for _, id := range b.targets(a) {
			g := a.grant
			if g.document != nil {
				g.Policy = b.read(id, &g)
			}
			id.Grants = append(id.Grants, &g)
		}
	}
	for _, id := range b.all {
		id.ARN = move(id.ARN)
	}
	return b.all
}

type identityBuilder struct {
	w       *work
	all     []*Identity
	byARN   map[string]*Identity
	symbols *policy.Symbols
	move    func(string) string
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

// targets finds the identities that a policy is attached to. A name that no resource has makes an identity of its own.
func (b *identityBuilder) targets(a attachment) []*Identity {
	switch {
	case a.implied != "":
		return []*Identity{b.add("role", a.implied, b.w.arn("iam", "", "role/"+b.w.t.Symbols.Rune("${"+a.implied+"}")), a.grant.Node, nil)}
	case a.resource != nil:
		return b.resource(a.resource)
	}
	var all []*Identity
	for _, v := range a.to {
		if v.Kind != policy.Text || v.Text == "" {
			continue
		}
		if found := b.named(a.kind, v.Text); len(found) > 0 {
			all = append(all, found...)
			continue
		}
		switch {
		case a.kind == "group":
			all = append(all, b.add("group", b.w.t.Symbols.Show(v.Text), "", v.Node, nil))
		case strings.HasPrefix(v.Text, "arn:"):
			all = append(all, b.add(a.kind, "", v.Text, v.Node, nil))
		default:
			all = append(all, b.add(a.kind, "", b.w.arn("iam", "", a.kind+"/"+v.Text), v.Node, nil))
		}
	}
	return all
}

// named finds the identities of the template with a name, whatever their path, or with an ARN.
func (b *identityBuilder) named(kind, name string) []*Identity {
	var all []*Identity
	for _, id := range b.all {
		if id.Kind != kind {
			continue
		}
		if kind == "group" && b.w.t.Symbols.Rune("${"+id.LogicalID+"}") == name || kind != "group" && (id.ARN == name || strings.HasSuffix(id.ARN, "/"+name)) {
			all = append(all, id)
		}
	}
	return all
}

// groups puts users into the groups that they name.
func (b *identityBuilder) groups() {
	join := func(user *Identity, group *policy.Value) {
		for _, g := range b.targets(attachment{kind: "group", to: []*policy.Value{group}}) {
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
					join(user, g)
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

// withPrincipal gives every statement of a policy a principal.
func withPrincipal(v, principal *policy.Value) *policy.Value {
	if v.Kind == policy.Choice {
		changed := *v
		changed.Options = nil
		for _, o := range v.Options {
			changed.Options = append(changed.Options, policy.Option{When: o.When, Value: withPrincipal(o.Value, principal)})
		}
		return &changed
	}
	changed := *v
	changed.Members = nil
	for _, m := range v.Members {
		if m.Key == "Statement" {
			m.Value = statementsWith(m.Value, principal)
		}
		changed.Members = append(changed.Members, m)
	}
	return &changed
}

func statementsWith(v, principal *policy.Value) *policy.Value {
	changed := *v
	switch v.Kind {
	case policy.List:
		changed.Items = nil
		for _, item := range v.Items {
			changed.Items = append(changed.Items, statementsWith(item, principal))
		}
	case policy.Choice:
		changed.Options = nil
		for _, o := range v.Options {
			changed.Options = append(changed.Options, policy.Option{When: o.When, Value: statementsWith(o.Value, principal)})
		}
	case policy.Object:
		changed.Members = append([]policy.Member{{Key: "Principal", KeyNode: v.Node, Value: principal}}, v.Members...)
	}
	return &changed
}

// rewrite changes every text of a value.
func rewrite(v *policy.Value, change func(string) string) *policy.Value {
	changed := *v
	changed.Text = change(v.Text)
	changed.Items, changed.Members, changed.Options = nil, nil, nil
	for _, item := range v.Items {
		changed.Items = append(changed.Items, rewrite(item, change))
	}
	for _, m := range v.Members {
		changed.Members = append(changed.Members, policy.Member{Key: change(m.Key), KeyNode: m.KeyNode, Value: rewrite(m.Value, change)})
	}
	for _, o := range v.Options {
		changed.Options = append(changed.Options, policy.Option{When: o.When, Value: rewrite(o.Value, change)})
	}
	return &changed
}
