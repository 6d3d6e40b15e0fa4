package authz

import (
	"testing"
	"unicode/utf8"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

var fuzzedOperators = []policy.Base{policy.StringEquals, policy.StringEqualsIgnoreCase, policy.StringLike, policy.ArnLike,
	policy.NumericEquals, policy.NumericLessThan, policy.NumericGreaterThanEquals, policy.DateEquals, policy.DateLessThanEquals,
	policy.DateGreaterThan, policy.Bool, policy.BinaryEquals, policy.IPAddress}

// FuzzConditionValue: whether a value of a request lies in what an operand stands for, the plain evaluator says the same,
// unless it has a doubt. Nothing panics.
func FuzzConditionValue(f *testing.F) {
	f.Add(uint8(2), "a*b?", "axxbc")
	f.Add(uint8(3), "arn:aws:s3:::b*", "arn:aws:s3:::bucket")
	f.Add(uint8(5), "30", "7")
	f.Add(uint8(7), "2026-01-01T00:00:00Z", "1767225600")
	f.Add(uint8(10), "true", "TRUE")
	f.Add(uint8(12), "10.0.0.0/8", "10.255.0.1")
	f.Add(uint8(12), "2001:db8::/32", "2001:db8:0:0:0:0:0:1")
	f.Fuzz(func(t *testing.T, which uint8, written, value string) {
		op := fuzzedOperators[int(which)%len(fuzzedOperators)]
		if !utf8.ValidString(written) || !utf8.ValidString(value) {
			return // no document has such text
		}
		written, value = policy.CleanText(written), policy.CleanText(value)
		a, why := operand(op, written, nil)
		if why != "" {
			return
		}
		if _, why := parseDate(value); a.kind == date && why != "" && why != mismatch {
			return // nobody says what such a date means, and no request has one
		}
		p := &policy.Policy{Version: policy.Version2008, Own: "111122223333", Partition: "aws", Symbols: &policy.Symbols{}, Statements: []*policy.Statement{{
			Effect: policy.Allow, Principals: []policy.Principal{{Kind: policy.Everyone}}, Actions: []policy.Pattern{{Text: "kms:Decrypt"}},
			Resources:  []policy.Pattern{{Text: "*"}},
			Conditions: []policy.Condition{{Operator: policy.Operator{Base: op}, OperatorText: string(op), Key: "aws:PrincipalTag/k", Values: []policy.Operand{{Text: written}}}},
		}}}
		r := policy.Request{Principal: "arn:aws:iam::111122223333:role/any", Account: "111122223333", Action: "kms:Decrypt",
			Context: map[string][]string{"aws:PrincipalTag/k": {value}}}
		switch got := eval.KeyPolicy(p, r).Direct; {
		case got == eval.Maybe:
		case (got == eval.Yes) != a.has(value):
			t.Fatalf("%s %q with %q: the evaluator says %v", op, written, value, got)
		}
	})
}
