package config

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

var known = []string{"KMS001", "KMS003", "KMS006", "KMS019"}

// design is the example of DESIGN section 8.
const design = `version: 1
account: "111122223333"              # the own account, where nothing else tells it
accounts: [{path: "stacks/prod/**", account: "222233334444"}]
include: ["**/*.{json,yaml,yml,template,snap}"]
exclude: ["**/node_modules/**"]
delegation: forbid                   # forbid | administration | allow
administrators: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/KMSAdminRole"]
deployers: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/deploy"]
trusted: {accounts: ["444455556666"], organizations: ["o-a1b2c3d4e5"]}
sources: {accounts: ["444455556666"], organizations: ["o-a1b2c3d4e5"]}   # whose resources services may act for
rules: {KMS006: {level: note}, KMS019: off}
ignore:
  - {rule: KMS003, path: "stacks/legacy/**", key: SharedKey, sid: Partner, fingerprint: "…", reason: "partner account, SEC-12", until: 2027-06-30}
`

func TestParseDesign(t *testing.T) {
	src := strings.Replace(design, `"…"`, `"a1b2"`, 1)
	got, errs := Parse(".github/kmsguard.yml", []byte(src), known)
	if errs != nil {
		t.Fatal(errs)
	}
	outside := Outsiders{[]string{"444455556666"}, []string{"o-a1b2c3d4e5"}}
	want := &Config{
		Account: "111122223333", Accounts: []Account{{"stacks/prod/**", "222233334444"}},
		Include: []string{"**/*.{json,yaml,yml,template,snap}"}, Exclude: []string{"**/node_modules/**"}, Delegation: Forbid,
		Administrators: []string{"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/KMSAdminRole"},
		Deployers:      []string{"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/deploy"},
		Trusted:        outside, Sources: outside, Rules: map[string]Level{"KMS006": "note", "KMS019": Off},
		Ignore: []Ignore{{Rule: "KMS003", Path: "stacks/legacy/**", Key: "SharedKey", Sid: "Partner", Fingerprint: "a1b2", Reason: "partner account, SEC-12",
			Until: "2027-06-30", File: ".github/kmsguard.yml", Position: syntax.Position{Offset: strings.Index(src, "{rule: KMS003"), Line: 13, Column: 5}}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Ignore{})); diff != "" {
		t.Error(diff)
	}
	if a := got.AccountOf("stacks/prod/x/y.json"); a != "222233334444" {
		t.Errorf("account by path: %q", a)
	}
	if a := got.AccountOf("stacks/dev/y.json"); a != "" {
		t.Errorf("account by path: %q", a)
	}
	for rule, want := range map[string]string{"KMS001": "error false", "KMS006": "note false", "KMS019": " true"} {
		if l, off := got.RuleLevel(rule, "error"); l+" "+strconv.FormatBool(off) != want {
			t.Errorf("%s: %s %v", rule, l, off)
		}
	}
	if e := Expand(got.Deployers[0], "aws", "1"); e != "arn:aws:iam::1:role/deploy" {
		t.Error(e)
	}
}

