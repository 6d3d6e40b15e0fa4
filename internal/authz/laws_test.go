package authz_test

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/policy"
)

var lawCases = flag.Int("laws", 120, "random policies on which each law is tried")

// within proves that all access of one policy is access of another, in each of the ways: direct, delegated, denied.
func within(t *testing.T, law string, small, large []*policy.Value, sets ...func(e *authz.Engine, policy int) authz.Set) {
	t.Helper()
	e := authz.New(policyOf(small), policyOf(large))
	for i, set := range sets {
		if a := e.Find(authz.Query{}, set(e, 0).Less(set(e, 1))); a.Verdict != authz.No {
			t.Fatalf("%s: set %d: %v because %v, request %+v\nof%s\nin%s", law, i, a.Verdict, a.Because, a.Request, showAll(small), showAll(large))
		}
	}
}

func directSet(e *authz.Engine, i int) authz.Set    { return e.Direct(i) }
func delegatedSet(e *authz.Engine, i int) authz.Set { return e.Delegated(i) }
func deniedSet(e *authz.Engine, i int) authz.Set    { return e.Denied(i, -1) }

// same proves that two policies mean the same.
func same(t *testing.T, law string, a, b []*policy.Value) {
	t.Helper()
	within(t, law, a, b, directSet, delegatedSet, deniedSet)
	within(t, law, b, a, directSet, delegatedSet, deniedSet)
}

func TestLaws(t *testing.T) {
	for i := range uint64(*lawCases) {
		d := roll(*seed + i)
		p := d.statements(4)
		wider := append(slices.Clone(p), d.statement("Allow"))
		widest := append(slices.Clone(wider), d.statement("Allow"))
		tighter := append(slices.Clone(p), d.statement("Deny"))
		within(t, "inclusion is reflexive", p, p, directSet, delegatedSet, deniedSet)
		within(t, "an added Allow never removes access", p, wider, directSet, delegatedSet)
		within(t, "an added Allow never removes access", wider, widest, directSet, delegatedSet)
		within(t, "inclusion is transitive", p, widest, directSet, delegatedSet)
		within(t, "an added Deny never adds access", tighter, p, directSet, delegatedSet)
		same(t, "order means nothing", p, reversed(p))
		same(t, "splitting means nothing", p, split(p))
		same(t, "letter case of actions means nothing", p, recase(p))
		same(t, "saying it twice means nothing", p, append(slices.Clone(p), p[0]))
	}
}

// TestTransitivity looks at triples of unlike policies: what is proved of two pairs holds of the third.
func TestTransitivity(t *testing.T) {
	proved := 0
	for i := range uint64(*lawCases) {
		d := roll(*seed + i)
		a, b, c := d.statements(2), d.statements(3), d.statements(4)
		b, c = append(b, a[0]), append(c, b...)
		e := authz.New(policyOf(a), policyOf(b), policyOf(c))
		in := func(i, j int) bool {
			return e.Find(authz.Query{}, e.Direct(i).Less(e.Direct(j))).Verdict == authz.No
		}
		if in(0, 1) && in(1, 2) {
			proved++
			if !in(0, 2) {
				t.Errorf("%s\nin%s\nin%s", showAll(a), showAll(b), showAll(c))
			}
		}
	}
	t.Logf("%d of %d triples are chains", proved, *lawCases)
}

func reversed(p []*policy.Value) []*policy.Value {
	q := slices.Clone(p)
	slices.Reverse(q)
	return q
}

// split gives each action of a list a statement of its own.
func split(p []*policy.Value) []*policy.Value {
	var all []*policy.Value
	for _, s := range p {
		actions := s.Get("Action")
		if actions == nil || actions.Kind != policy.List {
			all = append(all, s)
			continue
		}
		for _, a := range actions.Items {
			all = append(all, with(s, "Action", a))
		}
	}
	return all
}

// with returns the statement with another value of a member.
func with(s *policy.Value, name string, v *policy.Value) *policy.Value {
	c := *s
	c.Members = slices.Clone(s.Members)
	for i := range c.Members {
		if c.Members[i].Key == name {
			c.Members[i].Value = v
		}
	}
	return &c
}

func recase(p []*policy.Value) []*policy.Value {
	var all []*policy.Value
	for _, s := range p {
		for _, name := range []string{"Action", "NotAction"} {
			if v := s.Get(name); v != nil {
				s = with(s, name, upper(v))
			}
		}
		all = append(all, s)
	}
	return all
}

func upper(v *policy.Value) *policy.Value {
	if v.Kind == policy.Text {
		return text(strings.ToUpper(v.Text))
	}
	u := &policy.Value{Kind: v.Kind, Node: v.Node}
	for _, i := range v.Items {
		u.Items = append(u.Items, upper(i))
	}
	return u
}
