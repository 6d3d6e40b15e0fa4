package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/cli"
)

// TestArticle makes the article's change: fix must write the hardened policy that AWS prints, in the layout of whoever wrote the
// default one. The layouts are printed by this file alone, which knows nothing of how edits are made.
func TestArticle(t *testing.T) {
	text, err := os.ReadFile("../../testdata/article/hardened.json")
	if err != nil {
		t.Fatal(err)
	}
	hardened := ordered(t, text)
	if got := allman.print(hardened) + "\n"; got != string(text) {
		t.Fatalf("this test's printer does not print the article:\n%s", got)
	}
	withDefault := replaceFirst(hardened, func(st object) object {
		st = slices.DeleteFunc(slices.Clone(st), func(m member) bool { return m.key == "Condition" })
		for i := range st {
			if st[i].key == "Sid" {
				st[i].value = "Enable IAM User Permissions"
			}
		}
		return st
	})
	all := layouts()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		l := all[name]
		t.Run(name, func(t *testing.T) {
			before, want := l.write(withDefault), l.write(hardened)
			dir := t.TempDir()
			file := filepath.Join(dir, "key"+l.extension)
			if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			status, out := kmsguard(t, "fix", file)
			if status != 0 {
				t.Errorf("fix ends with status %d:\n%s", status, out)
			}
			compareText(t, file, want)
			if status, out = kmsguard(t, "fix", file); status != 0 || out != "" {
				t.Errorf("fix again ends with status %d and says:\n%s", status, out)
			}
			compareText(t, file, want)
			if status, out = kmsguard(t, "scan", "--fail-on", "note", file); status != 0 {
				t.Errorf("the result is not clean:\n%s", out)
			}
		})
	}
}

// TestArticleAdministrators closes a policy that has the default statement alone: the administrators of the configuration get the
// article's second statement.
func TestArticleAdministrators(t *testing.T) {
	text, err := os.ReadFile("../../testdata/article/hardened.json")
	if err != nil {
		t.Fatal(err)
	}
	first := func(n int) func(object) object {
		return func(policy object) object {
			policy = slices.Clone(policy)
			for i, m := range policy {
				if m.key == "Statement" {
					policy[i].value = m.value.(list)[:n]
				}
			}
			return policy
		}
	}
	whole := ordered(t, text)
	want := first(2)(whole)
	before := replaceFirst(first(1)(whole), func(st object) object {
		return object{{"Sid", "Enable IAM User Permissions"}, st[1], st[2], st[3], st[4]}
	})
	all := layouts()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		l := all[name]
		if l.inline || strings.Contains(name, "crowded") {
			continue // one statement does not show how long a list its author writes on one line
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "key"+l.extension)
			config := filepath.Join(dir, "kmsguard.yml")
			if err := os.WriteFile(file, []byte(l.write(before)), 0o600); err != nil {
				t.Fatal(err)
			}
			account := "111122223333"
			if l.account != "" {
				account = l.account
			}
			write(t, config, "version: 1\nadministrators: [\"arn:aws:iam::"+account+":user/KMSAdminUser\", \"arn:aws:iam::"+account+":role/KMSAdminRole\"]\n")
			if status, out := kmsguard(t, "fix", "--config", config, file); status != 0 {
				t.Errorf("fix ends with status %d:\n%s", status, out)
			}
			compareText(t, file, l.write(want))
		})
	}
}

func kmsguard(t *testing.T, args ...string) (status int, out string) {
	t.Helper()
	var b bytes.Buffer
	status = cli.Main(args, cli.Streams{In: strings.NewReader(""), Out: &b, Err: &b})
	return status, b.String()
}

func compareText(t *testing.T, file, want string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := string(data)
	if got == want {
		return
	}
	show := strings.NewReplacer("\r", "␍", "\t", "→   ")
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < len(gotLines) && i < len(wantLines) && gotLines[i] == wantLines[i] {
		i++
	}
	around := func(all []string) string {
		return show.Replace(strings.Join(all[max(0, i-3):min(len(all), i+12)], "\n"))
	}
	t.Errorf("line %d differs; got\n%s\nwant\n%s", i+1, around(gotLines), around(wantLines))
}

// A document in the order in which it is written.
type (
	object []member
	member struct {
		key   string
		value any // string, object or list
	}
	list []any
)

