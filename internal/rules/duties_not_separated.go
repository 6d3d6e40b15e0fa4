package rules

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// DutiesNotSeparated reports identities that both manage and use the key (semantics.md §6.16).
var DutiesNotSeparated = &lint.Rule{
	ID:    "KMS006",
	Name:  "duties-not-separated",
	Title: "the same principal manages the key and uses it",
	Level: lint.Warning,
	Why: `Whoever changes the policy or schedules the deletion of a key should not read what it protects: one lost set of credentials then gives
everything, and nobody else notices. Name administrators for management and workloads for use. The fix keeps management; where somebody else can manage the key, the
alternative keeps the use (kmsguard fix --rule KMS006 --alternative 1).`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:PutKeyPolicy", "kms:Decrypt"], "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*"}`,
	Ignore: "Where one person or pipeline runs everything, as in a sandbox.",
	Page:   "Key policies in AWS KMS",
	Run:    dutiesNotSeparated,
}

// managing is what separates a manager from a user: revoking grants belongs to both.
var managing = (kms.Set("kms:PutKeyPolicy") | kms.Destroy) &^ kms.Set("kms:RevokeGrant")

// conflict is one identity with both duties.
type conflict struct {
	who           string
	manages, uses []stated
	manage, use   authz.Answer
	manageQ, useQ authz.Query
	asked         stated // the statement to blame
}

func dutiesNotSeparated(p *lint.Pass) {
	allowed := allows(p)
	var order []int
	by := map[int][]conflict{}
	for _, who := range namedIdentities(p.Policy) {
		c, ok := duties(p, allowed, who)
		if !ok {
			continue
		}
		if by[c.asked.Index] == nil {
			order = append(order, c.asked.Index)
		}
		by[c.asked.Index] = append(by[c.asked.Index], c)
	}
	for _, index := range order {
		report(p, by[index])
	}
}

// duties asks which statements let an identity manage and which let it use the key.
func duties(p *lint.Pass, allowed []stated, who string) (c conflict, ok bool) {
	c.who = who
	ask := func(actions kms.ActionSet, via authz.Via) (all []stated, first authz.Answer, q authz.Query) {
		q = authz.Query{Principal: who, Actions: actions, Via: via}
		first.Verdict = authz.No
		for _, st := range allowed {
			if st.may&actions == 0 || !slices.Contains(st.named, who) {
				continue
			}
			if a := p.Ask(q, p.Engine.Direct(0).Of(st.Index)); a.Verdict != authz.No {
				if all = append(all, st); first.Verdict == authz.No {
					first = a
				}
			}
		}
		return all, first, q
	}
	c.manages, c.manage, c.manageQ = ask(managing, authz.AnyWay)
	if len(c.manages) == 0 {
		return c, false
	}
	via := authz.AnyWay
	if slices.ContainsFunc(deployers(p), func(d string) bool { return expand(p, d) == who }) {
		via = authz.Directly // what it creates is encrypted through the services that do so (DESIGN section 6)
	}
	c.uses, c.use, c.useQ = ask(kms.Plaintext, via)
	if len(c.uses) == 0 {
		return c, false
	}
	if !c.together(p) {
		return c, false
	}
	c.asked = c.manages[0]
	for _, st := range c.manages {
		if slices.ContainsFunc(c.uses, func(u stated) bool { return u.Index == st.Index }) {
			c.asked = st
			break
		}
	}
	return c, true
}

// together tells whether one environment of the template gives both duties, where both are sure.
func (c *conflict) together(p *lint.Pass) bool {
	if c.manage.Verdict != authz.Yes || c.use.Verdict != authz.Yes || len(p.Policy.Dimensions) == 0 {
		return true
	}
	direct := p.Engine.Direct(0)
	useThere, manageThere := c.useQ, c.manageQ
	useThere.When, manageThere.When = c.manage.Request.When, c.use.Request.When
	if a := p.Ask(useThere, direct); a.Verdict == authz.Yes {
		c.use = a
		return true
	}
	a := p.Ask(manageThere, direct)
	if a.Verdict == authz.Yes {
		c.manage = a
	}
	return a.Verdict == authz.Yes
}

