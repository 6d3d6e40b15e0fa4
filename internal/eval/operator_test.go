package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// holds evaluates one condition of a Deny on everybody, so that the answer is the condition's own.
func holds(t testing.TB, version, condition string, ctx map[string][]string) string {
	t.Helper()
	p := read(t, version, deny("*", "kms:*", condition))
	return letters(eval.KeyPolicy(p, policy.Request{Principal: alice, Account: own, Action: decrypt, Context: ctx}).Denied)
}

// Keys of the table: single-valued, of the types of semantics.md §3.2, §3.3.
var keyOf = map[string]string{
	"String": "kms:ViaService", "Arn": "aws:PrincipalArn", "Numeric": "kms:RotationPeriodInDays", "Date": "aws:CurrentTime",
	"Bool": "aws:SecureTransport", "Binary": "x:Binary", "IpAddress": "aws:SourceIp", "NotIpAddress": "aws:SourceIp",
}

func keyFor(operator string) string {
	for prefix, k := range keyOf {
		if strings.HasPrefix(operator, prefix) {
			return k
		}
	}
	panic(operator)
}

// TestOperators is semantics.md §4.2, matching of one value and the missing key, for the 27 operators less Null.
// A row holds the value of the policy and pairs of request value and answer; "-" is the absent key.
func TestOperators(t *testing.T) {
	for _, row := range []struct {
		operator, value string
		want            string // "value=answer value=answer"
	}{
		{"StringEquals", "a*", "a*=y ab=n A*=n -=n"},
		{"StringNotEquals", "a*", "a*=n ab=y A*=y -=y"},
		{"StringEqualsIgnoreCase", "aB*", "Ab*=y abc=n -=n"},
		{"StringNotEqualsIgnoreCase", "aB*", "Ab*=n abc=y -=y"},
		{"StringEqualsIgnoreCase", "é", "é=y É=? e=n"},    // §4.2, §9 no. 2: folding beyond ASCII
		{"StringNotEqualsIgnoreCase", "é", "é=n É=? e=y"}, //
		{"StringEqualsIgnoreCase", "k", "\u212a=? K=y"},   // the Kelvin sign
		{"StringEqualsIgnoreCase", "STRASSE", "straße=? strasse=y"},
		{"StringLike", "a*c?", "abcd=y a:/cx=y ac=n acx=y xacd=n acdc=n ABCD=n -=n"},
		{"StringNotLike", "a*c?", "abcd=n ac=y -=y"},
		{"StringLike", "*", "=y a=y -=n"},
		{"StringLike", "?", "=n a=y ab=n é=? éé=n"}, // §4.5, §9 no. 2: the unit of ?
		{"StringLike", "é*", "é=y éa=y e=n"},
		{"StringLike", "é?*", "éa=y é=n éé=y"},
		{"ArnEquals", "arn:aws:iam::*:role/a?*", "arn:aws:iam::1:role/ab=y arn:aws:iam::1:role/a=n arn:aws:iam::1:2:role/ab=n ARN:aws:iam::1:role/ab=n -=n"},
		{"ArnLike", "arn:aws:iam::*:role/a?*", "arn:aws:iam::1:role/ab=y arn:aws:iam::1:role/a=n arn:aws:iam::1:2:role/ab=n -=n"},
		{"ArnNotEquals", "arn:aws:iam::*:role/a*", "arn:aws:iam::1:role/a=n arn:aws:iam::1:user/a=y -=y"},
		{"ArnNotLike", "arn:aws:iam::*:role/a*", "arn:aws:iam::1:role/a=n arn:aws:iam::1:user/a=y -=y"},
		{"ArnLike", "arn:aws:*:111122223333:*", "arn:aws:logs:eu:444455556666:111122223333:x=?"},
		{"ArnLike", "arn:aws:*:*:111122223333:*", "arn:aws:logs:eu:444455556666:111122223333:x=n arn:aws:logs:eu:111122223333:g:x=y arn:aws:logs:eu:111122223333:=y"}, // note 1
		{"ArnLike", "arn:aws:sns:*:1:a:*", "arn:aws:sns:r:1:a:b:c=y arn:aws:sns:r:1:b:a=n"},                                                                           // the sixth is the rest
		{"ArnLike", "*", "arn:aws:iam::1:role/a=? -=n"},                                                                                                               // note 2, §9 no. 10
		{"ArnNotLike", "arn:aws:iam", "arn:aws:iam::1:role/a=? -=y"},                                                                                                  //
		{"ArnEquals", "arn:aws:iam::1:role/a", "text=n"},                                                                                                              // note 4: a value of another type never matches
		{"ArnNotEquals", "arn:aws:iam::1:role/a", "text=?"},
		{"NumericEquals", "30", "30=y 30.0=y 030=y 31=n x=n 3e1=? -=n"},
		{"NumericNotEquals", "30", "30=n 30.00=n 31=y x=? -=y"},
		{"NumericLessThan", "30", "29.99=y 30=n 31=n -5=y -=n"},
		{"NumericLessThanEquals", "30", "29=y 30=y 30.01=n -=n"},
		{"NumericGreaterThan", "30", "29=n 30=n 30.01=y 100=y -=n"},
		{"NumericGreaterThanEquals", "30", "29=n 30=y 31=y -=n"},
		{"NumericEquals", "0.1", "0.1=y 0.10=y 0.1000000000000000055=n"},
		{"NumericEquals", "many", "1=n many=n -=n"},
		{"NumericEquals", "1e3", "1000=?"},
		{"DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z=y 2026-01-01T01:00:00+01:00=y 1767225600=y 1767225601=n 2026-01-01T00:00:00.5Z=n then=n -=n"},
		{"DateNotEquals", "2026-01-01T00:00:00Z", "1767225600=n 2027-01-01T00:00:00Z=y then=? -=y"},
		{"DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z=y 1767225600=n -=n"},
		{"DateLessThanEquals", "1767225600", "2026-01-01T00:00:00Z=y 2026-01-01T00:00:01Z=n -=n"},
		{"DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z=y 1767225600=n -=n"},
		{"DateGreaterThanEquals", "2026-01-01", "1767225600=y 1767225599=n -=n"},
		{"DateLessThan", "2026-01-01T1:00:00Z", "2025-01-01T00:00:00Z=n"},              // not ISO 8601
		{"DateGreaterThan", "2026", "2025-01-01T00:00:00Z=? 2027-01-01T00:00:00Z=y"},   // a year or seconds
		{"NumericLessThanEquals", "1767225600", "1767225600=y 2026-01-01T00:00:00Z=?"}, // §8 no. 8: Date keys with Numeric operators
		{"Bool", "true", "true=y True=y false=n 1=n -=n"},
		{"Bool", "false", "false=y true=n -=n"},
		{"Bool", "yes", "true=n yes=n -=n"},
		{"BinaryEquals", "aGk=", "aGk==y aGs==n !=n -=n"},
		{"BinaryEquals", "!", "aGk==n"},
		{"IpAddress", "10.1.2.3/8", "10.9.9.9=y 11.0.0.0=n ::ffff:10.0.0.1=n x=n -=n"}, // host bits are ignored
		{"IpAddress", "203.0.113.7", "203.0.113.7=y 203.0.113.8=n"},
		{"IpAddress", "2001:db8::/33", "2001:db8:7fff::1=y 2001:db8:8000::1=n 10.0.0.1=n"},
		{"IpAddress", "2001:db8::1", "2001:DB8:0::1=y 2001:db8::2=n"},
		{"IpAddress", "0.0.0.0/0", "8.8.8.8=y ::1=n -=n"},
		{"IpAddress", "10.0.0.0/33", "10.0.0.0=n"},
		{"NotIpAddress", "10.0.0.0/8", "10.9.9.9=n 11.0.0.0=y ::1=y x=? -=y"},
		{"NotIpAddress", "10.0.0.0/33", "10.0.0.0=? -=y"},
	} {
		for _, pair := range strings.Fields(row.want) {
			i := strings.LastIndexByte(pair, '=')
			value, want := pair[:i], pair[i+1:]
			k := keyFor(row.operator)
			ctx := context(k, value)
			if value == "-" {
				ctx = nil
			}
			condition := fmt.Sprintf(`{%q: {%q: %q}}`, row.operator, k, row.value)
			if got := holds(t, policy.Version2012, condition, ctx); got != want {
				t.Errorf("%s with %q: %s, want %s", condition, value, got, want)
			}
			// §4.2: IfExists is the base where the key is there, else true.
			condition = fmt.Sprintf(`{"%sIfExists": {%q: %q}}`, row.operator, k, row.value)
			if value == "-" {
				want = "y"
			}
			if got := holds(t, policy.Version2012, condition, ctx); got != want {
				t.Errorf("%s with %q: %s, want %s", condition, value, got, want)
			}
		}
	}
}

