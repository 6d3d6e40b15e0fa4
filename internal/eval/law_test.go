package eval_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// dice draws small policies and requests that meet each other often.
type dice struct{ *rand.Rand }

func (d dice) of(list ...string) string { return list[d.IntN(len(list))] }

func (d dice) statement(effect string) string {
	principal := d.of(`"Principal": "*"`, `"Principal": {"AWS": "*"}`, `"Principal": {"Service": "sns.amazonaws.com"}`,
		`"NotPrincipal": {"AWS": "`+d.of(alice, app, root, own)+`"}`, `"NotPrincipal": {"AWS": ["`+root+`", "`+app+`", "`+appOne+`"]}`,
		`"Principal": {"AWS": ["`+d.of(own, other, alice, app, appOne, fed, alien)+`", "`+d.of(root, bob, appTwo)+`"]}`)
	action := d.of("Action", "NotAction") + `": "` + d.of("kms:*", "kms:Decrypt", "kms:D*", "kms:PutKeyPolicy", "k*:*", "*")
	resource := d.of("Resource", "Resource", "NotResource") + `": "` + d.of("*", "*", keyARN, "arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:eu-*", "arn:aws:kms:*:*:alias/*")
	condition := ""
	if d.IntN(2) == 0 {
		condition = fmt.Sprintf(`, "Condition": {"%s%s%s": {%q: %s}}`, d.of("", "", "ForAllValues:", "ForAnyValue:"),
			d.of("StringEquals", "StringNotEquals", "StringLike", "ArnLike", "ArnNotEquals", "Bool", "Null", "NumericLessThan", "IpAddress", "Odd"), d.of("", "", "IfExists"),
			d.of("aws:PrincipalArn", "AWS:principaltype", "kms:ViaService", "aws:PrincipalIsAWSService", "kms:EncryptionContextKeys"),
			d.of(`"User"`, `["Account", "AssumedRole"]`, `"arn:aws:iam::*:role/*"`, `"*"`, `[]`, `"true"`, `false`, `7`, `"${aws:username}"`, `"10.0.0.0/8"`))
	}
	return fmt.Sprintf(`{"Effect": %q, %s, "%s", "%s"%s}`, effect, principal, action, resource, condition)
}

func (d dice) statements() []string {
	var all []string
	for range 1 + d.IntN(3) {
		all = append(all, d.statement(d.of("Allow", "Allow", "Deny")))
	}
	return all
}

func (d dice) request() policy.Request {
	r := policy.Request{Principal: d.of(callers...), Action: d.of(decrypt, "kms:DescribeKey", "kms:PutKeyPolicy", "kms:RetireGrant", "kms:CreateKey"), Context: map[string][]string{}}
	if d.IntN(2) == 0 {
		r.Resource = keyARN
	}
	if d.IntN(3) == 0 && r.Principal != logs && r.Principal != sns {
		r.Context["kms:ViaService"] = []string{d.of("User", "10.1.1.1")}
	}
	if d.IntN(3) == 0 {
		r.Context["kms:EncryptionContext:"+d.of("User", "k")] = []string{"v"}
	}
	return r
}

// TestLaws states what holds of every policy and request.
func TestLaws(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(1, 2))}
	for range 2000 {
		all, r := d.statements(), d.request()
		p := key(t, all...)
		r, err := eval.Complete(p, r)
		if err != nil {
			t.Fatal(err)
		}
		base := eval.KeyPolicy(p, r)
		fail := func(law string, got eval.Result) {
			t.Helper()
			t.Fatalf("%s: %s became %s\n%s\n%+v", law, dld(base), dld(got), strings.Join(all, "\n"), r)
		}

		more := eval.KeyPolicy(key(t, append(slices.Clone(all), d.statement("Allow"))...), r)
		if more.Denied != base.Denied || more.Direct < base.Direct || more.Delegated < base.Delegated {
			fail("an Allow more denies nothing and takes nothing", more)
		}
		less := eval.KeyPolicy(key(t, append(slices.Clone(all), d.statement("Deny"))...), r)
		if less.Denied < base.Denied || less.Direct > base.Direct || less.Delegated > base.Delegated {
			fail("a Deny more gives nothing", less)
		}
		slices.Reverse(all)
		if turned := eval.KeyPolicy(key(t, all...), r); dld(turned) != dld(base) {
			fail("order has no meaning", turned)
		}
		if base.Denied == eval.Yes && (base.Direct != eval.No || base.Delegated != eval.No) ||
			(base.Direct == eval.Maybe || base.Delegated == eval.Maybe || base.Denied == eval.Maybe) != (len(base.Because) > 0) {
			fail("Deny wins, and doubt has reasons", base)
		}
		if r.Resource == "" { // what is sure of an unnamed key is so of every key
			named := r
			named.Resource = keyARN
			if got := eval.KeyPolicy(p, named); !refines(got, base) {
				fail("a key with a name", got)
			}
		}
		if r.Principal == app { // what is sure of an unnamed session is so of every session
			named := r
			named.Principal = d.of(appOne, appTwo)
			if got := eval.KeyPolicy(p, named); !refines(got, base) {
				fail("a session with a name", got)
			}
		}
		whole := eval.Decide(p, nil, r)
		if base.Denied == eval.Yes && whole.Reason != "explicit-deny" || base.Denied == eval.No && whole.Reason == "explicit-deny" {
			t.Fatalf("%+v for %+v", whole, base)
		}
	}
}

