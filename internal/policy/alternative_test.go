package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
)

func statement(effect, principal, action any) *policy.Value {
	return object("Effect", effect, "Principal", principal, "Action", action, "Resource", "*")
}

func version2012(statements *policy.Value) *policy.Value {
	return object("Version", "2012-10-17", "Statement", statements)
}

// each lists the statements with their guards.
func each(p *policy.Policy) string {
	var parts []string
	for _, st := range p.Statements {
		var actions []string
		for _, a := range st.Actions {
			actions = append(actions, a.Text)
		}
		line := fmt.Sprintf("%d %s %s %s", st.Index, st.Effect, describe(st.Principals), strings.Join(actions, ","))
		if len(st.When) > 0 {
			line += fmt.Sprintf(" when %v", map[string]string(st.When))
		}
		parts = append(parts, line)
	}
	return strings.Join(parts, "\n")
}

func TestAlternatives(t *testing.T) {
	app := func() *policy.Value { return object("AWS", role) }
	for _, c := range []struct {
		name    string
		policy  *policy.Value
		want    string
		unknown string
		count   int
	}{
		{"an action", version2012(list(statement("Allow", app(), choose("Prod", text("kms:Encrypt"), text("kms:*"))))),
			"0 Allow role 111122223333 App kms:Encrypt when map[Prod:true]\n0 Allow role 111122223333 App kms:* when map[Prod:false]", "", 1},
		{"an item of a list", version2012(list(statement("Allow", app(), list(text("kms:Encrypt"), choose("Prod", absent(), text("kms:Decrypt")), text("kms:Get*"))))),
			"0 Allow role 111122223333 App kms:Encrypt,kms:Get* when map[Prod:true]\n0 Allow role 111122223333 App kms:Encrypt,kms:Decrypt,kms:Get* when map[Prod:false]", "", 1},
		{"two absent parts", version2012(list(statement("Allow", app(), list(choose("A", absent(), absent()), text("kms:Encrypt"))))),
			"0 Allow role 111122223333 App kms:Encrypt when map[A:true]\n0 Allow role 111122223333 App kms:Encrypt when map[A:false]", "", 1},
		{"one condition twice", version2012(list(statement("Allow", choose("Prod", app(), text("*")), choose("Prod", text("kms:Encrypt"), text("kms:*"))))),
			"0 Allow role 111122223333 App kms:Encrypt when map[Prod:true]\n0 Allow everyone kms:* when map[Prod:false]", "", 1},
		{"two conditions", version2012(list(statement("Allow", choose("A", app(), text("*")), choose("B", text("kms:Encrypt"), text("kms:*"))))),
			"0 Allow role 111122223333 App kms:Encrypt when map[A:true B:true]\n0 Allow role 111122223333 App kms:* when map[A:true B:false]\n" +
				"0 Allow everyone kms:Encrypt when map[A:false B:true]\n0 Allow everyone kms:* when map[A:false B:false]", "", 1},
		{"a choice in a choice", version2012(list(statement("Allow", app(), choose("A", choose("B", text("kms:Encrypt"), text("kms:Decrypt")), choose("A", text("impossible"), text("kms:*")))))),
			"0 Allow role 111122223333 App kms:Encrypt when map[A:true B:true]\n0 Allow role 111122223333 App kms:Decrypt when map[A:true B:false]\n0 Allow role 111122223333 App kms:* when map[A:false]", "", 1},
		{"a statement that is there or not", version2012(list(statement("Allow", app(), "kms:Encrypt"), choose("A", statement("Allow", "*", "kms:*"), absent()))),
			"0 Allow role 111122223333 App kms:Encrypt\n1 Allow everyone kms:* when map[A:true]", "", 2},
		{"the list of statements", version2012(choose("A", list(statement("Allow", app(), "kms:Encrypt"), statement("Deny", "*", "kms:*")), statement("Allow", "*", "kms:Get*"))),
			"0 Allow role 111122223333 App kms:Encrypt when map[A:true]\n1 Deny everyone kms:* when map[A:true]\n0 Allow everyone kms:Get* when map[A:false]", "", 2},
		{"the policy, or none", choose("A", version2012(list(statement("Allow", app(), "kms:Encrypt"))), absent()),
			"0 Allow role 111122223333 App kms:Encrypt when map[A:true]\n0 Allow account 999988887777 = arn:aws:iam::999988887777:root kms:* when map[A:false]", "", 1},
		{"an element that is not there", version2012(list(statement("Allow", choose("A", app(), absent()), "kms:Encrypt"))),
			"0 Allow role 111122223333 App kms:Encrypt when map[A:true]\n0 Allow  kms:Encrypt when map[A:false]", "", 1},
		{"a hidden side", version2012(list(choose("A", hidden("Fn::Transform"), statement("Allow", app(), "kms:Encrypt")))),
			"0 Allow role 111122223333 App kms:Encrypt when map[A:false]", "Fn::Transform", 1},
	} {
		p := policy.Read(c.policy, policy.Options{Own: "999988887777", Dimensions: conditions("A", "B", "Prod")})
		check(t, c.name, each(p), c.want)
		check(t, c.name+": unread", constructs(p), c.unknown)
		check(t, c.name+": count", p.Count, c.count)
	}
}

