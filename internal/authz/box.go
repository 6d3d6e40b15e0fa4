package authz

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// box is a set of requests of one case: a conjunction of an action set and tests. The guard over the template's
// dimensions is among the tests.
type box struct {
	statement int
	actions   kms.ActionSet
	literals  []literal
	// doubts are facts nobody knows that must hold beside.
	doubts []literal
}

// part is what a statement contributes to a policy.
type part uint8

const (
	direct part = iota
	delegated
	denied
)

type boxesID struct {
	policy int
	part   part
	number int // of the case
}

// boxes returns the boxes of one part of a policy in one case.
func (e *Engine) boxes(i int, want part, s *situation) []box {
	id := boxesID{i, want, s.number}
	if bs, ok := e.compiled[id]; ok {
		return bs
	}
	var all []box
	p := e.policies[i]
	if want != delegated || s.caller != kms.RootUser && s.caller != kms.ServiceCaller {
		for _, st := range p.Statements {
			if st.Inert == "" && (st.Effect == policy.Deny) == (want == denied) {
				all = append(all, e.statement(p, st, want, s)...)
			}
		}
		for _, u := range p.Unknown {
			b := box{statement: -1, actions: e.possible(want, s)}
			e.guard(&b, u.When)
			b.doubts = []literal{e.tests.doubt(fmt.Sprintf("unread %d %s %s", want, u.Construct, nodeText(u.Node)), u.Construct)}
			all = append(all, b)
		}
	}
	e.compiled[id] = all
	return all
}

// possible returns the actions that a part can be about: what a key policy can allow at all, and across accounts (semantics.md §3.1, §2.4). Deny knows no such limits (§2.3).
func (e *Engine) possible(want part, s *situation) kms.ActionSet {
	switch {
	case want == denied:
		return asked
	case s.caller != kms.ServiceCaller && !s.own:
		return kms.Effective & kms.CrossAccount
	}
	return kms.Effective
}

// guard adds the environments of a template.
func (e *Engine) guard(b *box, g policy.Guard) {
	for _, name := range slices.Sorted(maps.Keys(g)) {
		b.literals = append(b.literals, e.tests.is(environment+name, g[name]))
	}
}

// statement compiles one statement for a case.
func (e *Engine) statement(p *policy.Policy, st *policy.Statement, want part, s *situation) []box {
	callers := e.principals(st, want, s)
	if len(callers) == 0 {
		return nil
	}
	b := box{statement: st.Index}
	b.actions = e.actions(&b, st) & e.possible(want, s)
	if b.actions == 0 || !e.resource(&b, p, st) {
		return nil
	}
	e.guard(&b, st.When)
	for i := range st.Conditions {
		v := e.condition(&st.Conditions[i], p.Variables(), s, e.conditions)
		switch {
		case v.doubt != 0:
			b.doubts = append(b.doubts, v.doubt)
		case v.literal != 0:
			b.literals = append(b.literals, v.literal)
		case !v.constant:
			return nil
		}
	}
	var all []box
	for _, c := range callers {
		one := b
		one.literals = distinct(slices.Concat(c.literals, b.literals))
		one.doubts = distinct(slices.Concat(c.doubts, b.doubts))
		all = append(all, one)
	}
	return all
}

// distinct drops literals that stand twice.
func distinct(ls []literal) []literal {
	out := ls[:0]
	for _, l := range ls {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// actions expands Action or NotAction. One of hidden value may be any action, or none.
func (e *Engine) actions(b *box, st *policy.Statement) kms.ActionSet {
	var set kms.ActionSet
	hidden := false
	for _, a := range st.Actions {
		service, _, _ := strings.Cut(a.Text, ":")
		switch {
		case a.Unknown != "":
			b.doubts = append(b.doubts, e.tests.doubt("action "+nodeText(a.Node), a.Unknown))
			hidden = true
		case a.Text != "*" && strings.ContainsAny(service, "*?"):
			b.doubts = append(b.doubts, e.tests.doubt("action "+a.Text, "a wildcard in the service prefix of an action (UNVERIFIED)"))
			hidden = true
		default:
			set |= kms.Expand(a.Text)
		}
	}
	switch {
	case st.NotAction:
		return kms.All &^ set
	case hidden:
		return kms.All
	}
	return set
}

// resource tells whether the statement can be about the key; where only some keys of the account fit, that is not known (semantics.md §1.5).
func (e *Engine) resource(b *box, p *policy.Policy, st *policy.Statement) bool {
	all, some := false, false
	why, identity := "Resource fits some keys only", "resource"
	for _, r := range st.Resources {
		switch {
		case r.Unknown != "":
			some, why = true, r.Unknown
			identity += " " + nodeText(r.Node)
		case p.Variables() && strings.Contains(r.Text, "${"):
			some, why = true, "a policy variable in Resource"
			identity += " " + r.Text
		case r.Text == "*":
			all = true
		default:
			f := e.fits(r.Text)
			all, some = all || f.every, some || f.some
			identity += " " + r.Text
		}
	}
	if all || !some {
		return all != st.NotResource
	}
	l := e.tests.doubt(identity, why)
	if st.NotResource {
		l = -l
	}
	b.doubts = append(b.doubts, l)
	return true
}

// fitting tells whether a Resource pattern fits some ARN of a key of the own account, and whether it fits every one.
type fitting struct{ some, every bool }

func (e *Engine) fits(pattern string) fitting {
	if f, ok := e.fitting[pattern]; ok {
		return f
	}
	region := glob.WildcardExcept("?*", ':')
	if own := e.policies[0].Symbols.Region(pattern); own != "" {
		region = glob.Literal(own)
	}
	keys := glob.Concat(glob.Literal("arn:"+e.partition+":kms:"), region, glob.Literal(":"+e.own+":key/"), glob.WildcardExcept("?*", '/'))
	w := glob.Wildcard(pattern)
	_, some, err := glob.Language{All: [][]glob.Pattern{{keys}, {w}}}.Member(newBudget())
	_, rest, restErr := glob.Language{All: [][]glob.Pattern{{keys}}, None: []glob.Pattern{w}}.Member(newBudget())
	f := fitting{some || err != nil, restErr == nil && !rest}
	e.fitting[pattern] = f
	return f
}

func newBudget() *glob.Budget { return &glob.Budget{States: maxStates} }

// nodeText tells nodes apart by what they say: the same construct with the same operands has the same value.
func nodeText(n *syntax.Node) string {
	var b strings.Builder
	writeNode(&b, n, 0)
	return b.String()
}

func writeNode(b *strings.Builder, n *syntax.Node, depth int) {
	if n = n.Resolved(); n == nil || depth > 50 {
		return
	}
	fmt.Fprintf(b, "%s%q(", n.Tag, n.Value)
	for _, m := range n.Members {
		writeNode(b, m.Key, depth+1)
		writeNode(b, m.Value, depth+1)
	}
	for _, item := range n.Items {
		writeNode(b, item, depth+1)
	}
	b.WriteByte(')')
}
