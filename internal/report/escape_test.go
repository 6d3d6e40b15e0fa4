package report

import (
	"bytes"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// logWriters are the formats that may go to a log.
var logWriters = map[string]func(io.Writer, *lint.Report, func(string) []byte) error{
	"text": func(w io.Writer, r *lint.Report, s func(string) []byte) error { return Text(w, r, s, TextOptions{}) },
	"color": func(w io.Writer, r *lint.Report, s func(string) []byte) error {
		return Text(w, r, s, TextOptions{Color: true})
	},
	"json":   func(w io.Writer, r *lint.Report, s func(string) []byte) error { return JSON(w, r) },
	"rdjson": RDJSON,
	"sarif":  func(w io.Writer, r *lint.Report, s func(string) []byte) error { return SARIF(w, r, sampleRules, s) },
	"diff": func(w io.Writer, r *lint.Report, s func(string) []byte) error {
		return Diff(w, r.Findings[0].File, s(""), []byte("other\n"), DiffOptions{Shown: true})
	},
}

// No text of a repository becomes a command of the runner, or acts on a terminal.
func FuzzLogs(f *testing.F) {
	for _, e := range evils {
		f.Add(e)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		rep, sources := hostile(evil)
		for name, write := range logWriters {
			var b bytes.Buffer
			if err := write(&b, rep, sources); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			text := b.String()
			if got := runnerCommands(text); got != nil {
				t.Errorf("%s holds commands: %q", name, got)
			}
			if name == "color" {
				for _, s := range []style{bold, dim, red, green, yellow, blue, cyan, reset} {
					text = strings.ReplaceAll(text, string(s), "")
				}
			}
			if i := strings.IndexFunc(text, func(r rune) bool { return hidden(r) && r != '\n' && (r != '\t' || name != "diff") }); i >= 0 {
				t.Errorf("%s holds a hidden rune at %q", name, text[i:min(len(text), i+20)])
			}
		}
	})
}

// The runner finds our annotations, no others, and the text in them is what was meant.
func FuzzGitHub(f *testing.F) {
	for _, e := range evils {
		f.Add(e)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		rep, _ := hostile(evil)
		var b bytes.Buffer
		if err := GitHub(&b, rep); err != nil {
			t.Fatal(err)
		}
		lines := strings.FieldsFunc(b.String(), func(r rune) bool { return r == '\n' || r == '\r' })
		if len(lines) != 4 {
			t.Fatalf("%d lines: %q", len(lines), lines)
		}
		for _, l := range lines {
			a := parseAnnotation(l)
			if a.command != "error" && a.command != "warning" && a.command != "notice" {
				t.Errorf("command %q", a.command)
			}
			for name := range a.props {
				if !strings.Contains(" file line endLine col endColumn title ", " "+name+" ") {
					t.Errorf("property %q", name)
				}
			}
			if a.props["file"] != evil {
				t.Errorf("file %q", a.props["file"])
			}
			if len(a.message) > maxMessage*6 || strings.Contains(a.message, "##[") {
				t.Errorf("message %q", a.message)
			}
		}
	})
}

// A code span and a fenced block hold their text whole.
func FuzzFence(f *testing.F) {
	for _, e := range evils {
		f.Add(e, "yaml")
	}
	f.Fuzz(func(t *testing.T, text, language string) {
		block := Fence(language, text)
		lines := regexp.MustCompile("\r\n|\r|\n").Split(strings.TrimSuffix(block, "\n"), -1)
		ticks := len(lines[0]) - len(strings.TrimLeft(lines[0], "`"))
		if ticks < 3 || regexp.MustCompile("[^a-z]").MatchString(lines[0][ticks:]) {
			t.Fatalf("opening %q", lines[0])
		}
		for i, l := range lines[1:] {
			body := strings.TrimLeft(l, " ")
			n := len(body) - len(strings.TrimLeft(body, "`"))
			closes := n >= ticks && strings.TrimRight(body[n:], " \t") == ""
			if closes != (i == len(lines)-2) {
				t.Fatalf("line %q of %q", l, block)
			}
		}
		span := Code(text)
		if strings.ContainsAny(span, "\r\n") || strings.ContainsFunc(span, hidden) {
			t.Fatalf("span %q", span)
		}
		if span == "(empty)" {
			return
		}
		inner := strings.TrimLeft(span, "`")
		n := len(span) - len(inner)
		inner = inner[:len(inner)-n]
		for run := range strings.FieldsFuncSeq(inner, func(r rune) bool { return r != '`' }) {
			if len(run) == n {
				t.Fatalf("span %q ends early", span)
			}
		}
		if inner == "" || inner[0] == '`' || inner[len(inner)-1] == '`' {
			t.Fatalf("span %q", span)
		}
	})
}