// refines tells whether the result keeps every sure answer of the vaguer one.
func refines(got, vague eval.Result) bool {
	same := func(a, b eval.Truth) bool { return b == eval.Maybe || a == b }
	return same(got.Direct, vague.Direct) && same(got.Delegated, vague.Delegated) && same(got.Denied, vague.Denied)
}

// TestNegation: over a key that is there, a negated operator is the negation of its positive one (semantics.md §4.2).
func TestNegation(t *testing.T) {
	turned := strings.NewReplacer("y", "n", "n", "y")
	for _, pair := range [][2]string{{"StringEquals", "StringNotEquals"}, {"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"}, {"StringLike", "StringNotLike"},
		{"ArnEquals", "ArnNotEquals"}, {"ArnLike", "ArnNotLike"}, {"NumericEquals", "NumericNotEquals"}, {"DateEquals", "DateNotEquals"}, {"IpAddress", "NotIpAddress"}} {
		for _, operand := range []string{"a", "a*", "*", "?", "é", "5", "2026-01-01", "10.0.0.0/8", "arn:aws:iam::*:role/*", "${aws:username}", "${x"} {
			for _, value := range []string{"a", "A", "ab", "", "É", "5.0", "1767225600", "10.1.1.1", app} {
				ctx := context("aws:SourceIp", value, "aws:username", "a")
				positive := holds(t, policy.Version2012, fmt.Sprintf(`{%q: {"aws:SourceIp": %q}}`, pair[0], operand), ctx)
				negated := holds(t, policy.Version2012, fmt.Sprintf(`{%q: {"aws:SourceIp": %q}}`, pair[1], operand), ctx)
				if negated != turned.Replace(positive) && negated != "?" { // a value of another type: never matches, and negated unknown (§4.2 note 4)
					t.Errorf("%s %q of %q: %s, negated %s", pair[0], operand, value, positive, negated)
				}
			}
		}
	}
}

// FuzzEval: no policy and no request makes the evaluator panic, and an Allow more never denies.
func FuzzEval(f *testing.F) {
	d := dice{rand.New(rand.NewPCG(3, 4))}
	for range 50 {
		r := d.request()
		f.Add(`{"Version": "2012-10-17", "Statement": [`+strings.Join(d.statements(), ",")+`]}`, r.Principal, r.Action, r.Resource, "aws:PrincipalArn", d.of(app, "x"))
	}
	f.Fuzz(func(t *testing.T, text, principal, action, resource, name, value string) {
		file, err := syntax.ParseJSON("policy.json", []byte(text))
		if err != nil {
			t.Skip()
		}
		p := policy.Read(policy.FromSyntax(file.Root()), policy.Options{Own: own})
		r := policy.Request{Principal: principal, Action: action, Resource: resource, Context: map[string][]string{name: {value}}}
		if done, err := eval.Complete(p, r); err == nil {
			r = done
			if again, err := eval.Complete(p, r); err != nil || fmt.Sprint(again) != fmt.Sprint(r) {
				t.Fatalf("completed twice: %v\n%+v\n%+v", err, r, again)
			}
		}
		before := eval.KeyPolicy(p, r)
		eval.Decide(p, []*policy.Policy{p}, r)
		p.Statements = append(p.Statements, key(t, allow("*", "*", "")).Statements...)
		if after := eval.KeyPolicy(p, r); after.Denied != before.Denied {
			t.Fatalf("an Allow made Denied %s from %s", after.Denied, before.Denied)
		}
	})
}

func BenchmarkKeyPolicy(b *testing.B) {
	p := key(b, allow(own, "kms:*", `{"StringEquals": {"aws:PrincipalType": "Account"}}`), allow(app, "kms:GenerateDataKey*", ""),
		deny("*", "kms:*", `{"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:root"]}}`))
	r, err := eval.Complete(p, policy.Request{Principal: app, Action: "kms:GenerateDataKey"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		eval.KeyPolicy(p, r)
	}
}