func TestAlternativesOfParameters(t *testing.T) {
	level := func(value, action string) policy.Option {
		return policy.Option{When: policy.Guard{"Level": value}, Value: text(action)}
	}
	v := version2012(list(statement("Allow", object("AWS", role), &policy.Value{Kind: policy.Choice, Node: text("").Node,
		Options: []policy.Option{level("low", "kms:Get*"), level("high", "kms:*"), level(policy.Other, "kms:Encrypt")}})))
	p := policy.Read(v, policy.Options{Dimensions: []policy.Dimension{{Name: "Zone", Values: []string{"a"}}, {Name: "Level", Values: []string{"low", "high", policy.Other}}}})
	check(t, "alternatives", each(p), "0 Allow role 111122223333 App kms:Get* when map[Level:low]\n0 Allow role 111122223333 App kms:* when map[Level:high]\n"+
		"0 Allow role 111122223333 App kms:Encrypt when map[Level:any other value]")
	check(t, "dimensions by name", []string{p.Dimensions[0].Name, p.Dimensions[1].Name}, []string{"Level", "Zone"})
}

// More alternatives than anyone writes are not read, and say so: no question has a sure answer then.
func TestTooManyAlternatives(t *testing.T) {
	actions := func(n int) *policy.Value {
		var items []*policy.Value
		for i := range n {
			items = append(items, choose(fmt.Sprint("C", i), text("kms:Encrypt"), absent()))
		}
		return version2012(list(statement("Allow", object("AWS", role), list(items...)), statement("Allow", "*", "kms:Get*")))
	}
	p := policy.Read(actions(6), policy.Options{})
	check(t, "statements of six conditions", len(p.Statements), 65)
	check(t, "unread of six conditions", constructs(p), "")
	for _, n := range []int{7, 40} {
		p = policy.Read(actions(n), policy.Options{})
		check(t, "statements", each(p), "1 Allow everyone kms:Get*")
		check(t, "unread", constructs(p), "over 64 alternatives in one statement")
		check(t, "place of what is unread", p.Unknown[0].Node != nil, true)
	}
}

