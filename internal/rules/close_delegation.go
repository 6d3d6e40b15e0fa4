package rules

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// The Sids that the article gives its statements.
const (
	rootSid           = "EnableRootAccessAndPreventPermissionDelegation"
	administratorsSid = "Allow access for Key Administrators"
)

// isDefaultSid tells whether a Sid says that IAM permissions are enabled, as the default policy's does; it would be false afterwards.
func isDefaultSid(sid string) bool {
	letters := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '_' {
			return -1
		}
		return r
	}, strings.ToLower(sid))
	return strings.HasPrefix(letters, "enableiam")
}

// closeDelegation proposes to hold a statement, or those of its alternatives that delegate, to the root user, and to name who must keep managing the key (DESIGN section 6).
func closeDelegation(p *lint.Pass, guilty []*policy.Statement) *lint.Proposal {
	st := guilty[0]
	pr := &lint.Proposal{
		Message: "hold the statement to the root user",
		Manage:  true,
		Loses:   p.Engine.Delegated(0),
		Lost:    []string{"users and roles of the own account that only IAM policies let in"},
	}
	if p.Key.PolicyNode != nil && statementsNode(p) == nil {
		return chosenPolicy(p, pr, guilty)
	}
	if st.Node == nil {
		return withoutPolicy(p, pr, st)
	}
	pin := newClosing(p, pr)
	for _, alt := range guilty {
		if !pin.spare(alt, guilty) && !pin.statement(alt) {
			pr.WhyNot = "the statement's Condition or Principal is worked out by the template, or asks aws:PrincipalType already"
			return pr
		}
	}
	pin.join()
	pin.complete(st)
	if other := pin.bounded(st); other != nil && len(guilty) == 1 {
		pr.Others = append(pr.Others, other)
	}
	return pr
}

// complete adds who must manage the key and who uses it.
func (c closing) complete(st *policy.Statement) *lint.Proposal {
	c.first = len(c.pr.Changes)
	c.administration(st)
	c.warnDeployer(st)
	c.users(st)
	c.services(st)
	c.text(st)
	return c.pr
}

// closing collects the changes of one fix.
type closing struct {
	p    *lint.Pass
	f    *syntax.File
	pr   *lint.Proposal
	sids map[string]bool // that stand in the policy, or will
	// added are the statements to write after one that stands in no list, and so becomes one with them.
	added *[]*syntax.Node
	// first is where the first of the statements that are added to a list stands among the changes.
	first int
}

func newClosing(p *lint.Pass, pr *lint.Proposal) closing {
	return closing{p, p.Document(), pr, sidsOf(p.Policy), new([]*syntax.Node), 0}
}

// statement pins the root statement and splits off its other principals.
func (c closing) statement(st *policy.Statement) bool {
	edits, ok := pinCondition(c.f, st.Node, "StringEquals", "aws:PrincipalType", syntax.NewString("Account"))
	if !ok {
		return false
	}
	root := st.PrincipalNode
	if onlyRoot, rest, mixed := splitPrincipals(c.p, st); mixed {
		if rest == nil {
			return false
		}
		at, ok := c.listOf(st.Node)
		if !ok || at.seq.Items[at.index].Resolved() != st.Node.Resolved() {
			return false
		}
		others := clone(st.Node)
		set(others, "Principal", rest)
		if isDefaultSid(st.Sid) {
			others.Members = slices.DeleteFunc(others.Members, func(m syntax.Member) bool { return m.Key.Value == "Sid" })
		}
		unlike(others, c.sids)
		root = onlyRoot
		edits = append(edits, c.f.Replace(st.PrincipalNode, onlyRoot), c.f.InsertItem(at.seq, at.index+1, others))
	}
	if left := c.keepManagement(st, root); left != nil {
		if at, ok := c.listOf(st.Node); ok {
			edits = append(edits, c.f.InsertItem(at.seq, at.index+1, left))
		} else {
			*c.added = append(*c.added, left)
		}
	}
	c.pr.Changes = append(c.pr.Changes, lint.Change{Edits: edits})
	if len(*c.added) > 0 {
		c.list(st)
		return true
	}
	if !c.sids[rootSid] {
		if isDefaultSid(st.Sid) && st.SidNode != nil {
			c.pr.Changes = append(c.pr.Changes, lint.Change{Edits: []syntax.Edit{c.f.Replace(st.SidNode, syntax.NewString(rootSid))}, Cosmetic: true})
			c.sids[rootSid] = true
		}
	}
	return true
}

// splitPrincipals parts the principals of a statement into the own account and the others. mixed is false where there are no others; rest is nil where the template hides which is which.
func splitPrincipals(p *lint.Pass, st *policy.Statement) (onlyRoot, rest *syntax.Node, mixed bool) {
	isRoot := func(q policy.Principal) bool { return q.Kind == policy.AccountRoot && q.Account == p.Policy.Own }
	if !slices.ContainsFunc(st.Principals, func(q policy.Principal) bool { return !isRoot(q) }) {
		return nil, nil, false
	}
	principal := st.PrincipalNode.Resolved()
	if principal == nil || principal.Kind != syntax.Mapping || intrinsic(principal) {
		return nil, nil, true
	}
	root := map[*syntax.Node]bool{}
	for _, q := range st.Principals {
		if isRoot(q) {
			root[q.Node.Resolved()] = true
		}
	}
	rest = syntax.NewMapping()
	for _, m := range principal.Members {
		values := []*syntax.Node{m.Value.Resolved()}
		if values[0] != nil && values[0].Kind == syntax.Sequence {
			values = values[0].Items
		}
		var left []*syntax.Node
		for _, v := range values {
			if root[v.Resolved()] {
				onlyRoot = syntax.NewMapping(m.Key.Value, clone(v))
			} else {
				left = append(left, clone(v))
			}
		}
		if len(left) > 0 {
			set(rest, m.Key.Value, oneOrList(left))
		}
	}
	if onlyRoot == nil || len(rest.Members) == 0 {
		return nil, nil, true
	}
	return onlyRoot, rest, true
}

