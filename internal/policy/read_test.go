package policy_test

import (
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
)

const whole = `"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"`

// What may be wrong with a document, and KMS's answer where it is documented (semantics.md §1.1, §1.6).
func TestDocuments(t *testing.T) {
	const malformed = " [MalformedPolicyDocumentException]"
	for _, c := range []struct {
		name, text         string
		statements, count  int
		problems, unknowns string
	}{
		{"a list of one", `{"Version": "2012-10-17", "Statement": [{` + whole + `}]}`, 1, 1, "", ""},
		{"a bare statement", `{"Version": "2012-10-17", "Statement": {` + whole + `}}`, 1, 1, "", ""},
		{"the old version", `{"Version": "2008-10-17", "Statement": [{` + whole + `}, {` + whole + `}]}`, 2, 2, "", ""},
		{"no version", `{"Statement": [{` + whole + `}]}`, 1, 1, "", ""},
		{"an id", `{"Id": "key-default-1", "Statement": [{` + whole + `}]}`, 1, 1, "", ""},
		{"a wrong version", `{"Version": "2012-10-18", "Statement": [{` + whole + `}]}`, 1, 1, "version" + malformed, ""},
		{"an empty list", `{"Version": "2012-10-17", "Statement": []}`, 0, 0, "no-statement" + malformed, ""},
		{"no statement", `{"Version": "2012-10-17"}`, 0, 0, "no-statement" + malformed, ""},
		{"an empty object", `{}`, 0, 0, "no-statement" + malformed, ""},
		{"a statement that is text", `{"Statement": "Allow"}`, 0, 0, "no-statement" + malformed, ""},
		{"an item that is text", `{"Statement": [{` + whole + `}, "Allow"]}`, 1, 2, "no-statement" + malformed, ""},
		{"an item that is a list", `{"Statement": [[{` + whole + `}]]}`, 0, 1, "no-statement" + malformed, ""},
		{"a list", `[{` + whole + `}]`, 0, 0, "no-policy" + malformed, ""},
		{"a misspelt element", `{"statement": [{` + whole + `}]}`, 0, 0, "unknown-element; no-statement" + malformed, ""},
		{"two lists of statements", `{"Statement": [{` + whole + `}], "Statement": []}`, 1, 1, "duplicate-key; no-statement" + malformed, "the duplicate key Statement"},
		{"two versions", `{"Version": "2012-10-17", "Version": "2008-10-17", "Statement": [{` + whole + `}]}`, 1, 1, "duplicate-key", "the duplicate key Version; a Version that depends on the template"},
	} {
		p := read(t, c.text)
		check(t, c.name+": statements", len(p.Statements), c.statements)
		check(t, c.name+": count", p.Count, c.count)
		check(t, c.name+": problems", problems(p), c.problems)
		check(t, c.name+": unread", constructs(p), c.unknowns)
		for _, q := range p.Problems {
			if q.Node == nil {
				t.Errorf("%s: %s has no place", c.name, q.Kind)
			}
			if m := q.Message; m == "" || strings.HasSuffix(m, ".") {
				t.Errorf("%s: message %q", c.name, m)
			}
		}
	}
	if p := read(t, "just text\n"); problems(p) != "no-policy"+malformed {
		t.Errorf("text: %s", problems(p))
	}
}

// A statement that lacks an element grants nothing, and says why.
func TestIncompleteStatements(t *testing.T) {
	const noPrincipal = "no-principal [MalformedPolicyDocumentException: Policy contains a statement with no principal.]"
	const effect = "effect [MalformedPolicyDocumentException]"
	const value = "value [MalformedPolicyDocumentException]"
	for _, c := range []struct{ statement, inert, problems string }{
		{`{` + whole + `}`, "", ""},
		{`{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}`, "the statement names no principal", noPrincipal},
		{`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Resource": "*"}`, "the statement has no Action", "no-action"},
		{`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": [], "Resource": "*"}`, "the statement has no Action", "no-action"},
		{`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": null, "Resource": "*"}`, "the statement has no Action", value + "; no-action"},
		{`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "NotAction": null, "Resource": "*"}`, "the statement has no Action", value + "; no-action"},
		{`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": {"a": "b"}, "Resource": "*"}`, "the statement has no Action", value + "; no-action"},
		{`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*"}`, "the statement has no Resource", "no-resource"},
		{`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "NotResource": []}`, "the statement has no Resource", "no-resource"},
		{`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}}`, "the statement has no Resource", "no-action; no-resource"},
		{`{"Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}`, "Effect is neither Allow nor Deny", effect},
		{`{"Effect": "allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}`, "Effect is neither Allow nor Deny", effect},
		{`{"Effect": ["Allow"], "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}`, "Effect is neither Allow nor Deny", effect},
		{`{"Effect": null, "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}`, "Effect is neither Allow nor Deny", effect},
		{`{}`, "the statement has no Resource", effect + "; " + noPrincipal + "; no-action; no-resource"},
		{`{` + whole + `, "principal": "*"}`, "", "unknown-element"},
		{`{` + whole + `, "Sid": ["a"]}`, "", value},
		{`{` + whole + `, "NotPrincipal": {"AWS": "444455556666"}}`, "", "two-principals [MalformedPolicyDocumentException]"},
		{`{` + whole + `, "NotAction": "kms:Decrypt"}`, "", "two-actions [MalformedPolicyDocumentException]"},
		{`{` + whole + `, "NotResource": "*"}`, "", "two-resources [MalformedPolicyDocumentException]"},
		{`{` + whole + `, "Action": "kms:Decrypt"}`, "", "duplicate-key"},
	} {
		p := read(t, `{"Version": "2012-10-17", "Statement": [`+c.statement+`]}`)
		if len(p.Statements) != 1 {
			t.Errorf("%s: %d statements", c.statement, len(p.Statements))
			continue
		}
		check(t, c.statement+": inert", p.Statements[0].Inert, c.inert)
		check(t, c.statement, problems(p), c.problems)
	}
}