// A problem depends on a condition only where it goes away with it.
func TestProblemsDependOnWhatTheyMust(t *testing.T) {
	bad := func() *policy.Value { return object("AWS", "nobody") }
	good := func() *policy.Value { return object("AWS", role) }
	for _, c := range []struct {
		name      string
		principal *policy.Value
		action    *policy.Value
		want      string
	}{
		{"no choice", bad(), text("kms:*"), "map[]"},
		{"a choice elsewhere", bad(), choose("A", text("kms:Encrypt"), text("kms:*")), "map[]"},
		{"two choices elsewhere", bad(), list(text("kms:Get*"), choose("A", text("kms:Encrypt"), absent()), choose("B", text("kms:Decrypt"), absent())), "map[]"},
		{"its own choice", choose("A", bad(), good()), text("kms:*"), "map[A:true]"},
		{"its own choice and another", choose("A", good(), bad()), choose("B", text("kms:Encrypt"), text("kms:*")), "map[A:false]"},
	} {
		p := policy.Read(version2012(list(statement("Allow", c.principal, c.action))), policy.Options{Dimensions: conditions("A", "B")})
		if len(p.Problems) != 1 {
			t.Errorf("%s: %s", c.name, problems(p))
			continue
		}
		check(t, c.name, map[string]string(p.Problems[0].When), c.want)
	}
	p := policy.Read(choose("A", object("Statement", list(statement("Allow", object("AWS", "“"), "kms:*"))), absent()), policy.Options{Dimensions: conditions("A")})
	for _, q := range p.Problems {
		check(t, "in one of two policies: "+q.Kind, map[string]string(q.When), "map[A:true]")
	}
	v := choose("A", text("“"), text("x"))
	p = policy.Read(object("Statement", list(object("Sid", v, "Effect", "Allow", "Principal", good(), "Action", "kms:*", "Resource", "*"))), policy.Options{Dimensions: conditions("A")})
	check(t, "a character in one option", fmt.Sprint(problems(p), map[string]string(p.Problems[0].When)), "character [ValidationException]map[A:true]")
}

// Whether ${…} in a value is a variable depends on the Version of its own policy, of which there is one for all environments.
func TestVersionOfAChoice(t *testing.T) {
	body := func() *policy.Value { return list(statement("Allow", "*", "kms:*")) }
	for _, c := range []struct {
		name    string
		policy  *policy.Value
		version string
		unknown string
	}{
		{"left out by the template", object("Version", absent(), "Statement", body()), "", ""},
		{"left out in one case", object("Version", choose("A", text("2012-10-17"), absent()), "Statement", body()), "2012-10-17", "a Version that depends on the template"},
		{"equal in both cases", object("Version", choose("A", text("2012-10-17"), text("2012-10-17")), "Statement", body()), "2012-10-17", ""},
		{"without variables in both cases", object("Version", choose("A", text("2008-10-17"), absent()), "Statement", body()), "2008-10-17", ""},
		{"of two policies", choose("A", object("Statement", body()), object("Version", "2012-10-17", "Statement", body())), "", "a Version that depends on the template"},
		{"of one policy and the default", choose("A", object("Statement", body()), absent()), "", ""},
		{"of the default and one policy", choose("A", absent(), object("Version", "2008-10-17", "Statement", body())), "2008-10-17", ""},
	} {
		p := policy.Read(c.policy, policy.Options{Dimensions: conditions("A")})
		check(t, c.name, p.Version, c.version)
		check(t, c.name+": unread", constructs(p), c.unknown)
	}
}

func TestGuards(t *testing.T) {
	for _, c := range []struct {
		g, h, both policy.Guard
		ok         bool
	}{
		{nil, nil, nil, true},
		{nil, policy.Guard{"A": "1"}, policy.Guard{"A": "1"}, true},
		{policy.Guard{"A": "1"}, nil, policy.Guard{"A": "1"}, true},
		{policy.Guard{"A": "1"}, policy.Guard{"A": "1", "B": "2"}, policy.Guard{"A": "1", "B": "2"}, true},
		{policy.Guard{"A": "1"}, policy.Guard{"A": "2"}, nil, false},
		{policy.Guard{"A": "1", "B": "2"}, policy.Guard{"B": "3"}, nil, false},
	} {
		both, ok := c.g.And(c.h)
		check(t, fmt.Sprint(c.g, c.h), fmt.Sprint(map[string]string(both), ok), fmt.Sprint(map[string]string(c.both), c.ok))
	}
}

func TestGet(t *testing.T) {
	v := object("a", "1", "a", "2")
	check(t, "the first", v.Get("a").Text, "1")
	if v.Get("b") != nil || (*policy.Value)(nil).Get("a") != nil || text("a").Get("a") != nil {
		t.Error("what is not there is not nil")
	}
}
