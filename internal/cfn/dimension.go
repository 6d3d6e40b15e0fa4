package cfn

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// dimension is a parameter or condition with all it can be.
func (t *Template) dimension(name string) policy.Dimension {
	if d := t.domains[name]; d != nil {
		values := slices.Clone(d.values)
		if d.open || len(values) == 0 {
			values = append(values, policy.Other)
		}
		return policy.Dimension{Name: name, Values: values}
	}
	return policy.Dimension{Name: name, Values: []string{"true", "false"}}
}

// dimensions lists the dimensions that the guards of v and the further names speak of, with the conditions' own
// variables, and the combinations that no deployment has.
func (t *Template) dimensions(names ...string) (all []policy.Dimension, impossible []policy.Guard) {
	seen := map[string]bool{}
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		all = append(all, t.dimension(name))
		if c := t.byDimension[name]; c != nil {
			names = append(names, c.variables...)
			impossible = append(impossible, c.impossible...)
		}
	}
	impossible = append(impossible, t.ties(seen)...)
	slices.SortFunc(all, func(a, b policy.Dimension) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(impossible, compareGuards)
	return all, impossible
}

func compareGuards(a, b policy.Guard) int { return cmp.Compare(guardText(a), guardText(b)) }

func guardText(g policy.Guard) string {
	s := ""
	for _, k := range slices.Sorted(maps.Keys(g)) {
		s += k + "=" + g[k] + "\n"
	}
	return s
}

// guardNames appends the dimensions that guards inside v speak of.
func guardNames(v *policy.Value, names *[]string) {
	for _, o := range v.Options {
		for name := range o.When {
			*names = append(*names, name)
		}
		guardNames(o.Value, names)
	}
	for _, item := range v.Items {
		guardNames(item, names)
	}
	for _, m := range v.Members {
		guardNames(m.Value, names)
	}
}

// prune drops the options of choices that no deployment takes: an Fn::If that leads to a parameter's Default of "", say,
// where the condition says that it is not empty.
func prune(v *policy.Value, when policy.Guard, impossible []policy.Guard) *policy.Value {
	if len(impossible) == 0 || v.Kind == policy.Text {
		return v
	}
	pruned := *v
	pruned.Items, pruned.Members, pruned.Options = nil, nil, nil
	for _, item := range v.Items {
		pruned.Items = append(pruned.Items, prune(item, when, impossible))
	}
	for _, m := range v.Members {
		pruned.Members = append(pruned.Members, policy.Member{Key: m.Key, KeyNode: m.KeyNode, Value: prune(m.Value, when, impossible)})
	}
	for _, o := range v.Options {
		both, ok := when.And(o.When)
		if ok && !slices.ContainsFunc(impossible, func(g policy.Guard) bool { return within(both, g) }) {
			pruned.Options = append(pruned.Options, policy.Option{When: o.When, Value: prune(o.Value, both, impossible)})
		}
	}
	if v.Kind == policy.Choice && len(pruned.Options) == 0 {
		return v // no deployment gets here at all: whatever stands here does no harm
	}
	return &pruned
}