func ordered(t *testing.T, text []byte) object {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	v, err := orderedValue(d)
	if err != nil {
		t.Fatal(err)
	}
	return v.(object)
}

func orderedValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := object{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := orderedValue(d)
			if err != nil {
				return nil, err
			}
			o = append(o, member{key.(string), value})
		}
		_, err := d.Token()
		return o, err
	case json.Delim('['):
		l := list{}
		for d.More() {
			value, err := orderedValue(d)
			if err != nil {
				return nil, err
			}
			l = append(l, value)
		}
		_, err := d.Token()
		return l, err
	}
	return token, nil
}

func replaceFirst(policy object, change func(object) object) object {
	policy = slices.Clone(policy)
	for i, m := range policy {
		if m.key == "Statement" {
			statements := slices.Clone(m.value.(list))
			statements[0] = change(statements[0].(object))
			policy[i].value = statements
		}
	}
	return policy
}

// layout writes a policy as someone would: alone or in a template.
type layout struct {
	extension string
	write     func(policy object) string
	inline    bool   // small parts stand on one line
	account   string // as written in principals, where that is not the number
}

func layouts() map[string]layout {
	all := map[string]layout{}
	for name, p := range map[string]jsonHand{
		"article":       allman,
		"article tab":   {indent: "\t", allman: true, colon: ": "},
		"indent 2":      {indent: "  ", colon: ": "},
		"indent 3":      {indent: "   ", colon: ": "},
		"indent 4":      {indent: "    ", colon: ": "},
		"tab":           {indent: "\t", colon: ": "},
		"spaced colons": {indent: "  ", colon: " : "},
		"tight colons":  {indent: "  ", colon: ":"},
		"minified":      {colon: ":", width: 1 << 20, comma: ","},
		"one line":      {colon: ": ", width: 1 << 20, comma: ", "},
		"small 60":      {indent: "  ", colon: ": ", width: 60, comma: ", "},
		"small 100":     {indent: "    ", colon: ": ", width: 100, comma: ", "},
		"small 60 wide": {indent: "  ", colon: ": ", width: 60, comma: ", ", pad: " "},
		"small 80 tab":  {indent: "\t", colon: ": ", width: 80, comma: ", "},
	} {
		name := "json " + name
		inline := p.width > 0
		all[name] = layout{extension: ".json", inline: inline, write: func(o object) string { return p.print(o) + "\n" }}
		all[name+" crlf"] = layout{extension: ".json", inline: inline, write: func(o object) string { return crlf(p.print(o) + "\n") }}
		all[name+" without a last line end"] = layout{extension: ".json", inline: inline, write: func(o object) string { return p.print(o) }}
		all[name+" in a template"] = layout{extension: ".template.json", inline: inline, write: func(o object) string { return p.print(jsonTemplate(o)) + "\n" }}
		all[name+" in a template, by Fn::Sub"] = layout{extension: ".template.json", inline: inline, account: "${AWS::AccountId}", write: func(o object) string {
			return p.print(jsonTemplate(substitute(o, func(s string) any { return object{{"Fn::Sub", s}} }).(object))) + "\n"
		}}
	}
	all["json byte order mark"] = layout{extension: ".json", write: func(o object) string { return "\uFEFF" + allman.print(o) + "\n" }}
	for name, p := range map[string]yamlHand{
		"plain":                {step: 2, quote: plainOr(`"`), dash: 2},
		"plain, lists at key":  {step: 2, quote: plainOr(`"`)},
		"plain or single":      {step: 2, quote: plainOr(`'`), dash: 2},
		"single":               {step: 2, quote: always(`'`), dash: 2},
		"double":               {step: 2, quote: always(`"`), dash: 2},
		"double, lists at key": {step: 2, quote: always(`"`)},
		"indent 4":             {step: 4, quote: plainOr(`'`), dash: 4},
		"indent 4, dash 2":     {step: 4, quote: plainOr(`"`), dash: 2},
		"indent 4, at key":     {step: 4, quote: plainOr(`"`)},
		"wide dash":            {step: 4, quote: plainOr(`"`), gap: 3},
		"quoted keys":          {step: 2, quote: always(`"`), dash: 2, quoteKeys: true},
		"flow crowded":         {step: 2, quote: plainOr(`"`), dash: 2, flow: 60},
		"flow crowded spaced":  {step: 2, quote: plainOr(`'`), flow: 70, pad: " "},
	} {
		name := "yaml " + name
		template := func(o object) string { return p.print(yamlTemplate(o)) }
		all[name] = layout{extension: ".yaml", inline: p.flow > 0, write: template}
		all[name+" crlf"] = layout{extension: ".yml", inline: p.flow > 0, write: func(o object) string { return crlf(template(o)) }}
		all[name+" comments"] = layout{extension: ".yaml", inline: p.flow > 0, write: func(o object) string {
			text := "---\n# keys of the storage team\n" + template(o)
			return regexp.MustCompile(`(?m)^( *)(Key:|DeletionPolicy:.*)$`).ReplaceAllString(text, "$1# 5–10 keys of a team, é\n$1$2 # see above")
		}}
		all[name+" alone"] = layout{extension: ".yaml", inline: p.flow > 0, write: func(o object) string { return p.print(o) }}
		all[name+" by !Sub"] = layout{extension: ".yaml", inline: p.flow > 0, account: "${AWS::AccountId}", write: func(o object) string {
			return template(substitute(o, func(s string) any { return tagged{"!Sub", s} }).(object))
		}}
		all[name+" by Fn::Sub"] = layout{extension: ".yaml", inline: p.flow > 0, account: "${AWS::AccountId}", write: func(o object) string {
			return template(substitute(o, func(s string) any { return object{{"Fn::Sub", s}} }).(object))
		}}
	}
	return all
}

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// Templates in which no rule but the one about delegation has anything to say.
func jsonTemplate(policy object) object {
	return object{{"AWSTemplateFormatVersion", "2010-09-09"}, {"Resources", object{{"Key", object{{"Type", "AWS::KMS::Key"}, {"DeletionPolicy", "Retain"}, {"UpdateReplacePolicy", "Retain"},
		{"Properties", object{{"EnableKeyRotation", literal("true")}, {"KeyPolicy", policy}, {"Description", "data at rest"}}}}}}}, {"Outputs", object{{"Id", object{{"Value", object{{"Ref", "Key"}}}}}}}}
}