// TestSeveralValues: OR, and NOR for negated operators (semantics.md §4.1); doubt in one value yields to a match by another.
func TestSeveralValues(t *testing.T) {
	for _, row := range []struct{ condition, value, want string }{
		{`{"StringEquals": {"kms:ViaService": ["a", "b"]}}`, "b", "y"},
		{`{"StringEquals": {"kms:ViaService": ["a", "b"]}}`, "c", "n"},
		{`{"StringNotEquals": {"kms:ViaService": ["a", "b"]}}`, "b", "n"},
		{`{"StringNotEquals": {"kms:ViaService": ["a", "b"]}}`, "c", "y"},
		{`{"StringLike": {"kms:ViaService": ["a*", "b"]}, "StringNotLike": {"kms:ViaService": "*z"}}`, "az", "n"},
		{`{"StringLike": {"kms:ViaService": "a*"}, "StringLikeIfExists": {"kms:ViaService": "*b"}}`, "ab", "y"},
		{`{"ArnLike": {"kms:ViaService": ["*", "arn:a:b:c:d:e"]}}`, "arn:a:b:c:d:e", "y"},
		{`{"ArnNotLike": {"kms:ViaService": ["*", "arn:a:b:c:d:e"]}}`, "arn:a:b:c:d:e", "n"},
		{`{"NotIpAddress": {"kms:ViaService": ["10.0.0.0/99", "10.0.0.0/8"]}}`, "10.1.1.1", "n"},
		{`{"StringEquals": {"kms:ViaService": "a", "aws:UserAgent": "b"}}`, "a", "n"}, // two keys of one operator: AND
		{`{"StringEquals": {"KMS:viaSERVICE": "a"}}`, "a", "y"},                       // names are without case
		{`{"Bool": {"kms:ViaService": true}}`, "true", "y"},                           // unquoted values
		{`{"NumericEquals": {"kms:ViaService": 30}}`, "30", "y"},
		{`{"StringEquals": {"kms:ViaService": 30}}`, "30", "y"},
		{`{"StringEquals": {"kms:ViaService": 3e1}}`, "30", "?"},
		{`{"StringEquals": {"kms:ViaService": true}}`, "true", "y"}, // §4.2 note 4
		{`{"stringequals": {"kms:ViaService": "a"}}`, "a", "?"},     // §9 no. 2: case of operator names
		{`{"StringMatches": {"kms:ViaService": "a"}}`, "a", "?"},
		{`{"StringEquals": {"kms:ViaService": null}}`, "a", "?"},
		{`{}`, "a", "y"},
	} {
		if got := holds(t, policy.Version2012, row.condition, context("kms:ViaService", row.value)); got != row.want {
			t.Errorf("%s with %q: %s, want %s", row.condition, row.value, got, row.want)
		}
	}
}

