package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/kmsguard/kmsguard/internal/lint"
)

func TestJSON(t *testing.T) {
	rep, _ := sample()
	var b bytes.Buffer
	if err := JSON(&b, rep); err != nil {
		t.Fatal(err)
	}
	golden(t, "sample.json", b.Bytes())
	var back lint.Report
	d := json.NewDecoder(&b)
	d.DisallowUnknownFields()
	if err := d.Decode(&back); err != nil {
		t.Fatal(err)
	}
	rep.Schema = 1
	rep.Findings[1].Witness.Context = map[string][]string{}
	if diff := cmp.Diff(rep, &back); diff != "" {
		t.Errorf("the document does not read as the report (-report +document):\n%s", diff)
	}
}

func TestJSONOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, &lint.Report{Tool: lint.Tool{Name: "kmsguard"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"keys": [],`, `"findings": [],`, `"errors": [],`, `"schema": 1,`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing in\n%s", want, b.String())
		}
	}
}

// What is escaped reads the same.
func FuzzQuietJSON(f *testing.F) {
	f.Add("##[add-mask]x\u202e\u00ad\U000e0041<b>&\x7f")
	f.Fuzz(func(t *testing.T, s string) {
		var b bytes.Buffer
		if err := writeJSON(&b, []string{s}); err != nil {
			t.Fatal(err)
		}
		var back []string
		if err := json.Unmarshal(b.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(s) && back[0] != s {
			t.Errorf("%q reads as %q", s, back[0])
		}
		if strings.ContainsFunc(strings.ReplaceAll(b.String(), "\n", ""), hidden) || strings.Contains(b.String(), "##[") {
			t.Errorf("not quiet: %q", b.String())
		}
	})
}