func yamlTemplate(policy object) object {
	return object{{"AWSTemplateFormatVersion", "2010-09-09"}, {"Resources", object{{"Key", object{{"Type", "AWS::KMS::Key"}, {"DeletionPolicy", "Retain"}, {"UpdateReplacePolicy", "Retain"},
		{"Properties", object{{"EnableKeyRotation", literal("true")}, {"KeyPolicy", policy}, {"Description", "data at rest"}}}}}}}, {"Outputs", object{{"Id", object{{"Value", tagged{"!Ref", "Key"}}}}}}}
}

type (
	literal string // a value without quotes
	tagged  struct{ tag, text string }
)

// substitute writes the account of every ARN as the pseudo parameter, inside an intrinsic.
func substitute(v any, intrinsic func(string) any) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, ":111122223333:") {
			return intrinsic(strings.ReplaceAll(v, ":111122223333:", ":${AWS::AccountId}:"))
		}
	case list:
		all := list{}
		for _, item := range v {
			all = append(all, substitute(item, intrinsic))
		}
		return all
	case object:
		all := object{}
		for _, m := range v {
			all = append(all, member{m.key, substitute(m.value, intrinsic)})
		}
		return all
	}
	return v
}

// jsonHand is how someone writes JSON.
type jsonHand struct {
	indent string
	allman bool // brackets stand on lines of their own
	colon  string
	width  int // what fits into so many columns stands on one line
	comma  string
	pad    string // inside of the braces of what stands on one line
}

var allman = jsonHand{indent: "    ", allman: true, colon: ": "}

func (h jsonHand) print(v any) string { return h.value(v, "", 0) }

