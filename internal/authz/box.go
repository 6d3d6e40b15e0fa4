package authz

import (
	"slices"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// box is a set of requests of one case: a conjunction of an action set, tests, and a guard over the template's dimensions.
type box struct {
	statement int
	actions   kms.ActionSet
	literals  []literal
	when      policy.Guard
	// unknown are parts of the statement of unknown truth. Read in favour, they hold; read against, the box is empty.
	unknown []doubt
}

// part is what a statement contributes to a policy.
type part uint8

const (
	direct part = iota
	delegated
	denied
)

// boxes returns the boxes of one part of a policy in one case.
func (e *Engine) boxes(i int, want part, c int) []box {
	id := boxesID{i, want, c}
	if bs, ok := e.compiled[id]; ok {
		return bs
	}
	p, s := e.policies[i], e.cases[c]
	var all []box
	for _, st := range p.Statements {
		if st.Inert == "" && (st.Effect == policy.Deny) == (want == denied) {
			all = append(all, e.statement(p, st, want, s)...)
		}
	}
	for _, u := range p.Unknown {
		all = append(all, box{statement: -1, actions: kms.All, when: u.When, unknown: []doubt{doubtAt(u.Construct, u.Node)}})
	}
	e.compiled[id] = all
	return all
}

type boxesID struct {
	policy int
	part   part
	c      int
}

// statement compiles one statement for a case.
func (e *Engine) statement(p *policy.Policy, st *policy.Statement, want part, s situation) []box {
	b := box{statement: st.Index, when: st.When}
	b.actions = e.actions(&b, st)
	if want != denied {
		// What a key policy can allow at all, and across accounts (semantics.md §3.1, §2.4).
		b.actions &= kms.Effective
		if s.caller != kms.ServiceCaller && !s.own {
			b.actions &= kms.CrossAccount
		}
	}
	if b.actions == 0 || !e.resource(&b, p, st) {
		return nil
	}
	for _, c := range st.Conditions {
		v := e.condition(p, c, s)
		switch {
		case v.unknown != "":
			b.unknown = append(b.unknown, doubtOn(v.unknown, c))
		case v.literal != 0:
			b.literals = append(b.literals, v.literal)
		case !v.constant:
			return nil
		}
	}
	var all []box
	for _, who := range e.principals(p, st, want, s) {
		one := b
		one.literals = append(slices.Clone(b.literals), who.literals...)
		one.unknown = append(slices.Clone(b.unknown), who.unknown...)
		all = append(all, one)
	}
	return all
}

// actions expands Action or NotAction.
func (e *Engine) actions(b *box, st *policy.Statement) kms.ActionSet {
	var set kms.ActionSet
	hidden := false
	for _, a := range st.Actions {
		if a.Unknown != "" {
			b.unknown = append(b.unknown, doubtAt(a.Unknown, a.Node))
			hidden = true
			continue
		}
		set |= kms.Expand(a.Text)
	}
	switch {
	case st.NotAction:
		return kms.All &^ set
	case hidden:
		return kms.All
	}
	return set
}

// resource tells whether the statement can be about the key; where only some keys of the account fit, that is unknown (semantics.md §1.5).
func (e *Engine) resource(b *box, p *policy.Policy, st *policy.Statement) bool {
	all, some := false, false
	why := "Resource fits some keys only"
	for _, r := range st.Resources {
		switch {
		case r.Unknown != "":
			some, why = true, r.Unknown
		case r.Text == "*":
			all = true
		default:
			fits, every := e.fits(p, r.Text)
			all, some = all || every, some || fits
		}
	}
	if st.NotResource {
		all, some = !some && !all, !all
	}
	if !all && some {
		b.unknown = append(b.unknown, doubtAt(why, st.ResourceNode))
	}
	return all || some
}

// fits tells whether a Resource pattern fits some ARN of a key of the own account, and whether it fits every one.
func (e *Engine) fits(p *policy.Policy, pattern string) (some, every bool) {
	keys := glob.Concat(glob.Literal("arn:"+e.partition+":kms:"), glob.WildcardExcept("?*", ':'), glob.Literal(":"+e.own+":key/"), glob.WildcardExcept("?*", '/'))
	w := glob.Wildcard(pattern)
	_, some, err := glob.Language{All: [][]glob.Pattern{{keys}, {w}}}.Member(e.globs())
	if err != nil {
		return true, false
	}
	_, rest, err := glob.Language{All: [][]glob.Pattern{{keys}}, None: []glob.Pattern{w}}.Member(e.globs())
	return some, err == nil && !rest
}
