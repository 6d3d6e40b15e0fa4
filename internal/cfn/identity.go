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
	// Boundaries are its permissions boundaries, each in the environments of its When: no policy gives the identity what the
	// boundary does not allow. The Policy of one is nil where nobody here knows the document.
	Boundaries []*Grant

	named policy.Guard // the environments of its name, where that is one of several in the same place
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
	to       []alternative // names or ARNs of roles, users and groups
	kind     string        // of the targets
	resource *resource     // the target itself, where the policy stands inside it
	implied  string        // the logical id of the role that SAM makes, where it is the target
}

// attachments lists the IAM policies of the template. Sources: AWS::IAM::* and AWS::Serverless::* of the CloudFormation and
// SAM references.
func (w *work) attachments() []attachment {
	var all []attachment
	w.managedPolicies = map[string]*resource{}
	for _, r := range w.t.order {
		if r.typ == "AWS::IAM::ManagedPolicy" && r.properties.Get("PolicyDocument") != nil {
			for _, a := range alternatives(w.in(r.loops).resourceRef(r, r.node)) {
				w.managedPolicies[a.value.Text] = r
			}
		}
	}
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

// itemsOf lists the values of a string, a list or a choice of such, each in the environments in which it is there.
func itemsOf(v *policy.Value) []alternative {
	var all []alternative
	for _, a := range alternatives(v) {
		if a.value.Kind != policy.List {
			all = append(all, a)
			continue
		}
		for _, item := range a.value.Items {
			for _, b := range alternatives(item) {
				if when, ok := a.when.And(b.when); ok {
					all = append(all, alternative{when, b.value})
				}
			}
		}
	}
	return all
}

func (w *work) grant(r *resource, doc *syntax.Node) Grant {
	return Grant{In: w.t, LogicalID: r.id, Node: doc, When: w.t.when(r), document: func(w *work) *policy.Value {
		return w.in(r.loops).document(doc, nil)
	}}
}

// when is the guard of a resource: its own Condition, and the list parameter whose loop makes it.
func (t *Template) when(r *resource) policy.Guard {
	if r.condition == "" {
		return r.made
	}
	if c := t.condition(r.condition); c.constant == "" && c.obstacle == "" {
		both, ok := r.made.And(policy.Guard{c.dimension: "true"})
		if ok {
			return both
		}
	}
	return r.made
}

// inline lists the policies inside a role, user or group.
func (w *work) inline(r *resource, policies, managed *syntax.Node) []attachment {
	var all []attachment
	for _, b := range w.listed(policies) {
		if doc := b.node.Get("PolicyDocument"); doc != nil {
			if g, ok := w.grant(r, doc).under(b.when); ok {
				all = append(all, attachment{grant: g})
			}
		}
	}
	if managed == nil {
		return all
	}
	for _, a := range itemsOf(w.value(managed)) {
		if a.value.Kind == policy.Text {
			if g, ok := w.managed(r, a.value).under(a.when); ok {
				all = append(all, attachment{grant: g})
			}
		}
	}
	return all
}

// under is the grant in some environments alone; false where it is there in none of them.
func (g Grant) under(when policy.Guard) (Grant, bool) {
	var ok bool
	g.When, ok = g.When.And(when)
	return g, ok
}

// branch is an item of a list, in the environments in which it is there.
type branch struct {
	node *syntax.Node
	when policy.Guard
}

// listed returns the items of a sequence, or the branches and items inside an Fn::If of one.
func (w *work) listed(n *syntax.Node) []branch {
	return w.listedTo(n, nil, 0)
}

func (w *work) listedTo(n *syntax.Node, when policy.Guard, depth int) []branch {
	if n = n.Resolved(); n == nil || depth > maxNesting {
		return nil
	}
	if c, ok := callOf(n); ok {
		items := c.items()
		if c.name != "Fn::If" || len(items) != 3 || items[0].Resolved() == nil {
			return []branch{{n, when}}
		}
		var all []branch
		condition := w.t.condition(w.unloop(items[0].Resolved().Value))
		for i, truth := range []string{"true", "false"} {
			var guard policy.Guard
			switch condition.constant {
			case "": // one that cannot be read may be either
				guard = policy.Guard{condition.dimension: truth}
			case truth:
			default:
				continue
			}
			if both, ok := when.And(guard); ok {
				all = append(all, w.listedTo(items[i+1], both, depth+1)...)
			}
		}
		return all
	}
	if n.Kind != syntax.Sequence {
		return []branch{{n, when}}
	}
	var all []branch
	for _, item := range n.Items {
		all = append(all, w.listedTo(item, when, depth+1)...)
	}
	return all
}

// managed is a managed policy by its ARN: one of the template, or one of AWS.
func (w *work) managed(r *resource, arn *policy.Value) Grant {
	g := Grant{In: w.t, LogicalID: r.id, Managed: w.t.Symbols.Show(arn.Text), Node: arn.Node, When: w.t.when(r)}
	if o := w.managedPolicies[arn.Text]; o != nil {
		return w.grant(o, o.properties.Get("PolicyDocument"))
	}
	if doc := awsManaged(g.Managed); doc != nil {
		g.document = func(*work) *policy.Value { return repoint(doc, arn.Node) }
	}
	return g
}
