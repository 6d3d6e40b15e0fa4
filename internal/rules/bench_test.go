package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

// policyOf is a policy of the surroundings and n statements.
func policyOf(n int, statement func(i int) string) []byte {
	all := make([]string, n)
	for i := range all {
		all[i] = statement(i)
	}
	return []byte(`{"Version": "2012-10-17", "Statement": [` + surroundings + strings.Join(all, ",\n") + `]}`)
}

// sizes are policies whose size is what makes them hard.
var sizes = []struct {
	name  string
	bytes func() []byte
}{
	{"different-10", func() []byte { return policyOf(10, different) }},
	{"different-100", func() []byte { return policyOf(100, different) }},
	{"equal-100", func() []byte { return policyOf(100, equal) }},
	{"equal-400", func() []byte { return policyOf(400, equal) }},
	{"public-100", func() []byte { return policyOf(100, public) }},
	{"delegating-100", func() []byte { return policyOf(100, delegating) }},
	{"services-100", func() []byte { return policyOf(100, service) }},
	{"denying-100", func() []byte { return policyOf(100, denying) }},
	{"invalid-4000", func() []byte {
		return policyOf(1, func(int) string {
			var who []string
			for i := range 4000 {
				who = append(who, fmt.Sprintf(`"nobody%d"`, i))
			}
			return `{"Effect": "Allow", "Principal": {"AWS": [` + strings.Join(who, ", ") + `]}, "Action": "kms:Decrypt", "Resource": "*"}`
		})
	}},
	{"roles-1000", func() []byte {
		return policyOf(1, func(int) string {
			var who []string
			for i := range 1000 {
				who = append(who, fmt.Sprintf(`"arn:aws:iam::111122223333:role/App%d"`, i))
			}
			return `{"Effect": "Allow", "Principal": {"AWS": [` + strings.Join(who, ", ") + `]}, "Action": ["kms:Decrypt", "kms:PutKeyPolicy"], "Resource": "*"}`
		})
	}},
}

func different(i int) string {
	return fmt.Sprintf(`{"Sid": "S%d", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App%d"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}`, i, i)
}

func equal(int) string {
	return `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"}`
}

func public(i int) string {
	return fmt.Sprintf(`{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:tenant": "t%d"}}}`, i)
}

func delegating(i int) string {
	return fmt.Sprintf(`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "t%d"}}}`, i)
}

func service(i int) string {
	return fmt.Sprintf(`{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": "arn:aws:sns:eu-west-1:111122223333:t%d"}}}`, i)
}

func denying(i int) string {
	return fmt.Sprintf(`{"Effect": "Deny", "Principal": "*", "Action": ["kms:Decrypt", "kms:Put*"], "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "t%d"}}}`, i)
}

// BenchmarkSizes scans one policy with every rule and proves its fixes.
func BenchmarkSizes(b *testing.B) {
	cfg := config.Default()
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			data := s.bytes()
			for b.Loop() {
				scan.Scan([]repo.File{{Path: "key.json", Data: data}}, nil, scan.Options{Config: cfg, Rules: rules.All, Jobs: 1})
			}
		})
	}
}

// BenchmarkTemplate scans a template of 1 MB with 100 keys: alike and clean, so that nothing is proved, or each with a fix.
func BenchmarkTemplate(b *testing.B) {
	for _, rotated := range []bool{true, false} {
		b.Run(fmt.Sprintf("rotated=%t", rotated), func(b *testing.B) {
			var all []string
			for i := range 100 {
				all = append(all, fmt.Sprintf(`"Key%d": {"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"EnableKeyRotation": %t, "KeyPolicy": {"Version": "2012-10-17", "Statement": [%s%s]}}}`,
					i, rotated, surroundings, different(i)))
			}
			for i := 0; len(all)*900 < 1<<20; i++ {
				all = append(all, fmt.Sprintf(`"Table%d": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "t%d", "Tags": [%s]}}`, i, i,
					strings.TrimSuffix(strings.Repeat(`{"Key": "team", "Value": "storage of everything"}, `, 16), ", ")))
			}
			data := []byte("{\"Resources\": {" + strings.Join(all, ",\n") + "}}")
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				scan.Scan([]repo.File{{Path: "template.json", Data: data}}, nil, scan.Options{Config: config.Default(), Rules: rules.All, Jobs: 2})
			}
		})
	}
}

// BenchmarkRules runs each rule alone over a policy of 100 equal statements.
func BenchmarkRules(b *testing.B) {
	cfg := config.Default()
	data := policyOf(100, equal)
	for _, r := range rules.All {
		b.Run(r.ID, func(b *testing.B) {
			for b.Loop() {
				scan.Scan([]repo.File{{Path: "key.json", Data: data}}, nil, scan.Options{Config: cfg, Rules: []*lint.Rule{r}, Jobs: 1})
			}
		})
	}
}

// BenchmarkCorpus scans all of testdata/corpus, or of the folder that KMSGUARD_CORPUS names, with two workers.
func BenchmarkCorpus(b *testing.B) {
	tree, files := corpus(b)
	for b.Loop() {
		scan.Scan(files, nil, scan.Options{Config: config.Default(), Rules: rules.All, Files: tree, Jobs: 2})
	}
}
