package cfn

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const shared = "../../../shared" // beside a checkout, where there is one

// explained says where the index of the corpus, which counts by syntax alone, and this package differ on purpose.
var explained = map[string]struct {
	keys int // -1: the file does not parse
	why  string
}{
	"aws-cloudformation__aws-guard-rules-registry/rules/aws/aws_kms/tests/cmk_backing_key_rotation_enabled_tests.yml":                                                      {0, "templates inside the cases of a rule test"},
	"aws-cloudformation__aws-guard-rules-registry/rules/aws/aws_kms/tests/kms_no_wildcard_principal_tests.yml":                                                             {0, "templates inside the cases of a rule test"},
	"awsdocs__aws-kms-developer-guide/doc_source/ct-put-key-policy.md.L6.json":                                                                                             {0, "a CloudTrail event"},
	"awsdocs__aws-kms-developer-guide/doc_source/kms-vpc-endpoint.md.L152.json":                                                                                            {0, "the policy of a VPC endpoint: Deny alone, for everyone"},
	"awslabs__aws-cloudformation-iam-policy-validator/cfn_policy_validator/tests/validation_tests/test_files/kms.json":                                                     {0, "a fixture of a validator's own format"},
	"awslabs__landing-zone-accelerator-on-aws/source/packages/@aws-accelerator/accelerator/test/configs/all-enabled/resource-control-policies/confused-deputy-attack.json": {0, "a resource control policy"},
	"KZNGroup__serverless-connect-voicemail/kms-key-policy.json":                                                                                                           {-1, "JSON with a comment"},
	"awsdocs__aws-kms-developer-guide/doc_source/kms-vpc-endpoint.md.L241.json":                                                                                            {-1, "a comma after the last element"},
	"lpizzinidev__aws-cdk/packages/aws-cdk-lib/pipelines/README.md.L1635.json":                                                                                             {-1, "JSON with a comment"},
}

// TestCorpusKeys finds every key of the corpus exactly once, or says why not.
func TestCorpusKeys(t *testing.T) {
	index, err := os.Open(shared + "/corpus/index.csv")
	if err != nil {
		t.Skip("no corpus here: ", err)
	}
	defer index.Close()
	rows, err := csv.NewReader(index).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	keys, errors := 0, 0
	for _, row := range rows[1:] {
		name := row[column["file"]]
		switch filepath.Ext(name) {
		case ".json", ".yaml", ".yml", ".template", ".snap":
		default:
			continue
		}
		want, _ := strconv.Atoi(row[column["keys"]])
		policies, _ := strconv.Atoi(row[column["policies"]])
		want += policies
		if e, ok := explained[name]; ok {
			want = e.keys
		}
		src, err := os.ReadFile(filepath.Join(shared, "corpus", name))
		if err != nil {
			t.Fatal(err)
		}
		templates, err := Open(name, src, Options{Files: os.DirFS(filepath.Join(shared, "corpus"))})
		if err != nil {
			errors++
			if !strings.HasPrefix(err.Error(), name+":") {
				t.Errorf("%s: error without position: %v", name, err)
			}
			if want > 0 {
				t.Errorf("%s: %d keys in the index, but %v", name, want, err)
			}
			continue
		}
		seen := map[string]bool{}
		got := 0
		for _, tmpl := range templates {
			for _, k := range tmpl.Keys {
				got++
				if seen[k.ID] {
					t.Errorf("%s: the id %s stands twice", name, k.ID)
				}
				seen[k.ID] = true
				if k.Policy == nil || k.Node == nil || k.Account.ID == "" {
					t.Errorf("%s: incomplete key", k.ID)
				}
				for _, u := range k.Policy.Unknown {
					t.Logf("%s: unknown %s", k.ID, u.Construct)
				}
			}
			for _, e := range tmpl.Errors {
				t.Logf("%v", e)
			}
		}
		keys += got
		if got != want {
			t.Errorf("%s: %d keys, the index has %d", name, got, want)
		}
	}
	t.Logf("%d keys, %d files with an error", keys, errors)
}
