package rules_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/rules"
)

var update = flag.Bool("update", false, "rewrite the want sections and the fixed files; read the diff before you commit it")

// casesDir holds a folder for each rule, and _noise for policies that are as AWS's own documents write them.
const casesDir = "../../testdata/rules"

// TestRules checks that each rule is documented, shown and tested.
func TestRules(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rules.All {
		t.Run(r.Name, func(t *testing.T) {
			if i > 0 && rules.All[i-1].ID >= r.ID {
				t.Errorf("%s stands after %s in All", r.ID, rules.All[i-1].ID)
			}
			if len([]rune(r.Title)) > 60 || r.Title == "" || strings.HasSuffix(r.Title, ".") {
				t.Errorf("title %q: 1 to 60 letters without a full stop", r.Title)
			}
			if word, _, _ := strings.Cut(r.Title, " "); word != "AWS" && word[:1] != strings.ToLower(word[:1]) && word[1:] == strings.ToLower(word[1:]) {
				t.Errorf("title %q starts with a capital", r.Title)
			}
			for name, text := range map[string]string{"Why": r.Why, "Before": r.Before, "After": r.After, "Ignore": r.Ignore, "Page": r.Page} {
				if strings.TrimSpace(text) == "" {
					t.Errorf("%s is empty", name)
				}
			}
			if row := "| " + r.ID + " | " + r.Name + " | " + r.Title + " |"; !bytes.Contains(readme, []byte(row)) {
				t.Errorf("README.md lacks the row\n%s", row)
			}
			if !r.Late && !fires(t, r, wrapped(r, r.Before)) {
				t.Errorf("Before does not fire the rule")
			}
			if !r.Late && fires(t, r, wrapped(r, r.After)) {
				t.Errorf("After fires the rule")
			}
			firing, silent := 0, 0
			for _, c := range cases(t, filepath.Join(casesDir, r.Name)) {
				if c.expects(r.ID) {
					firing++
				} else {
					silent++
				}
			}
			if firing == 0 || silent == 0 {
				t.Errorf("%d firing and %d silent cases in testdata/rules/%s; at least one of each is needed", firing, silent, r.Name)
			}
		})
	}
}

// surroundings are the statements beside those of a rule's documentation: the article's root statement and an administrator.
const surroundings = `{"Sid": "EnableRootAccessAndPreventPermissionDelegation", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}}},
{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/KMSAdminRole"}, "Action": ["kms:Put*", "kms:Get*", "kms:Describe*", "kms:List*"], "Resource": "*"},
`

// wrapped makes a policy of the statement of a rule's documentation; a template is whole already.
func wrapped(r *lint.Rule, statement string) []byte {
	if strings.HasPrefix(statement, `{"Resources"`) {
		return []byte(statement)
	}
	before := surroundings
	if r.ID == "KMS010" {
		before = "" // that rule is about the whole policy
	}
	return []byte(`{"Version": "2012-10-17", "Statement": [` + before + statement + `]}`)
}

func fires(t *testing.T, r *lint.Rule, policy []byte) bool {
	t.Helper()
	rep := scanFiles(t, config.Default(), []txtar.File{{Name: "key.json", Data: policy}})
	for _, f := range rep.Findings {
		if f.Rule == r.ID || slices.Contains(f.Also, r.ID) {
			return true
		}
	}
	return false
}

// TestCases runs every archive of testdata/rules.
func TestCases(t *testing.T) {
	folders, err := os.ReadDir(casesDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		if folder.Name() != "_noise" && rules.Lookup(folder.Name()) == nil {
			t.Errorf("testdata/rules/%s is the name of no rule", folder.Name())
		}
		for _, c := range cases(t, filepath.Join(casesDir, folder.Name())) {
			t.Run(folder.Name()+"/"+c.name, func(t *testing.T) { c.run(t) })
		}
	}
}

func (c *ruleCase) run(t *testing.T) {
	base := c.base(t)
	rep := scanAgainst(t, c.config(t), c.inputs(), base)
	got := c.describe(rep)
	if base != nil { // the same cases without one have the fixes
		switch diff := cmp.Diff(c.want(), got); {
		case *update:
			c.rewrite(t, got, nil)
		case diff != "":
			t.Errorf("findings (-want +got; go test -update rewrites them):\n%s", diff)
		}
		return
	}
	fixed := c.fix(t, rep)
	c.choose(t, rep)
	if *update {
		c.rewrite(t, got, fixed)
		return
	}
	if diff := cmp.Diff(c.want(), got); diff != "" {
		t.Errorf("findings (-want +got; go test -update rewrites them):\n%s", diff)
	}
	if diff := cmp.Diff(c.goldens(), texts(fixed)); diff != "" {
		t.Errorf("fixed files (-want +got):\n%s", diff)
	}
	c.variants(t, rep)
}

// expects tells whether the case's want section has a finding of the rule, by itself or behind another.
func (c *ruleCase) expects(rule string) bool {
	for line := range strings.Lines(c.want()) {
		line = strings.TrimSpace(line)
		if strings.HasSuffix(line, "["+rule+"]") || strings.HasPrefix(line, "also: ") && strings.Contains(line, rule) {
			return true
		}
	}
	return false
}
