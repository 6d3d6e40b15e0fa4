package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/lint"
)

// accessTo reads the first key of a file.
func accessTo(t testing.TB, name string, source []byte) *Access {
	t.Helper()
	templates, err := cfn.Open(name, source, cfn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tmpl := range templates {
		if len(tmpl.Keys) > 0 {
			return AccessOf(tmpl.Keys[0])
		}
	}
	t.Fatalf("%s has no key", name)
	return nil
}

// statements is a policy document.
func statements(list ...string) []byte {
	return []byte(`{"Version": "2012-10-17", "Statement": [` + strings.Join(list, ",\n") + `]}`)
}

const (
	anyoneDecrypts = `{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}`
	adminPuts      = `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Admin"}, "Action": ["kms:Put*", "kms:Get*", "kms:Describe*"], "Resource": "*"}`
)

// accessFormats are all that a person may ask for.
var accessFormats = map[string]func(io.Writer, *Access) error{
	"txt":  func(w io.Writer, a *Access) error { return AccessText(w, a, TextOptions{}) },
	"json": AccessJSON,
	"md":   func(w io.Writer, a *Access) error { return AccessMarkdown(w, a, MarkdownOptions{}) },
	"html": AccessHTML,
	"mmd":  func(w io.Writer, a *Access) error { _, err := io.WriteString(w, Mermaid(a)); return err },
}

func written(t testing.TB, format string, a *Access) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := accessFormats[format](&b, a); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAccess compares with tables that were reviewed by eye (testdata/access).
func TestAccess(t *testing.T) {
	hardened, err := os.ReadFile("../../testdata/article/hardened.json")
	if err != nil {
		t.Fatal(err)
	}
	withDefault := regexp.MustCompile(`"Resource": "\*",\s*"Condition":\s*\{\s*"StringEquals":\s*\{\s*"aws:PrincipalType": "Account"\s*\}\s*\}`).ReplaceAll(hardened, []byte(`"Resource": "*"`))
	if bytes.Equal(withDefault, hardened) {
		t.Fatal("the article's condition is not where it was")
	}
	mixed, err := os.ReadFile("testdata/access/mixed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	hidden := []byte("Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Version: \"2012-10-17\"\n        Statement:\n          - " + adminPuts +
		"\n          - Fn::Transform: {Name: Macro}\n")
	for _, test := range []struct {
		name, file string
		source     []byte
		formats    string
	}{
		{"hardened", "hardened.json", hardened, "txt json"},
		{"default", "default.json", withDefault, "txt md"},
		{"mixed", "mixed.yaml", mixed, "txt json md html mmd"},
		{"closed", "closed.json", statements(anyoneDecrypts, adminPuts, `{"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}`), "txt"},
		{"nobody", "nobody.json", statements(anyoneDecrypts, `{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}`), "txt md html"},
		{"open", "open.json", statements(anyoneDecrypts, adminPuts,
			`{"Effect": "Deny", "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/Admin/mallory"}, "Action": "kms:PutKeyPolicy", "Resource": "*"}`,
			`{"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/Guest"}, "Action": "kms:Encrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}}`), "txt mmd"},
		{"hidden", "hidden.yaml", hidden, "txt json md html mmd"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := accessTo(t, test.file, test.source)
			for format := range strings.FieldsSeq(test.formats) {
				golden(t, filepath.Join("access", test.name+"."+format), written(t, format, a))
			}
			for format := range accessFormats { // the same bytes each time
				if !bytes.Equal(written(t, format, a), written(t, format, accessTo(t, test.file, test.source))) {
					t.Errorf("%s differs from run to run", format)
				}
			}
		})
	}
}

// The document has the fields of DESIGN section 4, and lists that are never null.
func TestAccessJSONHasItsShape(t *testing.T) {
	for name, source := range map[string][]byte{"empty": statements(anyoneDecrypts, `{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}`), "admin": statements(adminPuts)} {
		var doc map[string]any
		if err := json.Unmarshal(written(t, "json", accessTo(t, "key.json", source)), &doc); err != nil {
			t.Fatal(err)
		}
		if doc["schema"] != 1.0 || doc["key"] != "key.json#" {
			t.Errorf("%s: %v", name, doc)
		}
		for _, list := range []string{"entries", "undecided", "errors"} {
			if _, ok := doc[list].([]any); !ok {
				t.Errorf("%s: %s is %v", name, list, doc[list])
			}
		}
		for _, e := range doc["entries"].([]any) {
			entry := e.(map[string]any)
			for field, want := range map[string]string{"who": "string", "principal": "string", "access": "string", "actions": "[]interface {}", "conditions": "map[string]interface {}", "statements": "[]interface {}", "when": "map[string]interface {}"} {
				if got := fmt.Sprintf("%T", entry[field]); got != want {
					t.Errorf("%s is %s, want %s", field, got, want)
				}
			}
		}
	}
}

