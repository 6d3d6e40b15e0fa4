package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
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
