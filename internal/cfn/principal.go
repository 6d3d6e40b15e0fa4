package cfn

import (
	"github.com/kmsguard/kmsguard/internal/policy"
)

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