func TestActionsText(t *testing.T) {
	for names, want := range map[string]string{
		"kms:Decrypt": "Decrypt",
		"kms:ReEncryptTo kms:Decrypt kms:Encrypt": "Decrypt, Encrypt, ReEncryptTo",
	} {
		if got := actionsText(strings.Fields(names)); got != want {
			t.Errorf("%s: %q, want %q", names, got, want)
		}
	}
	all, management, abroad := bases[0].set, bases[2].set, bases[1].set
	for _, test := range []struct {
		names []string
		want  string
	}{
		{all.Names(), "kms:*"},
		{abroad.Names(), "kms:* across accounts"},
		{management.Names(), "all management"},
		{(management | 1<<(all&^management).First()).Names(), "all management and Decapsulate"},
		{slices.DeleteFunc(all.Names(), func(s string) bool { return s == "kms:PutKeyPolicy" }), "kms:* but not PutKeyPolicy"},
	} {
		if got := actionsText(test.names); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestConditionText(t *testing.T) {
	for _, test := range []struct {
		operator string
		values   []string
		want     string
	}{
		{"StringEquals", []string{"a"}, "k = a"},
		{"StringEquals", []string{"a", "b"}, "k = a or b"},
		{"StringEqualsIfExists", []string{"a"}, "k = a (or absent)"},
		{"StringNotEquals", []string{"a"}, "k ≠ a (or absent)"},
		{"StringNotLike", []string{"a*", "b"}, "k like none of a*, b (or absent)"},
		{"ArnLike", []string{"arn:x"}, "k = arn:x"},
		{"ArnNotEquals", []string{"arn:*"}, "k not like arn:* (or absent)"},
		{"ForAnyValue:StringEquals", []string{"a"}, "any of k = a"},
		{"ForAllValues:StringLike", []string{"a*"}, "all of k like a* (or absent)"},
		{"ForAnyValue:StringNotEquals", []string{"a", "b"}, "any of k none of a, b"},
		{"Null", []string{"true"}, "k absent"},
		{"Null", []string{"false"}, "k present"},
		{"NumericLessThanEquals", []string{"5"}, "k ≤ 5"},
		{"NotIpAddress", []string{"10.0.0.0/8"}, "k not in 10.0.0.0/8 (or absent)"},
		{"StringEquals", nil, "k = nothing"},
		{"Strange", []string{"a"}, "Strange k a"},
		{"StringEquals", []string{"1", "2", "3", "4", "5", "6", "7", "8"}, "k = 1 or 2 or 3 or 4 or 5 or 6 and 2 more"},
	} {
		if got := conditionText(test.operator, "k", test.values); got != test.want {
			t.Errorf("%s: %q, want %q", test.operator, got, test.want)
		}
	}
}

// hostileAccess is a document in which every text wants to be something else.
func hostileAccess(evil string) *Access {
	e := Entry{Who: evil, Principal: evil, Access: "delegated", Actions: []string{"kms:Decrypt", evil}, Conditions: Conditions{evil: {evil: {evil, evil}}, "StringEquals": {evil: {evil}}},
		Except: []Except{{Statement: 1, Principals: []string{evil}, NotPrincipals: []string{evil}, Conditions: Conditions{"Bool": {evil: {evil}}}}}, Statements: []int{0}, When: map[string]string{evil: evil}}
	direct := e
	direct.Access = "direct"
	return &Access{Schema: 1, Key: evil, Account: evil, When: map[string]string{evil: evil}, Entries: []Entry{e, direct},
		Undecided: []Doubt{{Construct: evil, Line: 3, Entry: &e}, {Construct: evil}}, Errors: []lint.Failure{{File: evil, Line: 1, Message: evil}}}
}

// Whatever a repository says, the text stays text: no element, no line of its own, no command, no part of a picture.
func FuzzAccessIsInert(f *testing.F) {
	for _, s := range append(evils, `"><a href=javascript:x>`, "x\"]) --> y\n  click y \"javascript:alert(1)\"", "fa:fa-ban #quot; ```", "a|b|c", "1. x", "%%{init: {}}%%") {
		f.Add(s)
	}
	label := regexp.MustCompile(`"[a-zA-Z0-9 .,/#;-]*"`)
	line := regexp.MustCompile(`^(flowchart LR|  (k|n)\d+(\[\(""\)\]|\(\[""\]\))|  n\d+ (-->|-\.->|--x)\|""\| k\d+|  (m\d+|more)\[""\]( --- k\d+)?|  classDef open [a-z0-9:#,-]+|  class (n\d+,?)+ open)$`)
	f.Fuzz(func(t *testing.T, evil string) {
		a := hostileAccess(evil)
		for l := range strings.Lines(Mermaid(a, a)) {
			if got := label.ReplaceAllString(strings.TrimSuffix(l, "\n"), `""`); !line.MatchString(got) {
				t.Errorf("picture has the line %q", l)
			}
		}
		tags, _, _ := readPage(t, written(t, "html", a))
		if want, _, _ := readPage(t, written(t, "html", hostileAccess("harmless"))); evil != "" && !slices.Equal(tags, want) {
			t.Errorf("page has the elements %q, want %q", tags, want)
		}
		for _, format := range []string{"txt", "md"} {
			for l := range strings.Lines(string(written(t, format, a))) {
				body := strings.TrimSpace(l)
				if strings.HasPrefix(body, "::") || strings.Contains(body, "##[") || strings.ContainsFunc(strings.ReplaceAll(body, zeroWidth, ""), hidden) {
					t.Errorf("%s has the line %q", format, l)
				}
				if format == "md" && strings.HasPrefix(body, "| ") && strings.Count(regexp.MustCompile("&#124;").ReplaceAllString(body, ""), "|") != 6 {
					t.Errorf("row of other cells: %q", l)
				}
			}
		}
		var back Access
		if err := json.Unmarshal(written(t, "json", a), &back); err != nil {
			t.Errorf("JSON: %v", err)
		}
	})
}

// However many principals and keys there are, a picture stays one that GitHub draws.
func TestMermaidIsBounded(t *testing.T) {
	var keys []*Access
	for k := range 60 {
		a := hostileAccess(strings.Repeat("鍵", 100))
		a.Key = fmt.Sprint("key ", k)
		for n := range 200 {
			e := a.Entries[0]
			e.Who, e.Principal = fmt.Sprint("role ", strings.Repeat("é", 30), n%50), fmt.Sprint(k*1000+n)
			a.Entries = append(a.Entries, e)
		}
		keys = append(keys, a)
	}
	got := Mermaid(keys...)
	if len(got) > 50_000 || strings.Count(got, "|") > 2*500 {
		t.Errorf("%d bytes", len(got))
	}
	for _, want := range []string{"and 40 more keys", "more\"] --- k0"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in the picture", want)
		}
	}
	if got := Mermaid(); got != "flowchart LR\n" {
		t.Errorf("no keys: %q", got)
	}
}

// Callers of several keys are drawn once.
func TestMermaidOfSeveralKeys(t *testing.T) {
	a, b := accessTo(t, "a.json", statements(adminPuts)), accessTo(t, "b.json", statements(adminPuts, anyoneDecrypts))
	got := Mermaid(a, b)
	if strings.Count(got, `"role Admin"`) != 1 || strings.Count(got, "n0 -->") != 2 || !strings.Contains(got, `"any account"`) {
		t.Error(got)
	}
}

// Every format says what no report can see.
func TestAccessSaysItsLimits(t *testing.T) {
	for _, format := range []string{"txt", "md", "html"} {
		if got := string(written(t, format, accessTo(t, "key.json", statements(adminPuts)))); !strings.Contains(got, limits) {
			t.Errorf("%s says nothing", format)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("role Admin of account 111122223333", 10)
	f.Add("GenerateDataKeyPairWithoutPlaintext", 20)
	f.Fuzz(func(t *testing.T, s string, width int) {
		if width < 5 || width > 200 {
			return
		}
		got := wrap(s, width)
		for _, l := range got {
			if n := columns([]byte(l)); n > width {
				t.Errorf("%d columns of %d: %q", n, width, l)
			}
		}
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if have, want := bare(strings.Join(got, "")), bare(plainName(s)); have != want {
			t.Errorf("says %q, want %q", have, want)
		}
	})
}