// TestNull is semantics.md §4.2, row Null, and §4.3 for its set operators.
func TestNull(t *testing.T) {
	for _, row := range []struct{ condition, present, absent string }{
		{`{"Null": {"kms:ViaService": "true"}}`, "n", "y"},
		{`{"Null": {"kms:ViaService": "false"}}`, "y", "n"},
		{`{"Null": {"kms:ViaService": true}}`, "n", "y"},
		{`{"Null": {"kms:ViaService": ["true", "false"]}}`, "y", "y"},
		{`{"Null": {"kms:ViaService": "x"}}`, "n", "n"},
		{`{"Null": {"kms:ViaService": []}}`, "?", "?"},
		{`{"ForAllValues:Null": {"kms:ViaService": "true"}}`, "y", "y"},
		{`{"ForAnyValue:Null": {"kms:ViaService": "true"}}`, "n", "n"},
		{`{"NullIfExists": {"kms:ViaService": "true"}}`, "?", "?"}, // no operator
	} {
		if got := holds(t, policy.Version2012, row.condition, context("kms:ViaService", "v")); got != row.present {
			t.Errorf("%s with the key: %s, want %s", row.condition, got, row.present)
		}
		if got := holds(t, policy.Version2012, row.condition, nil); got != row.absent {
			t.Errorf("%s without the key: %s, want %s", row.condition, got, row.absent)
		}
	}
}