var (
	escaped = regexp.MustCompile(`\\[!-/:-@\[-` + "`" + `{-~]|&(?:amp|lt|gt|quot|#\d+);`)
	active  = regexp.MustCompile("[\\\\`*_{}\\[\\]()~^<>&|$\"'!=+-]")
)

// Markdown text has nothing active in it, and reads as it was.
func FuzzMarkdownText(f *testing.F) {
	for _, e := range evils {
		f.Add(e)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := MarkdownText(s)
		bare := escaped.ReplaceAllString(got, "")
		if m := active.FindString(bare); m != "" {
			t.Errorf("%q is active in %q", m, got)
		}
		shown := html.UnescapeString(regexp.MustCompile(`\\([!-/:-@\[-`+"`"+`{-~])`).ReplaceAllString(got, "$1"))
		for _, p := range []string{`@[^\x{200b}]`, `#\d`, `://`, `(?i)\bgh-\d`, `(?i)\bwww\.`, `(?i)\bmailto:`, `:[A-Za-z0-9_+-]+:`} {
			if m := regexp.MustCompile(p).FindString(shown); m != "" {
				t.Errorf("%q is active in %q", m, shown)
			}
		}
		if regexp.MustCompile(`^\s*(#|>|\d+[.)]\s)`).MatchString(got) || strings.ContainsAny(got, "\r\n") {
			t.Errorf("a block starts in %q", got)
		}
		want := reveal(strings.ReplaceAll(s, "\n", " "), "")
		if back := strings.ReplaceAll(shown, zeroWidth, ""); back != want {
			t.Errorf("reads %q, want %q", back, want)
		}
		// Prose is the same but for code spans.
		if prose := Prose(s); strings.ContainsAny(prose, "\r\n") || utf8.ValidString(s) && strings.ContainsFunc(strings.ReplaceAll(prose, zeroWidth, ""), hidden) {
			t.Errorf("prose %q", prose)
		}
	})
}

// Text that is safe stays as it is.
func TestOrdinaryTextIsUntouched(t *testing.T) {
	for _, s := range []string{"", "stacks/prod/key.yaml", "arn:aws:iam::111122223333:role/any", "Ключ für 鍵 😀", `C:\x`, "#1: `kms:*` & <b>"} {
		if got := Plain(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	for s, want := range map[string]string{
		"::x":             `\::x`,
		"##[group]x":      `##\[group]x`,
		"a\nb":            `a\nb`,
		"\x1b[0m":         `\x1b[0m`,
		"\u202ex":         `\u202ex`,
		"\xffx":           `\xffx`,
		"\U000e0041":      `\U000e0041`,
		"\u00a0::group::": "\u00a0\\::group::",
	} {
		if got := Plain(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]string{
		"any role can call kms:Decrypt, see it": "any role can call `kms:Decrypt`, see it",
		"(arn:aws:iam::1:role/x)":               `\(` + "`arn:aws:iam::1:role/x`" + `\)`,
		"!Sub ${AWS::AccountId}":                `\!Sub ` + "`${AWS::AccountId}`",
		"note: x":                               "note: x",
		"1. one":                                `1\. one`,
	} {
		if got := Prose(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("äöü", 5)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 3 || n > 1000 {
			return
		}
		got := cut(s, n)
		if len(got) > n || utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
	})
}

func TestHiddenRunes(t *testing.T) {
	for _, r := range []rune{0, 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x34f, 0x61c, 0x115f, 0x200b, 0x200e, 0x2028, 0x202e, 0x2060, 0x2066, 0x3164, 0xfe0f, 0xfeff, 0xe000, 0xe0041, 0xe0100} {
		if !hidden(r) {
			t.Errorf("%U is not hidden", r)
		}
	}
	for _, r := range "aZ0~ é鍵😀\u00a0\u0301" {
		if hidden(r) {
			t.Errorf("%U is hidden", r)
		}
	}
}
