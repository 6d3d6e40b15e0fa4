package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

const (
	own   = "111122223333"
	other = "444455556666"
	role  = "arn:aws:iam::111122223333:role/App"
)

// decode turns a text into a Value: JSON, or YAML where the text does not start with a brace.
func decode(t testing.TB, text string) *policy.Value {
	t.Helper()
	name := "policy.yaml"
	if strings.HasPrefix(strings.TrimSpace(text), "{") || strings.HasPrefix(strings.TrimSpace(text), "[") {
		name = "policy.json"
	}
	f, err := syntax.Parse(name, []byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return policy.FromSyntax(f.Root())
}

func read(t testing.TB, text string) *policy.Policy {
	t.Helper()
	return policy.Read(decode(t, text), policy.Options{})
}

// one reads a policy of one statement with the given members beside Effect, Action and Resource.
func one(t testing.TB, members string) (*policy.Policy, *policy.Statement) {
	t.Helper()
	p := read(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", `+members+`}]}`)
	if len(p.Statements) != 1 {
		t.Fatalf("%d statements for %s", len(p.Statements), members)
	}
	return p, p.Statements[0]
}

// problems lists what is wrong with a policy: kind, then KMS's answer where it is documented.
func problems(p *policy.Policy) string {
	var all []string
	for _, q := range p.Problems {
		text := q.Kind
		if q.Error != "" {
			text += " [" + q.Error + "]"
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

func constructs(p *policy.Policy) string {
	var all []string
	for _, u := range p.Unknown {
		all = append(all, u.Construct)
	}
	return strings.Join(all, "; ")
}

// check compares what a reader of a test's output wants to see side by side.
func check(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// Hand-built values stand on nodes of their own, as each value of a file does.
func text(s string) *policy.Value {
	return &policy.Value{Kind: policy.Text, Text: s, Node: syntax.NewString(s)}
}

func absent() *policy.Value { return &policy.Value{Kind: policy.Absent, Node: syntax.NewString("")} }

func hidden(construct string) *policy.Value {
	return &policy.Value{Kind: policy.Unknown, Construct: construct, Node: syntax.NewString("")}
}

func list(items ...*policy.Value) *policy.Value {
	return &policy.Value{Kind: policy.List, Items: items, Node: syntax.NewSequence()}
}

// object makes an object of the pairs key, value, key, value, …
func object(pairs ...any) *policy.Value {
	v := &policy.Value{Kind: policy.Object, Node: syntax.NewMapping()}
	for i := 0; i+1 < len(pairs); i += 2 {
		value, ok := pairs[i+1].(*policy.Value)
		if !ok {
			value = text(pairs[i+1].(string))
		}
		v.Members = append(v.Members, policy.Member{Key: pairs[i].(string), KeyNode: syntax.NewString(pairs[i].(string)), Value: value})
	}
	return v
}

// choose makes a choice on a condition of the template.
func choose(condition string, yes, no *policy.Value) *policy.Value {
	return &policy.Value{Kind: policy.Choice, Node: syntax.NewMapping(), Options: []policy.Option{
		{When: policy.Guard{condition: "true"}, Value: yes}, {When: policy.Guard{condition: "false"}, Value: no}}}
}

func conditions(names ...string) []policy.Dimension {
	var all []policy.Dimension
	for _, n := range names {
		all = append(all, policy.Dimension{Name: n, Values: []string{"true", "false"}})
	}
	return all
}