func report(p *lint.Pass, all []conflict) {
	c := all[0]
	set := p.Engine.Direct(0).Of(c.asked.Index)
	about := lint.About{Set: set, Query: c.manageQ}
	for _, a := range []authz.Answer{c.manage, c.use} {
		if a.Verdict == authz.Undecided {
			undecided(p, c.asked.Statement, a, about, caller(p, c.who)+" both manages and uses the key")
			return
		}
	}
	f := p.Finding(c.manage, c.manageQ, p.Engine.Direct(0))
	if f.Certainty == lint.Always && !p.Engine.Always(c.useQ, p.Engine.Direct(0)) {
		p.Depend(&f, c.use.Request.When)
	}
	whose := caller(p, c.who)
	if n := len(all) - 1; n > 0 {
		whose = fmt.Sprintf("%s, like %d more of the statement's principals,", whose, n)
	}
	f.Message = fmt.Sprintf("%s can call both %s and %s, so nobody else stands between it and the data; leave it one of the two duties",
		whose, c.manage.Request.Action, c.use.Request.Action)
	var fix *lint.Proposal
	if !p.Quiet() {
		fix = oneDuty(p, all, kms.Plaintext|kms.Set("kms:CreateGrant"), func(c conflict) []stated { return c.uses })
		fix.Message = "keep management, and drop the use of the key"
		other := oneDuty(p, all, broad, func(c conflict) []stated { return c.manages })
		other.Message = "keep the use of the key, and leave management to another principal"
		other.Text, other.Language = "take "+sentence((c.asked.may&broad&kms.Effective).Names())+" out of the statement, and name another role for them", "text"
		fix.Others = []*lint.Proposal{other}
	}
	p.Report(f, c.asked.Statement, about, fix)
}

// oneDuty proposes to take the actions of the other duty from the identities, in the statements that give it.
func oneDuty(p *lint.Pass, all []conflict, drop kms.ActionSet, giving func(conflict) []stated) *lint.Proposal {
	pr := &lint.Proposal{}
	kept, lost, stays := "management", "the use of the key", kms.Manage&^drop
	if drop&kms.Plaintext == 0 {
		kept, lost, stays = lost, kept, kms.Cryptographic&^drop
	}
	var who []string
	for _, c := range all {
		who = append(who, c.who)
		pr.Kept = append(pr.Kept, kept+" by "+p.Show(c.who))
		pr.Lost = append(pr.Lost, lost+" by "+p.Show(c.who))
		pr.Keeps = append(pr.Keeps, authz.Query{Principal: c.who, Actions: stays})
	}
	pr.Keeps = append(pr.Keeps, authz.Query{Except: who})
	done := map[int]bool{}
	for _, c := range all {
		for _, st := range giving(c) {
			if done[st.Index] {
				continue
			}
			done[st.Index] = true
			pr.Loses = pr.Loses.Or(p.Engine.Direct(0).Of(st.Index))
			edits, ok := take(p, st, who, drop)
			if !ok {
				pr.WhyNot = "the statement that lets it do so is not written out so that it can be edited"
				pr.Text, pr.Language = "take "+caller(p, c.who)+" out of the statement that gives it "+lost, "text"
				return pr
			}
			pr.Changes = append(pr.Changes, lint.Change{Edits: edits})
		}
	}
	stillManaged(p, pr)
	var edits []syntax.Edit
	for _, c := range pr.Changes {
		edits = append(edits, c.Edits...)
	}
	after(p, pr, edits)
	return pr
}

// take takes the actions from the callers in one statement: from its actions where it is theirs alone, else the callers from its principals.
func take(p *lint.Pass, st stated, who []string, drop kms.ActionSet) ([]syntax.Edit, bool) {
	f := p.Document()
	if st.allAmong(who) {
		if !st.plainActions() || st.NotAction {
			return nil, false
		}
		if list := without(st.Statement, drop); len(list) > 0 && len(list) <= maxWrittenOut {
			return writeActions(f, st.Statement, list), true
		}
		return nil, false
	}
	return leaveOut(p, st, func(q principal) bool { return slices.Contains(who, q.Text) })
}

// leaveOut takes principals out of the list of a statement.
func leaveOut(p *lint.Pass, st stated, who func(principal) bool) ([]syntax.Edit, bool) {
	f := p.Document()
	if !st.written() || st.NotPrincipal {
		return nil, false
	}
	list := st.PrincipalNode.Get("AWS")
	if list == nil || list.Kind != syntax.Sequence {
		return nil, false
	}
	var left []*syntax.Node
	gone := -1
	for i, item := range list.Items {
		if slices.ContainsFunc(st.Principals, func(q principal) bool { return q.Node == item && who(q) }) {
			gone = i
			continue
		}
		left = append(left, clone(item))
	}
	switch {
	case len(left) == len(list.Items) || len(left) == 0:
		return nil, false
	case len(left) == len(list.Items)-1:
		return []syntax.Edit{f.RemoveItem(list, gone)}, true
	}
	return []syntax.Edit{f.Replace(list, syntax.NewSequence(left...))}, true
}
