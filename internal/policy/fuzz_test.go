package policy_test

import (
	"fmt"
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// FuzzRead reads what anyone may write, with choices put into it, and checks what everyone who reasons about a policy relies on.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"Version": "2012-10-17", "Statement": [{` + whole + `}]}`,
		`{"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": ["*", "111122223333", null]}, "NotAction": [], "NotResource": {}, "Condition": {"ForAllValues:StringLikeIfExists": {"aws:PrincipalArn": [1, true, ["x"]]}}}}`,
		`{"Statement": ["a", [], {}, null, {"Sid": "“", "Sid": "b"}]}`,
		"Statement:\n- &a {Effect: Allow, Principal: {AWS: 012345678901}}\n- *a\n- <<: *a\n",
		`[]`, `"x"`, `{}`, "~", `{"Version": ["2012-10-17"]}`,
	} {
		for _, choices := range []uint64{0, 1, 0xffff, 0x123456789abcdef} {
			f.Add([]byte(seed), choices)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, choices uint64) {
		tree, err := syntax.Parse("policy.yaml", src)
		if err != nil || tree.Root() == nil {
			return
		}
		var s policy.Symbols
		m := mixer{bits: choices, symbols: &s}
		v := m.mix(policy.FromSyntax(tree.Root()))
		opt := policy.Options{Symbols: &s, Dimensions: append(conditions("A", "B"), policy.Dimension{Name: "P", Values: []string{"x", "y", policy.Other}})}
		p := policy.Read(v, opt)
		laws(t, p)
		before := shape(p)
		if again := shape(policy.Read(v, opt)); again != before {
			t.Fatalf("reading twice differs:\n%s\n%s", before, again)
		}
		p.SetOwn(own)
		laws(t, p)
		for _, st := range p.Statements {
			for _, q := range st.Principals {
				switch q.Kind {
				case policy.AccountRoot, policy.User, policy.Role, policy.RoleSession, policy.FederatedUser:
					if kind, account, _, _ := policy.ParsePrincipal(q.Text); kind != q.Kind || account != q.Account || !policy.IsAccount(account) {
						t.Errorf("principal %+v is written as %s of %q", q, kind, account)
					}
				}
			}
		}
	})
}

func laws(t *testing.T, p *policy.Policy) {
	t.Helper()
	dimensions := map[string][]string{}
	for _, d := range p.Dimensions {
		dimensions[d.Name] = d.Values
	}
	byIndex := map[int][]*policy.Statement{}
	for _, st := range p.Statements {
		if st.Index < 0 || st.Index >= max(p.Count, 1) {
			t.Errorf("statement %d of %d", st.Index, p.Count)
		}
		for _, o := range byIndex[st.Index] {
			if _, both := st.When.And(o.When); both {
				t.Errorf("two alternatives of statement %d hold at once: %v and %v", st.Index, st.When, o.When)
			}
		}
		byIndex[st.Index] = append(byIndex[st.Index], st)
		if st.Effect != policy.Allow && st.Effect != policy.Deny && st.Inert == "" && len(p.Unknown) == 0 {
			t.Errorf("statement %d has the effect %q and is not inert", st.Index, st.Effect)
		}
		if st.Inert == "" && (len(st.Principals) == 0 || len(st.Actions) == 0 || len(st.Resources) == 0) {
			t.Errorf("statement %d lacks an element and is not inert", st.Index)
		}
		for k, v := range st.When {
			if !contains(dimensions[k], v) {
				t.Errorf("guard %s = %s is no value of the dimension", k, v)
			}
		}
	}
	for _, q := range p.Problems {
		if q.Node == nil || q.Message == "" || q.Kind == "" || q.Statement < -1 {
			t.Errorf("problem %+v", q)
		}
	}
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// shape is what two readings of one policy must agree in.
func shape(p *policy.Policy) string {
	text := fmt.Sprint(p.Version, p.Count, p.Partition, each(p), problems(p), constructs(p))
	for _, q := range p.Problems {
		text += fmt.Sprint(map[string]string(q.When))
	}
	return text
}

// mixer puts choices, absent parts, hidden parts and symbols into a value, as bits tell.
type mixer struct {
	bits    uint64
	symbols *policy.Symbols
	depth   int
}

func (m *mixer) next() uint64 {
	m.bits = m.bits*6364136223846793005 + 1442695040888963407
	return m.bits >> 33
}

func (m *mixer) mix(v *policy.Value) *policy.Value {
	if m.bits == 0 || m.depth > 60 {
		return v
	}
	m.depth++
	defer func() { m.depth-- }()
	c := *v
	c.Items, c.Members = nil, nil
	for _, item := range v.Items {
		c.Items = append(c.Items, m.mix(item))
	}
	for _, o := range v.Members {
		c.Members = append(c.Members, policy.Member{Key: o.Key, KeyNode: o.KeyNode, Value: m.mix(o.Value)})
	}
	other := func() *policy.Value {
		switch m.next() % 4 {
		case 0:
			return &policy.Value{Kind: policy.Absent, Node: v.Node}
		case 1:
			return &policy.Value{Kind: policy.Unknown, Construct: "Fn::Transform", Node: v.Node}
		case 2:
			return &policy.Value{Kind: policy.Text, Text: m.symbols.Rune("${P}"), Node: v.Node}
		}
		return &policy.Value{Kind: policy.List, Node: v.Node} // not the value itself: values are trees
	}
	switch name := [...]string{"A", "B", "P"}[m.next()%3]; m.next() % 12 {
	case 0:
		options := []policy.Option{{When: policy.Guard{name: "true"}, Value: &c}, {When: policy.Guard{name: "false"}, Value: other()}}
		if name == "P" {
			options = []policy.Option{{When: policy.Guard{name: "x"}, Value: &c}, {When: policy.Guard{name: "y"}, Value: other()}, {When: policy.Guard{name: policy.Other}, Value: other()}}
		}
		return &policy.Value{Kind: policy.Choice, Node: v.Node, Options: options}
	case 1:
		return other()
	}
	return &c
}