// administration adds a statement for those who must manage the key and cannot yet.
func (c closing) administration(st *policy.Statement) {
	if nodes := c.appoint(st); len(nodes) > 0 {
		c.insert(st, administratorStatement(c.p, oneOrList(nodes)))
	}
}

// warnDeployer says what nobody can check where the deployer is not known: KMS refuses a policy that its writer could not put again.
func (c closing) warnDeployer(st *policy.Statement) {
	if c.p.Key.Template && !c.managedByIAM(st) && len(c.pr.Deployers) == 0 {
		c.pr.Message += "; the role that deploys must be one of the administrators"
	}
}

// appoint returns who must be named to manage the key: the configured administrators where no named identity can put the policy
// yet, and the deployer where it cannot; nobody where that is left to IAM.
func (c closing) appoint(st *policy.Statement) []*syntax.Node {
	p := c.p
	c.pr.Administrators, c.pr.Deployers = administrators(p), nil
	var add []string
	byIAM := c.managedByIAM(st)
	if len(c.pr.Administrators) == 0 && !byIAM {
		add = append(add, p.Config.Administrators...)
	}
	deployers := p.Config.Deployers
	if p.Key.Deployer != "" {
		deployers = append(slices.Clip(deployers), p.Key.Deployer)
	}
	for _, d := range deployers {
		arn := expand(p, d)
		c.pr.Deployers = append(c.pr.Deployers, arn)
		if !byIAM && !slices.Contains(c.pr.Administrators, arn) && !slices.Contains(add, d) {
			add = append(add, d)
		}
	}
	var nodes []*syntax.Node
	for _, a := range add {
		nodes = append(nodes, arn(p, a))
		principal := expand(p, a)
		c.pr.Administrators = append(c.pr.Administrators, principal)
		c.pr.Gains = append(c.pr.Gains, lint.Gain{Principal: principal, Actions: kms.Manage, Why: "manages the key, as the configuration says"})
	}
	return nodes
}

func administratorStatement(p *lint.Pass, who *syntax.Node) *syntax.Node {
	return syntax.NewMapping(
		"Sid", syntax.NewString(administratorsSid),
		"Effect", syntax.NewString("Allow"),
		"Principal", syntax.NewMapping("AWS", who),
		"Action", stringList(kms.AdministratorActions),
		"Resource", syntax.NewString("*"))
}

// insert adds a statement after the root statement and those added before, under a Sid that no other has.
func (c closing) insert(st *policy.Statement, statement *syntax.Node) {
	unlike(statement, c.sids)
	if at, ok := c.listOf(st.Node); ok {
		c.pr.Changes = append(c.pr.Changes, lint.Change{Edits: []syntax.Edit{c.f.InsertItem(at.seq, at.index+1, statement)}})
		return
	}
	*c.added = append(*c.added, statement)
	c.list(st)
}

// insertFirst adds a statement before those that are added already.
func (c closing) insertFirst(st *policy.Statement, statement *syntax.Node) {
	unlike(statement, c.sids)
	if at, ok := listOf(c.p, st.Node); ok {
		c.pr.Changes = slices.Insert(c.pr.Changes, c.first, lint.Change{Edits: []syntax.Edit{c.f.InsertItem(at.seq, at.index+1, statement)}})
		return
	}
	*c.added = slices.Insert(*c.added, 0, statement)
	c.list(st)
}

// list makes one bare statement a list: the whole is written anew, with what the other changes do to it. So is the policy of a
// key that has none.
func (c closing) list(st *policy.Statement) {
	if st.Node == nil {
		c.pr.Changes = []lint.Change{{Edits: c.writePolicy()}}
		return
	}
	bare := clone(st.Node)
	set(bare, "Condition", pinnedCondition(st.Node))
	if isDefaultSid(st.Sid) {
		set(bare, "Sid", syntax.NewString(rootSid))
	}
	c.pr.Changes = []lint.Change{{Edits: []syntax.Edit{c.f.Replace(st.Node, syntax.NewSequence(append([]*syntax.Node{bare}, *c.added...)...))}}}
}

// pinnedCondition returns the statement's condition with aws:PrincipalType added.
func pinnedCondition(st *syntax.Node) *syntax.Node {
	condition := syntax.NewMapping()
	if old := st.Get("Condition"); old != nil {
		condition = clone(old)
	}
	block := syntax.NewMapping()
	if old := condition.Get("StringEquals"); old != nil {
		block = clone(old)
	}
	set(block, "aws:PrincipalType", syntax.NewString("Account"))
	set(condition, "StringEquals", block)
	return condition
}

// text shows the hardened policy with what is missing to fill in.
func (c closing) text(st *policy.Statement) {
	if c.p.Key.Generated {
		c.pr.Text, c.pr.Language = cdkText(c.p), "typescript"
		return
	}
	changes := c.pr.Changes
	if len(c.pr.Administrators) == 0 && !c.managedByIAM(st) {
		added := slices.Clone(*c.added)
		filled := closing{c.p, c.f, &lint.Proposal{Changes: slices.Clone(changes)}, c.sids, &added, c.first}
		filled.insertFirst(st, administratorStatement(c.p, syntax.NewString("<your key administrators>")))
		changes = filled.pr.Changes
	}
	var edits []syntax.Edit
	for _, change := range changes {
		edits = append(edits, change.Edits...)
	}
	after(c.p, c.pr, edits)
}