// cases are configurations and the first error of each; ok tells whether the schema cannot see the error.
var cases = []struct {
	name, src, want string
	unseen          bool
}{
	{name: "least", src: "version: 1\n"},
	{name: "JSON", src: `{"version": 1, "delegation": "allow", "rules": {"KMS001": "off"}}`},
	{name: "empty lists", src: "version: 1\ninclude: []\nignore: []\ntrusted: {}\nrules: {}\n"},
	{name: "off quoted", src: "version: 1\nrules: {KMS001: 'off', KMS003: {level: off}}\n"},
	{name: "no version", src: "delegation: allow\n", want: "c:1:1: configuration has no version: write version: 1"},
	{name: "other version", src: "version: 2\n", want: "c:1:10: version is not 1, the only one that this kmsguard knows: write version: 1, or use a later release"},
	{name: "version as text", src: "version: '1'\n", want: "c:1:10: version is not 1, the only one that this kmsguard knows: write version: 1, or use a later release"},
	{name: "list", src: "- version: 1\n", want: "c:1:1: configuration is a list: write a mapping with the fields version, account, accounts, include, exclude, delegation, administrators, deployers, trusted, sources, rules, ignore"},
	{name: "misspelt", src: "version: 1\nexlude: []\n", want: `c:2:1: configuration has no field "exlude": did you mean "exclude"?`},
	{name: "strange", src: "version: 1\ncolour: red\n", want: `c:2:1: configuration has no field "colour": the known ones are version, account, accounts, include, exclude, delegation, administrators, deployers, trusted, sources, rules, ignore`},
	{name: "twice", src: "version: 1\naccount: \"111122223333\"\naccount: \"111122223333\"\n", want: `c:3:1: configuration has the field "account" twice: the second would be ignored, remove one`, unseen: true},
	{name: "unquoted account", src: "version: 1\naccount: 111122223333\n", want: "c:2:10: account is a number to YAML: put it in quotes"},
	{name: "short account", src: "version: 1\naccount: \"1111\"\n", want: `c:2:10: account "1111" is no account id: write twelve digits in quotes`},
	{name: "empty account", src: "version: 1\naccount:\n", want: "c:2:9: account is empty: give a value or remove it"},
	{name: "tagged", src: "version: 1\naccount: !Sub \"111122223333\"\n", want: "c:2:10: account is tagged !Sub: write a string", unseen: true},
	{name: "alias", src: "version: 1\naccount: &a \"111122223333\"\nsources: {accounts: [*a]}\n", want: "c:3:22: account is an alias, which is not followed: write a string", unseen: true},
	{name: "account without path", src: "version: 1\naccounts: [{account: \"111122223333\"}]\n", want: "c:2:12: entry of accounts needs both path and account"},
	{name: "bad glob", src: "version: 1\ninclude: ['[a']\n", want: `c:2:11: glob of include "[a" is malformed as a glob: see the patterns of doublestar, such as stacks/**/*.yaml`, unseen: true},
	{name: "glob alone", src: "version: 1\ninclude: '**'\n", want: "c:2:10: include is a string: write a list"},
	{name: "empty glob", src: "version: 1\ninclude: ['']\n", want: "c:2:11: glob of include is empty: give a value or remove it"},
	{name: "delegation", src: "version: 1\ndelegation: forbit\n", want: `c:2:13: delegation "forbit" is unknown: did you mean "forbid"?`},
	{name: "delegation boolean", src: "version: 1\ndelegation: true\n", want: "c:2:13: delegation is none of forbid, administration, allow"},
	{name: "root", src: "version: 1\nadministrators: ['arn:aws:iam::111122223333:root']\n", want: `c:2:18: administrator "arn:aws:iam::111122223333:root" is no ARN of one role or user: write it without wildcards, as arn:${AWS::Partition}:iam::${AWS::AccountId}:role/NAME`},
	{name: "wildcard", src: "version: 1\ndeployers: ['arn:aws:iam::111122223333:role/*']\n", want: `c:2:13: deployer "arn:aws:iam::111122223333:role/*" is no ARN of one role or user: write it without wildcards, as arn:${AWS::Partition}:iam::${AWS::AccountId}:role/NAME`},
	{name: "path of role", src: "version: 1\ndeployers: ['arn:aws-cn:iam::111122223333:role/a/b+c=d,e.f@g_h-i']\n"},
	{name: "organization", src: "version: 1\ntrusted: {organizations: [o-X]}\n", want: `c:2:27: organization "o-X" is no organization id: write one such as o-a1b2c3d4e5`},
	{name: "trusted field", src: "version: 1\ntrusted: {account: []}\n", want: `c:2:11: trusted has no field "account": did you mean "accounts"?`},
	{name: "unknown rule", src: "version: 1\nrules: {KMS002: off}\n", want: `c:2:9: rules has no field "KMS002": did you mean "KMS001"?`, unseen: true},
	{name: "rule by name", src: "version: 1\nrules: {iam-delegation: off}\n", want: `c:2:9: rules has no field "iam-delegation": the known ones are KMS001, KMS003, KMS006, KMS019`},
	{name: "rule level alone", src: "version: 1\nrules: {KMS001: note}\n", want: "c:2:17: rule KMS001 has a bare value that is not off: write off or {level: note}"},
	{name: "rule without level", src: "version: 1\nrules: {KMS001: {}}\n", want: "c:2:17: rule KMS001 has no level: write {level: note} or off"},
	{name: "wrong level", src: "version: 1\nrules: {KMS001: {level: warn}}\n", want: "c:2:25: level of KMS001 is none of error, warning, note, off"},
	{name: "ignore everywhere", src: "version: 1\nignore: [{rule: KMS001, reason: no}]\n", want: "c:2:33: reason is a boolean to YAML: put it in quotes"},
	{name: "ignore without place", src: "version: 1\nignore: [{rule: KMS001, reason: x}]\n", want: "c:2:10: entry of ignore has no path, key, sid or fingerprint and would hold everywhere: add one, or turn the rule off under rules"},
	{name: "ignore without rule", src: "version: 1\nignore: [{path: a}]\n", want: "c:2:10: entry of ignore names no rule: write rule: KMS003"},
	{name: "ignore until", src: "version: 1\nignore: [{rule: KMS001, sid: a, until: 2027-13-01}]\n", want: `c:2:40: until "2027-13-01" is no date: write YYYY-MM-DD`, unseen: true},
	{name: "ignore until late", src: "version: 1\nignore: [{rule: KMS001, sid: a, until: tomorrow}]\n", want: `c:2:40: until "tomorrow" is no date: write YYYY-MM-DD`},
	{name: "second document", src: "version: 1\n---\nversion: 1\n", want: "c:3:1: configuration has a second document, which would be ignored: remove it", unseen: true},
}