func TestStatementKeepsWhatIsWritten(t *testing.T) {
	p := read(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Keep most", "Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "NotAction": ["kms:Decrypt", "KMS:gen*"], "NotResource": "arn:aws:kms:*:*:key/x",
		 "Condition": {"Bool": {"aws:SecureTransport": false}}}]}`)
	st := p.Statements[0]
	check(t, "sid", st.Sid, "Keep most")
	check(t, "effect", st.Effect, policy.Deny)
	check(t, "negations", []bool{st.NotPrincipal, st.NotAction, st.NotResource}, []bool{true, true, true})
	check(t, "actions", []string{st.Actions[0].Text, st.Actions[1].Text}, []string{"kms:Decrypt", "KMS:gen*"})
	check(t, "resource", st.Resources[0].Text, "arn:aws:kms:*:*:key/x")
	check(t, "value of a condition", st.Conditions[0].Values[0].Text, "false")
	for name, node := range map[string]bool{"statement": st.Node != nil, "principal": st.PrincipalNode != nil, "action": st.ActionNode != nil,
		"resource": st.ResourceNode != nil, "condition": st.ConditionNode != nil, "sid": st.SidNode != nil} {
		if !node {
			t.Errorf("the %s has no place", name)
		}
	}
	if !p.Variables() {
		t.Error("values of version 2012-10-17 hold variables")
	}
	if read(t, `{"Statement": {`+whole+`}}`).Variables() || read(t, `{"Version": "2008-10-17", "Statement": {`+whole+`}}`).Variables() {
		t.Error("values hold variables only under version 2012-10-17")
	}
}

// Objects in which a key stands twice are read, reported, and leave nothing decided.
func TestDuplicateKeys(t *testing.T) {
	for name, statement := range map[string]string{
		"of a statement":      `{` + whole + `, "Effect": "Deny"}`,
		"of a principal":      `{"Effect": "Allow", "Principal": {"AWS": "111122223333", "AWS": "*"}, "Action": "kms:*", "Resource": "*"}`,
		"of the condition":    `{` + whole + `, "Condition": {"Bool": {"aws:SecureTransport": "true"}, "Bool": {"aws:SecureTransport": "false"}}}`,
		"of a condition key":  `{` + whole + `, "Condition": {"StringEquals": {"aws:PrincipalType": "Account", "aws:PrincipalType": "User"}}}`,
		"with the same value": `{` + whole + `, "Resource": "*"}`,
	} {
		p := read(t, `{"Version": "2012-10-17", "Statement": [`+statement+`]}`)
		if !strings.Contains(problems(p), "duplicate-key") || len(p.Unknown) == 0 {
			t.Errorf("a duplicate key %s: problems %q, unread %q", name, problems(p), constructs(p))
		}
	}
	p := read(t, `{"Version": "2012-10-17", "Statement": [{`+whole+`, "Condition": {"StringEquals": {"aws:PrincipalType": "Account", "AWS:principaltype": "User"}}}]}`)
	check(t, "keys that differ in case", problems(p), "key-case")
	check(t, "keys that differ in case", constructs(p), "condition keys that differ in case")
	p = read(t, `{"Version": "2012-10-17", "Statement": [{`+whole+`, "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}, "StringLike": {"AWS:principaltype": "User"}}}]}`)
	check(t, "one key under two operators", problems(p)+constructs(p), "")
}

// KMS takes tab, line ends and U+0020 to U+00FF (semantics.md §1.1).
func TestCharacters(t *testing.T) {
	for text, ok := range map[string]bool{
		`plain`: true, `caf\u00e9 \u00a0 \u00ff`: true, `tab\tline\r\n`: true, `\u007f\u0080`: true,
		`dash \u2014`: false, `“quotes”`: false, `bell \u0007`: false, `null \u0000`: false, `Ā`: false, `\ud83d\ude00`: false, "\U000F0000": false,
	} {
		p := read(t, `{"Version": "2012-10-17", "Statement": [{"Sid": "`+text+`", `+whole+`}]}`)
		want := ""
		if !ok {
			want = "character [ValidationException]"
		}
		check(t, "Sid "+text, problems(p), want)
	}
	p := read(t, `{"Version": "2012-10-17", "Statement": [{`+whole+`, "Condition": {"StringEquals": {"kms:EncryptionContext:prénom\u200b": "x"}}}]}`)
	check(t, "a key", problems(p), "character [ValidationException]")
}

// A template's symbols are no characters: what they stand for is not known.
func TestSymbolsAreNoBadCharacters(t *testing.T) {
	var s policy.Symbols
	v := object("Statement", list(object("Effect", "Allow", "Principal", object("AWS", "arn:aws:iam::"+s.Rune("${AWS::AccountId}")+":root"), "Action", "kms:*", "Resource", "*")))
	p := policy.Read(v, policy.Options{Symbols: &s})
	check(t, "problems", problems(p), "")
	check(t, "principal", s.Show(describe(p.Statements[0].Principals)), "account ${AWS::AccountId} = arn:aws:iam::${AWS::AccountId}:root")
}

// A repository cannot write a symbol: its text is cleaned of the private range.
func TestTextCannotPassForASymbol(t *testing.T) {
	var s policy.Symbols
	forged := s.Rune("${AWS::AccountId}")
	p := policy.Read(decode(t, `{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "`+forged+`"}, "Action": "`+forged+`", "Resource": "*"}]}`), policy.Options{Symbols: &s})
	for _, q := range p.Statements[0].Principals {
		if q.Kind != policy.InvalidARN || policy.HasSymbol(q.Text) {
			t.Errorf("%+v", q)
		}
	}
	if policy.HasSymbol(p.Statements[0].Actions[0].Text) {
		t.Error("the action holds a symbol")
	}
}

func TestSymbols(t *testing.T) {
	var s policy.Symbols
	a, b := s.Rune("${A}"), s.Rune("${B}")
	if a == b || a != s.Rune("${A}") {
		t.Errorf("%q %q", a, b)
	}
	check(t, "shown", s.Show("x"+a+":"+b+"*"), "x${A}:${B}*")
	check(t, "without a table", (*policy.Symbols)(nil).Show("x"), "x")
	for i := range 70_000 {
		s.Rune(strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i%11))
	}
	for i := range 66_000 {
		if r := []rune(s.Rune("n" + strings.Repeat("i", i%3) + string(rune(0x4e00+i%20000)) + string(rune(0x4e00+i/20000)))); len(r) != 1 || !policy.IsSymbol(r[0]) {
			t.Fatalf("symbol %d is %q", i, string(r))
		}
	}
}

// KMS gives a key without a policy the default one (semantics.md §2.8).
func TestDefault(t *testing.T) {
	for name, p := range map[string]*policy.Policy{
		"Default": policy.Default(policy.Options{Own: own}),
		"Absent":  policy.Read(absent(), policy.Options{Own: own}),
	} {
		st := p.Statements[0]
		check(t, name, describe(st.Principals)+" "+string(st.Effect)+" "+st.Actions[0].Text+" "+st.Resources[0].Text+" "+st.Sid+" "+p.Version,
			"account 111122223333 = arn:aws:iam::111122223333:root Allow kms:* * Enable IAM User Permissions 2012-10-17")
		check(t, name+": count", p.Count, 1)
		check(t, name+": problems", problems(p), "")
	}
	p := policy.Default(policy.Options{})
	p.SetOwn(other)
	check(t, "later", describe(p.Statements[0].Principals), "account 444455556666 = arn:aws:iam::444455556666:root")
}

// Nothing that a hostile file can hold makes reading slow: it is linear in the text.
func TestReadingIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("a large input")
	}
	const n = 20_000
	principals := make([]*policy.Value, n)
	actions := make([]*policy.Value, n)
	for i := range n {
		principals[i], actions[i] = text("nobody"), choose("C", text("kms:Decrypt"), text("kms:Encrypt"))
	}
	p := policy.Read(object("Statement", list(object("Effect", "Allow", "Principal", object("AWS", list(principals...)), "Action", list(actions...), "Resource", "*"))),
		policy.Options{Dimensions: conditions("C")})
	check(t, "statements", len(p.Statements), 2)
	check(t, "problems", len(p.Problems), n)
	for _, q := range p.Problems {
		if len(q.When) > 0 {
			t.Fatalf("a problem of both alternatives depends on %v", q.When)
		}
	}
}
