package authz_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// mutant is a changed policy. widens says what the change can do: give access, or only take it or none.
type mutant struct {
	name       string
	widens     bool
	statements []*policy.Value
}

// mutants changes one thing at a time.
func mutants(p []*policy.Value) []mutant {
	var all []mutant
	for i, s := range p {
		allow := s.Get("Effect") != nil && s.Get("Effect").Text == "Allow"
		one := func(name string, widens bool, v *policy.Value) {
			q := slices.Clone(p)
			q[i] = v
			all = append(all, mutant{name, widens == allow, q})
		}
		all = append(all, mutant{"drop", !allow, append(slices.Clone(p[:i]), p[i+1:]...)}, mutant{"twice", false, append(slices.Clone(p), s)})
		if s.Get("Principal") != nil {
			one("everyone", true, with(s, "Principal", text("*")))
			one("nobody", false, with(s, "Principal", object("AWS", text("AROAEXAMPLEEXAMPLE12"))))
		}
		if v := s.Get("Action"); v != nil {
			one("all actions", true, with(s, "Action", text("kms:*")))
			one("one action", false, with(s, "Action", firstOf(v)))
		}
		if v := s.Get("Condition"); v != nil && v.Kind == policy.Object {
			for j, block := range v.Members {
				one("no "+block.Key, true, with(s, "Condition", &policy.Value{Kind: policy.Object, Node: node, Members: append(slices.Clone(v.Members[:j]), v.Members[j+1:]...)}))
			}
			one("a tag too", false, with(s, "Condition", joined(v, object("StringEquals", object("aws:PrincipalTag/mutant", text("yes"))))))
		} else if v == nil {
			c := *s
			c.Members = slices.Clone(s.Members)
			put(&c, "Condition", object("StringEquals", object("aws:PrincipalTag/mutant", text("yes"))))
			one("a tag", false, &c)
		}
		if allow {
			q := append(slices.Clone(p), with(s, "Effect", text("Deny")))
			all = append(all, mutant{"denied", false, q})
		}
	}
	return append(all, mutant{"reversed", false, reversed(p)}, mutant{"split", false, split(p)}, mutant{"upper case", false, recase(p)},
		mutant{"stranger", true, append(slices.Clone(p), object("Effect", text("Allow"), "Principal", object("AWS", text("arn:aws:iam::999900001111:role/Admin")), "Action", text("kms:Decrypt"), "Resource", text("*")))})
}

func firstOf(v *policy.Value) *policy.Value {
	if v.Kind == policy.List && len(v.Items) > 0 {
		return v.Items[0]
	}
	return v
}

// joined adds the blocks of an object to those of another.
func joined(v, more *policy.Value) *policy.Value {
	c := &policy.Value{Kind: policy.Object, Node: node}
	for _, m := range v.Members {
		if b := more.Get(m.Key); b != nil && m.Value.Kind == policy.Object {
			m.Value = &policy.Value{Kind: policy.Object, Node: node, Members: append(slices.Clone(m.Value.Members), b.Members...)}
		}
		c.Members = append(c.Members, m)
	}
	for _, m := range more.Members {
		if v.Get(m.Key) == nil {
			c.Members = append(c.Members, m)
		}
	}
	return c
}

// fuzzed is the number of requests that try to contradict a proof.
const fuzzed = 300

// TestMutants: the difference query finds each change that gives access, with a witness that replays, and none that gives nothing.
func TestMutants(t *testing.T) {
	policies := keyPolicies(t)
	total, widening, hidden, undecided := 0, 0, 0, 0
	d := roll(7)
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		old := policyOf(policies[name])
		for _, m := range mutants(policies[name]) {
			total++
			changed := policyOf(m.statements)
			e := authz.New(old, changed)
			a := e.Find(authz.Query{}, e.Beyond(e.Reach(1), 0))
			switch {
			case a.Verdict == authz.Yes && !m.widens:
				t.Errorf("%s, %s: reported, but it gives no access: %+v%s", name, m.name, a.Request, showAll(m.statements))
			case a.Verdict == authz.Yes:
				widening++
				if !gains(old, changed, a.Request) {
					t.Errorf("%s, %s: the witness does not replay: %+v\nold%s\nnew%s", name, m.name, a.Request, showAll(policies[name]), showAll(m.statements))
				}
			case a.Verdict == authz.Undecided:
				undecided++
				t.Logf("%s, %s: undecided because %v", name, m.name, a.Because)
				if !m.widens {
					t.Errorf("%s, %s: undecided, but it gives no access", name, m.name)
				}
			case m.widens:
				hidden++ // other statements say as much, or a Deny hides it: try to show the contrary
				pool, callers := sampler(old, changed)
				for range fuzzed {
					if r := d.requestFrom(pool, callers); gains(old, changed, r) {
						t.Errorf("%s, %s: not found: %+v%s", name, m.name, r, showAll(m.statements))
						break
					}
				}
			}
		}
	}
	t.Logf("%d mutants of %d policies: %d give access, %d could but do not, %d undecided", total, len(policies), widening, hidden, undecided)
	if len(policies) < 25 || total < 500 {
		t.Errorf("%d mutants of %d policies", total, len(policies))
	}
}

// gains tells whether the evaluator gives the request in the new policy what the old one does not give.
func gains(old, changed *policy.Policy, r policy.Request) bool {
	r, err := eval.Complete(old, r)
	if err != nil {
		return false
	}
	before, after := eval.KeyPolicy(old, r), eval.KeyPolicy(changed, r)
	return after.Direct == eval.Yes && before.Direct == eval.No ||
		after.Delegated == eval.Yes && before.Direct == eval.No && before.Delegated == eval.No
}
