package cfn

import (
	"fmt"
	"strings"
	"testing"
)

// TestLoopsOverParameters: a loop makes the resources of every value that its list can have.
func TestLoopsOverParameters(t *testing.T) {
	const loop = "Resources:\n  Fn::ForEach::Keys:\n    - Name\n    - %s\n    - 'K${Name}': {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:role/${Name}'}, Action: 'kms:*', Resource: '*'}]}}}\n"
	const byStage = "Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}}\nMappings: {M: {dev: {Names: [a]}, prod: {Names: [a, b]}}}\n"
	for _, c := range []struct{ name, head, list, want string }{
		{"literals", "", "[a, b]", "Ka; Kb"},
		{"a default", "Parameters: {L: {Type: CommaDelimitedList, Default: 'a,b'}}\n", "!Ref L", "Ka; Kb"},
		{"nothing known", "Parameters: {L: {Type: CommaDelimitedList}}\n", "!Ref L", "K${L}"},
		{"a mapping by stage", byStage, "!FindInMap [M, !Ref Stage, Names]", "Ka; Kb when Stage=prod"},
		{"a list inside the list", "Parameters: {L: {Type: CommaDelimitedList, Default: 'a,b'}}\n", "[!Ref L, c]", "Ka; Kb; Kc"},
		{"a choice inside the list", byStage, "[!Ref Stage, c]", "Kdev; Kprod; Kc"},
		{"a macro", "", "{'Fn::Transform': {Name: M}}", "error Fn::ForEach over a collection that is not known here: the keys that it makes were not read"},
		{"too many", "", "[" + strings.Repeat("x,", 1001) + "]", "error Fn::ForEach over 1001 items: the keys that it makes were not read"},
	} {
		templates, err := Open("t.yaml", fmt.Appendf(nil, c.head+loop, c.list), Options{})
		if err != nil || len(templates) != 1 {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got []string
		for _, k := range templates[0].Keys {
			s := k.LogicalID
			if k.When != nil {
				s += " when " + strings.TrimSpace(guardText(k.When))
			}
			got = append(got, s)
			if want := "role " + "arn:aws:iam::${AWS::AccountId}:role/" + strings.TrimPrefix(k.LogicalID, "K"); principals(k) != want {
				t.Errorf("%s: %s lets in %s, want %s", c.name, k.LogicalID, principals(k), want)
			}
		}
		for _, e := range templates[0].Errors {
			got = append(got, "error "+e.Message)
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: got %s, want %s", c.name, s, c.want)
		}
	}
}

// TestLoopsInValues: a loop inside a policy gives each value of its list in the environments that have it.
func TestLoopsInValues(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{`{"Fn::ForEach::L": [N, !FindInMap [M, !Ref Env, List], {"k${N}": !Ref N}]}`,
			"{kx: (Env=dev → x | Env=prod → absent), ky: (Env=dev → y | Env=prod → absent), kz: (Env=prod → z | Env=dev → absent)}"},
		{`{"Fn::ForEach::L": [N, !Ref Two, {"k${N}": 1}], "other": 2}`,
			"(Two=any other value → unknown: Fn::ForEach over a collection that is not known here | Two=a, b → {ka: 1, kb: 1, other: 2})"},
	} {
		tmpl, v := expression(t, c.expr)
		if got := show(v, tmpl.Symbols); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.expr, got, c.want)
		}
	}
}
