package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

func scanWith(all []*lint.Rule, data []byte) *lint.Report {
	return scan.Scan([]repo.File{{Path: "key.json", Data: data}}, nil, scan.Options{Config: config.Default(), Rules: all, Jobs: 1}).Report
}

// TestPanicInProof lets a rule fail on the changed policy alone: the fix is not proved and the scan goes on.
func TestPanicInProof(t *testing.T) {
	broken := &lint.Rule{ID: "KMS099", Name: "broken", Level: lint.Note, Run: func(p *lint.Pass) {
		if p.Quiet() {
			panic("cannot judge this")
		}
	}}
	data := policyOf(2, equal)
	rep := scanWith([]*lint.Rule{rules.RedundantStatement, broken}, data)
	if len(rep.Errors) > 0 || len(rep.Findings) != 1 {
		t.Fatalf("%d errors and %d findings, want none and 1", len(rep.Errors), len(rep.Findings))
	}
	f := rep.Findings[0]
	if f.Fix != nil || f.Remedy == nil || !strings.Contains(f.Remedy.WhyNot, "KMS099") {
		t.Errorf("the finding has fix %v and remedy %+v; want none, with the rule that failed", f.Fix, f.Remedy)
	}
	if rep := scanWith([]*lint.Rule{rules.RedundantStatement}, data); rep.Findings[0].Fix == nil {
		t.Errorf("without the broken rule there is no fix: %+v", rep.Findings[0].Remedy)
	}
}

// TestProofBound proves fixes up to the bound, and says of the rest why there are none.
func TestProofBound(t *testing.T) {
	rep := scanWith(rules.All, policyOf(100, public))
	fixes, unproved := 0, 0
	for _, f := range rep.Findings {
		switch {
		case f.Rule != "KMS002":
		case f.Fix != nil:
			fixes++
		case f.Remedy != nil && strings.Contains(f.Remedy.WhyNot, "run again"):
			unproved++
		default:
			t.Errorf("the finding at line %d has neither a fix nor the bound as reason: %+v", f.Range.Start.Line, f.Remedy)
		}
	}
	if fixes == 0 || unproved == 0 || fixes+unproved != 100 {
		t.Errorf("%d fixes and %d findings over the bound; want some of each, 100 together", fixes, unproved)
	}
}

// TestEqualFingerprints numbers the fingerprints of equal statements, however many there are.
func TestEqualFingerprints(t *testing.T) {
	rep := scanWith(rules.All, policyOf(30, equal))
	var all []string
	for _, f := range rep.Findings {
		all = append(all, f.Fingerprint)
	}
	slices.Sort(all)
	if n := len(slices.Compact(slices.Clone(all))); n != len(all) {
		t.Errorf("%d findings have %d fingerprints", len(all), n)
	}
}

// TestOverlapBound compares statements that overlap up to a bound, and leaves what comes after undecided.
func TestOverlapBound(t *testing.T) {
	// Each statement says what the one before says, and one action more: none is like another, and all overlap.
	names := []string{"Decrypt", "Encrypt", "DescribeKey", "GenerateDataKey", "GenerateMac", "Sign", "Verify", "VerifyMac", "GetPublicKey", "ReEncryptFrom", "ReEncryptTo"}
	rep := scanWith([]*lint.Rule{rules.RedundantStatement}, policyOf(200, func(i int) string {
		return fmt.Sprintf(`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:%s"], "Resource": "*", "Condition": {"StringLike": {"kms:EncryptionAlgorithm": ["x%d*", "*"]}}}`,
			strings.Join(names[:1+i%len(names)], `", "kms:`), i)
	}))
	undecided := 0
	for _, f := range rep.Findings {
		if f.Certainty == lint.Undecided {
			undecided++
		}
	}
	if undecided == 0 || undecided == len(rep.Findings) {
		t.Errorf("%d of %d findings are undecided; want some, and some not", undecided, len(rep.Findings))
	}
}

// TestProofInLargeTemplate mends a property of each key of a template that is too large to be read for each: the fixes are
// those of a small template, and a second scan finds none to make.
func TestProofInLargeTemplate(t *testing.T) {
	template := func(others int) []byte {
		var b strings.Builder
		b.WriteString("Resources:\n  AppRole:\n    Type: AWS::IAM::Role\n    Properties: {AssumeRolePolicyDocument: {}}\n")
		for i := range 3 {
			fmt.Fprintf(&b, "  Key%d:\n    Type: AWS::KMS::Key\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n    Properties:\n      KeyPolicy:\n        Version: \"2012-10-17\"\n        Statement:\n"+
				"          - {Effect: Allow, Principal: {AWS: !Sub \"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/KMSAdminRole\"}, Action: [kms:Put*, kms:Describe*], Resource: \"*\"}\n"+
				"          - {Effect: Allow, Principal: {AWS: !GetAtt AppRole.Arn}, Action: kms:Decrypt, Resource: \"*\"}\n", i)
		}
		for i := range others {
			fmt.Fprintf(&b, "  Table%d:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      Tags:\n        - {Key: team, Value: storage of everything} # kept\n", i)
		}
		return []byte(b.String())
	}
	for _, others := range []int{1, 600} {
		files := []txtar.File{{Name: "template.yaml", Data: template(others)}}
		rep := scanFiles(t, config.Default(), files)
		var edits []syntax.Edit
		for _, f := range rep.Findings {
			if f.Rule != "KMS018" || f.Fix == nil {
				t.Errorf("with %d other resources: unexpected finding, or one without a fix: %s %s", others, f.Rule, f.Message)
				continue
			}
			edits = append(edits, f.Fix.Edits...)
		}
		after, err := syntax.Apply(files[0].Data, edits)
		if err != nil {
			t.Fatal(err)
		}
		files[0].Data = after
		if again := scanFiles(t, config.Default(), files); len(rep.Findings) != 3 || len(again.Findings) != 0 {
			t.Errorf("with %d other resources: %d findings, %d after the fixes; want 3 and none", others, len(rep.Findings), len(again.Findings))
		}
	}
}
