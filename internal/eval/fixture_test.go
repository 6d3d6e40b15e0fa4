package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// The cast of the tables: own is the key's account.
const (
	own     = "111122223333"
	other   = "444455556666"
	root    = "arn:aws:iam::111122223333:root"
	alice   = "arn:aws:iam::111122223333:user/staff/alice"
	bob     = "arn:aws:iam::111122223333:user/bob"
	app     = "arn:aws:iam::111122223333:role/App"
	appOne  = "arn:aws:sts::111122223333:assumed-role/App/one"
	appTwo  = "arn:aws:sts::111122223333:assumed-role/App/two"
	opsOne  = "arn:aws:sts::111122223333:assumed-role/Ops/one"
	fed     = "arn:aws:sts::111122223333:federated-user/fed"
	fedTwo  = "arn:aws:sts::111122223333:federated-user/two"
	alien   = "arn:aws:iam::444455556666:user/alien"
	alRoot  = "arn:aws:iam::444455556666:root"
	china   = "arn:aws-cn:iam::111122223333:role/App"
	logs    = "logs.eu-west-1.amazonaws.com"
	sns     = "sns.amazonaws.com"
	keyARN  = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	decrypt = "kms:Decrypt"
)

// read reads a policy of the given statements, which are JSON objects.
func read(t testing.TB, version string, statements ...string) *policy.Policy {
	t.Helper()
	text := fmt.Sprintf(`{"Version": %q, "Statement": [%s]}`, version, strings.Join(statements, ","))
	if version == "" {
		text = fmt.Sprintf(`{"Statement": [%s]}`, strings.Join(statements, ","))
	}
	f, err := syntax.ParseJSON("policy.json", []byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return policy.Read(policy.FromSyntax(f.Root()), policy.Options{Own: own})
}

func key(t testing.TB, statements ...string) *policy.Policy {
	t.Helper()
	return read(t, policy.Version2012, statements...)
}

// allow and deny write a statement on Resource "*". The principal is JSON, or an ARN, account id or service name.
func allow(principal, action, condition string) string {
	return statement("Allow", `"Principal": `+quoted(principal), action, condition)
}

func deny(principal, action, condition string) string {
	return statement("Deny", `"Principal": `+quoted(principal), action, condition)
}

func statement(effect, principal, action, condition string) string {
	if condition != "" {
		condition = `, "Condition": ` + condition
	}
	return fmt.Sprintf(`{"Effect": %q, %s, "Action": %q, "Resource": "*"%s}`, effect, principal, action, condition)
}

func quoted(principal string) string {
	switch {
	case strings.HasPrefix(principal, "{"):
		return principal
	case principal == "*":
		return `"*"`
	case strings.HasSuffix(principal, ".amazonaws.com"):
		return fmt.Sprintf(`{"Service": %q}`, principal)
	}
	return fmt.Sprintf(`{"AWS": %q}`, principal)
}

// context is the condition keys of a request, one value each.
func context(pairs ...string) map[string][]string {
	m := map[string][]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = append(m[pairs[i]], pairs[i+1])
	}
	return m
}

// ask fills the request in and evaluates it.
func ask(t testing.TB, p *policy.Policy, r policy.Request) eval.Result {
	t.Helper()
	if r.Action == "" {
		r.Action = decrypt
	}
	done, err := eval.Complete(p, r)
	if err != nil {
		t.Fatal(err)
	}
	return eval.KeyPolicy(p, done)
}

// letters writes a truth as n, ? or y.
func letters(truths ...eval.Truth) string {
	var b strings.Builder
	for _, v := range truths {
		b.WriteByte("n?y"[v])
	}
	return b.String()
}

// dld writes Direct, Delegated and Denied.
func dld(r eval.Result) string { return letters(r.Direct, r.Delegated, r.Denied) }
