package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

// BenchmarkStatements scans a policy of many statements, clean but for its size.
func BenchmarkStatements(b *testing.B) {
	for _, n := range []int{10, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var all []string
			for i := range n {
				all = append(all, fmt.Sprintf(`{"Sid": "S%d", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App%d"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}`, i, i))
			}
			file := txtar.File{Name: "key.json", Data: []byte(`{"Version": "2012-10-17", "Statement": [` + surroundings + strings.Join(all, ",\n") + `]}`)}
			cfg := config.Default()
			b.ResetTimer()
			for range b.N {
				scan.Scan([]repo.File{{Path: file.Name, Data: file.Data}}, nil, scan.Options{Config: cfg, Rules: rules.All, Jobs: 1})
			}
		})
	}
}