// value prints v, whose first line has used up some columns after its indentation.
func (h jsonHand) value(v any, indent string, used int) string {
	switch v := v.(type) {
	case string:
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(b))
	case literal:
		return string(v)
	}
	if h.width > 0 {
		if line := h.line(v); len(indent)+used+len(line) <= h.width {
			return line
		}
	}
	inner := indent + h.indent
	var parts []string
	open, end := "[", "]"
	switch v := v.(type) {
	case list:
		for _, item := range v {
			parts = append(parts, inner+h.value(item, inner, 0))
		}
	case object:
		open, end = "{", "}"
		for _, m := range v {
			key := h.value(m.key, "", 0)
			_, scalar := m.value.(string)
			_, bare := m.value.(literal)
			if h.allman && !scalar && !bare {
				parts = append(parts, inner+key+strings.TrimRight(h.colon, " ")+"\n"+inner+h.value(m.value, inner, 0))
			} else {
				parts = append(parts, inner+key+h.colon+h.value(m.value, inner, len(key)+len(h.colon)))
			}
		}
	}
	return open + "\n" + strings.Join(parts, ",\n") + "\n" + indent + end
}

func (h jsonHand) line(v any) string {
	var parts []string
	switch v := v.(type) {
	case list:
		for _, item := range v {
			parts = append(parts, h.line(item))
		}
		return "[" + strings.Join(parts, h.comma) + "]"
	case object:
		for _, m := range v {
			parts = append(parts, h.value(m.key, "", 0)+h.colon+h.line(m.value))
		}
		return "{" + h.pad + strings.Join(parts, h.comma) + h.pad + "}"
	}
	return h.value(v, "", 0)
}

// yamlHand is how someone writes YAML.
type yamlHand struct {
	step      int // columns of a level
	dash      int // columns of a dash below the key of its list
	gap       int // spaces after a dash beyond one
	quote     func(string) string
	quoteKeys bool
	flow      int // what fits into so many columns stands on one line in braces
	pad       string
}

func (h yamlHand) print(o object) string { return h.object(o, 0) }

func (h yamlHand) key(key string) string {
	if h.quoteKeys {
		return h.quote(key)
	}
	return key
}

func (h yamlHand) scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return h.quote(v), true
	case literal:
		return string(v), true
	case tagged:
		return v.tag + " " + h.quote(v.text), true
	}
	return "", false
}

func (h yamlHand) object(o object, column int) string {
	var b strings.Builder
	for i, m := range o {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", column))
		}
		b.WriteString(h.key(m.key) + ":" + h.after(m.value, column, len(h.key(m.key))+1))
	}
	return b.String()
}

// after prints what stands after a key: on the same line, or below.
func (h yamlHand) after(v any, column, used int) string {
	if text, ok := h.scalar(v); ok {
		return " " + text + "\n"
	}
	if h.flow > 0 {
		if line := h.line(v); column+used+1+len(line) <= h.flow {
			return " " + line + "\n"
		}
	}
	if l, ok := v.(list); ok {
		at := column + h.dash
		var b strings.Builder
		b.WriteString("\n")
		for _, item := range l {
			lead := "-" + strings.Repeat(" ", 1+h.gap)
			b.WriteString(strings.Repeat(" ", at) + lead)
			if text, ok := h.scalar(item); ok {
				b.WriteString(text + "\n")
			} else if o, ok := item.(object); ok {
				if line := h.line(o); h.flow > 0 && at+len(lead)+len(line) <= h.flow {
					b.WriteString(line + "\n")
				} else {
					b.WriteString(h.object(o, at+len(lead)))
				}
			}
		}
		return b.String()
	}
	return "\n" + strings.Repeat(" ", column+h.step) + h.object(v.(object), column+h.step)
}

func (h yamlHand) line(v any) string {
	if text, ok := h.scalar(v); ok {
		return text
	}
	var parts []string
	if l, ok := v.(list); ok {
		for _, item := range l {
			parts = append(parts, h.line(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	for _, m := range v.(object) {
		parts = append(parts, h.key(m.key)+": "+h.line(m.value))
	}
	return "{" + h.pad + strings.Join(parts, ", ") + h.pad + "}"
}

func always(quote string) func(string) string {
	return func(s string) string { return quote + s + quote }
}

// plainOr leaves out the quotes where people do.
func plainOr(quote string) func(string) string {
	needs := regexp.MustCompile(`^[-*&!%@{}\[\],#|>'"?]|: |:$| #|[{}\[\],]|^(true|false|yes|no|on|off|null|~|)$|^[0-9]`)
	return func(s string) string {
		if needs.MatchString(s) {
			return fmt.Sprint(quote, s, quote)
		}
		return s
	}
}
