package authz_test

import (
	"fmt"
	"testing"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// TestAlways: a set holds always, or depends on the dimensions that its statements speak of; others cost nothing.
func TestAlways(t *testing.T) {
	open := object("Effect", text("Allow"), "Principal", text("*"), "Action", text("kms:Decrypt"), "Resource", text("*"))
	choice := func(first, second *policy.Value) *policy.Value {
		return &policy.Value{Kind: policy.Choice, Node: node, Options: []policy.Option{
			{When: policy.Guard{"IsProd": "true"}, Value: first}, {When: policy.Guard{"IsProd": "false"}, Value: second}}}
	}
	absent := &policy.Value{Kind: policy.Absent, Node: node}
	many := options
	for i := range 20 {
		many.Dimensions = append(many.Dimensions[:len(many.Dimensions):len(many.Dimensions)], policy.Dimension{Name: fmt.Sprintf("Other%02d", i), Values: []string{"true", "false"}})
	}
	for _, test := range []struct {
		name      string
		statement *policy.Value
		when      policy.Guard
		want      bool
	}{
		{"without a choice", open, nil, true},
		{"in one environment", choice(open, absent), nil, false},
		{"in that environment", choice(open, absent), policy.Guard{"IsProd": "true"}, true},
		{"in every environment, by different statements", choice(open, with(open, "Action", text("kms:*"))), nil, true},
		{"in an environment that a tied one leaves", choice(open, absent), policy.Guard{"Stage": "prod"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := policy.Read(object("Version", text("2012-10-17"), "Statement", &policy.Value{Kind: policy.List, Items: []*policy.Value{test.statement}, Node: node}), many)
			e := authz.New(p)
			if got := e.Always(authz.Query{When: test.when}, e.Direct(0)); got != test.want {
				t.Errorf("%t, want %t", got, test.want)
			}
		})
	}
}

func BenchmarkSummary(b *testing.B) {
	for b.Loop() {
		authz.New(hundred).Summary(0)
	}
}