func TestParseAndSchemaAgree(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("kmsguard.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("kmsguard.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			cfg, errs := Parse("c", []byte(test.src), known)
			got := ""
			if len(errs) > 0 {
				got = errs[0].Error()
			}
			if got != test.want {
				t.Errorf("\ngot  %s\nwant %s", got, test.want)
			}
			if (cfg == nil) != (errs != nil) {
				t.Error("both a configuration and errors, or neither")
			}
			f, err := syntax.Parse("c", []byte(test.src))
			if err != nil {
				t.Fatal(err)
			}
			invalid := schema.Validate(plain(f.Root()))
			if (invalid == nil) != (errs == nil || test.unseen) {
				t.Errorf("the schema says %v", invalid)
			}
		})
	}
}

// plain is the value of a node as a YAML library would give it to a schema.
func plain(n *syntax.Node) any {
	switch n = n.Resolved(); {
	case n == nil || n.Kind == syntax.Scalar && n.Type == syntax.Null:
		return nil
	case n.Kind == syntax.Sequence:
		list := []any{}
		for _, i := range n.Items {
			list = append(list, plain(i))
		}
		return list
	case n.Kind == syntax.Mapping:
		m := map[string]any{}
		for _, e := range n.Members {
			m[e.Key.Value] = plain(e.Value)
		}
		return m
	case n.Type == syntax.Number:
		v, _ := strconv.ParseFloat(n.Value, 64)
		return v
	case n.Type == syntax.Bool:
		return strings.Contains("true yes on", strings.ToLower(n.Value))
	}
	return n.Value
}

func TestErrorsHavePositions(t *testing.T) {
	_, errs := Parse("c", []byte("version: [\n"), known)
	var e *syntax.Error
	if len(errs) != 1 || !errors.As(errs[0], &e) {
		t.Errorf("got %v", errs)
	}
	_, errs = Parse("c", []byte("# nothing\n"), known)
	if len(errs) != 1 || errs[0].Error() != "c:1:1: configuration is empty: write version: 1" {
		t.Errorf("got %v", errs)
	}
}

// Whatever the file holds, there is either a configuration or errors, and never a panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte(design))
	for _, c := range cases {
		f.Add([]byte(c.src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		cfg, errs := Parse("c", src, known)
		if (cfg == nil) != (len(errs) > 0) {
			t.Errorf("configuration %v with errors %v", cfg, errs)
		}
		if len(errs) > maxProblems {
			t.Errorf("%d errors", len(errs))
		}
		if file, err := syntax.Parse("c.yaml", src); err == nil {
			Inline(file, known)
			Metadata(file, file.Root(), "X", known)
		}
	})
}
