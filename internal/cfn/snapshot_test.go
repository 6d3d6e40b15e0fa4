package cfn

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestSnapshots reads one template as Jest 28, Jest 30 and Vitest print it, as an object and as a JSON string.
func TestSnapshots(t *testing.T) {
	for _, name := range []string{"jest28.snap", "jest30.snap", "vitest.snap"} {
		src, err := os.ReadFile(shared + "/cdk/out-jest/" + name)
		if err != nil {
			t.Skip("no CDK samples here: ", err)
		}
		templates, err := Open(name, src, Options{})
		if err != nil || len(templates) != 2 {
			t.Errorf("%s: %d templates, %v", name, len(templates), err)
			continue
		}
		for _, tmpl := range templates {
			if len(tmpl.Keys) != 2 {
				t.Errorf("%s: %d keys", tmpl.Name, len(tmpl.Keys))
				continue
			}
			k := tmpl.Keys[0]
			if d := k.Properties.Get("Description"); d == nil || d.Text != "a `tick`, a \"quote\", a \\ backslash and ${x}" {
				t.Errorf("%s %s: description %v", name, tmpl.Name, d)
			}
			if len(k.Policy.Statements) != 2 || k.Policy.Statements[1].Sid != "Open" || k.Kind != SnapshotKey || !k.Generated {
				t.Errorf("%s: statements %v", k.ID, k.Policy.Statements)
			}
			if sub := tmpl.Keys[1].Policy.Statements[0].Principals[0]; tmpl.Symbols.Show(sub.Text) != "arn:aws:iam::${AWS::AccountId}:root" {
				t.Errorf("%s: principal %s", tmpl.Keys[1].ID, tmpl.Symbols.Show(sub.Text))
			}
			// Spans are those of the snapshot file.
			if got := string(src[k.Policy.Statements[1].SidNode.Span.Start:k.Policy.Statements[1].SidNode.Span.End]); strings.ReplaceAll(got, `\`, "") != `"Open"` {
				t.Errorf("%s: the Sid stands at %q", k.ID, got)
			}
			if got := string(src[k.Node.Span.Start:k.Node.Span.End]); !strings.HasSuffix(got, "}") || !strings.Contains(got, "AWS::KMS::Key") || strings.Contains(got, `"Raw"`) {
				t.Errorf("%s: the key stands at %q", k.ID, got)
			}
		}
	}
}

// TestBrokenSnapshot: a snapshot that holds a key and cannot be read is an error with a position, any other is left alone.
func TestBrokenSnapshot(t *testing.T) {
	for text, want := range map[string]string{
		"exports[`a 1`] = `\n{\n  \"Resources\": {\n    \"K\": {\n      \"Type\": \"AWS::KMS::Key\",\n`;\n": "x.snap:5:31: the snapshot ends early and was not read",
		"exports[`a 1`] = `\n<div>\n</div>\n`;\n":                                                           "",
		"exports[`a 1`] = `": "",
		"":                   "",
	} {
		_, err := Open("x.snap", []byte(text), Options{})
		if got := ""; err != nil {
			got = err.Error()
			if got != want {
				t.Errorf("%q: %s, want %s", text, got, want)
			}
		} else if want != "" {
			t.Errorf("%q: no error, want %s", text, want)
		}
	}
	// What a test printed alone: resources without names, one resource, a policy.
	alone, err := Open("x.snap", []byte("exports[`list 1`] = `\n[\n  {\n    \"Type\": \"AWS::KMS::Key\",\n  },\n  {\n    \"Type\": \"AWS::SNS::Topic\",\n  },\n]\n`;\n\nexports[`one 1`] = `\n{\n  \"Type\": \"AWS::KMS::Key\",\n}\n`;\n\n"+
		"exports[`policy 1`] = `\n{\n  \"Statement\": [\n    {\n      \"Action\": \"kms:*\",\n      \"Effect\": \"Allow\",\n      \"Principal\": \"*\",\n      \"Resource\": \"*\",\n    },\n  ],\n}\n`;\n"), Options{})
	var ids []string
	for _, tmpl := range alone {
		for _, k := range tmpl.Keys {
			ids = append(ids, k.ID)
		}
	}
	if want := []string{"x.snap#list 1/1", "x.snap#one 1/1", "x.snap#policy 1/"}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("keys %q, want %q (%v)", ids, want, err)
	}
	// Values over several lines, with lines that end like values.
	templates, err := Open("x.snap", []byte("exports[`a 1`] = `\n{\n  \"Resources\": {\n    \"K\": {\n      \"Metadata\": \"first \"line\",\n  second\",\n  third\",\n      \"Type\": \"AWS::KMS::Key\",\n    },\n  },\n}\n`;\n"), Options{})
	if err != nil || len(templates) != 1 || len(templates[0].Keys) != 1 {
		t.Errorf("%v, %v", templates, err)
	}
}
