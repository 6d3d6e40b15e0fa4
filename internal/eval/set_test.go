package eval_test

import (
	"fmt"
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// TestSetOperators is semantics.md §4.3, every cell, over a multi-valued key. Columns: key absent, empty set, and the
// sets {a}, {b}, {a b} against the policy's value "a".
func TestSetOperators(t *testing.T) {
	sets := []map[string][]string{nil, {"kms:GrantOperations": {}}, {"kms:GrantOperations": {"a"}}, {"kms:GrantOperations": {"b"}}, {"kms:GrantOperations": {"a", "b"}}}
	for operator, want := range map[string]string{
		"ForAllValues:StringEquals":            "yyynn",
		"ForAllValues:StringNotEquals":         "yynyn",
		"ForAllValues:StringEqualsIfExists":    "yyynn",
		"ForAllValues:StringNotEqualsIfExists": "yynyn",
		"ForAnyValue:StringEquals":             "nnyny",
		"ForAnyValue:StringNotEquals":          "nnnyy", // "some value is not a"
		"ForAnyValue:StringEqualsIfExists":     "?nyny", // §9 no. 10
		"ForAnyValue:StringNotEqualsIfExists":  "?nnyy",
		"StringEquals":                         "n????", // §9 no. 10: no set operator
		"StringNotEquals":                      "y????",
		"StringEqualsIfExists":                 "y????",
		"StringNotEqualsIfExists":              "y????",
	} {
		got := ""
		for _, ctx := range sets {
			got += holds(t, policy.Version2012, fmt.Sprintf(`{%q: {"kms:GrantOperations": "a"}}`, operator), ctx)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", operator, got, want)
		}
	}
}

// TestSetOnSingleValue: a single-valued key is a set of one (semantics.md §4.3).
func TestSetOnSingleValue(t *testing.T) {
	for operator, want := range map[string]string{ // absent, "a", "b"
		"ForAllValues:StringEquals":    "yyn",
		"ForAnyValue:StringEquals":     "nyn",
		"ForAllValues:StringNotEquals": "yny",
		"ForAnyValue:StringNotEquals":  "nny",
	} {
		condition := fmt.Sprintf(`{%q: {"kms:ViaService": "a"}}`, operator)
		got := holds(t, policy.Version2012, condition, nil)
		for _, value := range []string{"a", "b"} {
			got += holds(t, policy.Version2012, condition, context("kms:ViaService", value))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", operator, got, want)
		}
	}
	if got := holds(t, policy.Version2012, `{"StringEquals": {"kms:ViaService": "a"}}`, context("kms:ViaService", "a", "kms:ViaService", "b")); got != "?" {
		t.Errorf("two values of a single-valued key: %s", got)
	}
}

// TestEmptyList is semantics.md §4.1: [] with ForAllValues or IfExists holds only where the key is missing, with
// ForAnyValue never; alone it is unknown. Columns: absent, present, present and empty.
func TestEmptyList(t *testing.T) {
	for operator, want := range map[string]string{
		"StringEquals":                         "???",
		"StringNotEquals":                      "???",
		"StringEqualsIfExists":                 "ynn",
		"StringNotEqualsIfExists":              "ynn",
		"ForAllValues:StringEquals":            "yn?",
		"ForAllValues:StringEqualsIfExists":    "yn?",
		"ForAllValues:StringNotEqualsIfExists": "yn?",
		"ForAnyValue:StringEquals":             "nnn",
		"ForAnyValue:StringNotEquals":          "nnn",
		"ForAnyValue:StringEqualsIfExists":     "?nn",
		"Null":                                 "???",
	} {
		got := ""
		for _, ctx := range []map[string][]string{nil, {"kms:GrantOperations": {"a"}}, {"kms:GrantOperations": {}}} {
			got += holds(t, policy.Version2012, fmt.Sprintf(`{%q: {"kms:GrantOperations": []}}`, operator), ctx)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", operator, got, want)
		}
	}
}

// TestNullOfEmptySet: whether a key with no values counts as null is not said (semantics.md §4.2).
func TestNullOfEmptySet(t *testing.T) {
	for value, want := range map[string]string{`"true"`: "?", `"false"`: "?"} {
		if got := holds(t, policy.Version2012, `{"Null": {"kms:GrantOperations": `+value+`}}`, map[string][]string{"kms:GrantOperations": {}}); got != want {
			t.Errorf("Null %s: %s, want %s", value, got, want)
		}
	}
}

// TestKeyNames: names are compared without case, the part behind the prefix too; which of two that differ in case is
// seen is unknown (semantics.md §3.2, §9 no. 10).
func TestKeyNames(t *testing.T) {
	condition := `{"StringEquals": {"kms:encryptioncontext:DEPT": "x"}}`
	for _, row := range []struct {
		context map[string][]string
		want    string
	}{
		{context("kms:EncryptionContext:dept", "x"), "y"},
		{context("kms:EncryptionContext:dept", "x", "kms:EncryptionContext:Dept", "y"), "?"},
		{context("kms:EncryptionContext:depot", "x"), "n"},
	} {
		if got := holds(t, policy.Version2012, condition, row.context); got != row.want {
			t.Errorf("%v: %s, want %s", row.context, got, row.want)
		}
	}
	if got := holds(t, policy.Version2012, `{"Null": {"kms:EncryptionContext:é": "true"}}`, context("kms:EncryptionContext:É", "x")); got != "?" {
		t.Errorf("names beyond ASCII: %s", got)
	}
}
