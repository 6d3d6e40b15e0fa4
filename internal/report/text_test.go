package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

func TestText(t *testing.T) {
	rep, sources := sample()
	var b bytes.Buffer
	if err := Text(&b, rep, sources, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "sample.txt", b.Bytes())
	var again bytes.Buffer
	if err := Text(&again, rep, sources, TextOptions{Color: true}); err != nil {
		t.Fatal(err)
	}
	plain := again.String()
	for _, s := range []style{bold, dim, red, green, yellow, blue, cyan, reset} {
		plain = strings.ReplaceAll(plain, string(s), "")
	}
	if plain != b.String() {
		t.Error("colour changes more than colour")
	}
}

func TestExcerpt(t *testing.T) {
	for _, test := range []struct{ name, src, mark, want string }{
		{"tabs", "\ta:\t\"x\"\n", `"x"`, "  1 |     a:  \"x\"\n    |         ^~~\n"},
		{"wide letters", "鍵: x\n", "x", "  1 | 鍵: x\n    |     ^\n"},
		{"escape", "a\x1b[31m: x\n", "x", "  1 | a\\x1b[31m: x\n    |            ^\n"},
		{"end of line", "a: b   \nc: d\n", "b   \nc: d", "  1 | a: b   \n    |    ^\n  2 | c: d\n"},
		{"carriage returns", "a: b\r\nc: d\r\n", "b\r\nc", "  1 | a: b\n    |    ^\n  2 | c: d\n"},
		{"no line end", "key", "key", "  1 | key\n    | ^~~\n"},
		{"invalid", "\xff\xfekms", "kms", "  1 | \\xff\\xfekms\n    |         ^~~\n"},
		{"far", strings.Repeat("x", 500) + "HERE" + strings.Repeat("y", 500), "HERE",
			"  1 | …" + strings.Repeat("x", 59) + "HERE" + strings.Repeat("y", 76) + "…\n    | " + strings.Repeat(" ", 60) + "^~~~\n"},
		{"long", strings.Repeat("a: b\n", 12), strings.Repeat("a: b\n", 12),
			"   1 | a: b\n"[1:] + "    | ^~~~\n  2 | a: b\n  3 | a: b\n  4 | a: b\n  5 | a: b\n  6 | a: b\n  7 | a: b\n  8 | a: b\n    | … 4 more lines\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := cutExcerpt([]byte(test.src), at(test.src, test.mark))
			if x == nil {
				t.Fatal("no excerpt")
			}
			p := &printer{}
			p.excerpt(x, 4, red)
			got := p.String()
			if strings.ReplaceAll(got, " \n", "\n") != strings.ReplaceAll(strings.ReplaceAll(test.want, "   \n", "\n"), " \n", "\n") {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

// A position that does not fit the source must not be shown, and must not crash.
func TestExcerptOfAnotherSource(t *testing.T) {
	for _, r := range []lint.Range{{}, {Start: syntax.Position{Offset: 50, Line: 9, Column: 1}, End: syntax.Position{Offset: 60, Line: 9, Column: 2}},
		{Start: syntax.Position{Offset: -1, Line: 1}}, {Start: syntax.Position{Offset: 3, Line: 1}, End: syntax.Position{Offset: 1, Line: 1}}} {
		cutExcerpt([]byte("kms"), r)
		cutExcerpt(nil, r)
	}
}

// An alternative that has edits says how it is applied; one that is text alone cannot be.
func TestAlternativeSaysHow(t *testing.T) {
	rep, sources := sample()
	f := &rep.Findings[0]
	f.Alternatives = []lint.Alternative{{Message: "bound it"}, {Message: "keep management", Edits: f.Fix.Edits}}
	var b bytes.Buffer
	if err := Text(&b, rep, sources, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"= or: bound it\n", "= or: keep management (kmsguard fix --rule KMS001 --alternative 2)\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// The lines of a change that is far inside a long line show the change.
func TestChangeInLongLine(t *testing.T) {
	src := strings.Repeat("x", 20000) + "OLD" + strings.Repeat("y", 20000) + "\n"
	for _, edit := range []syntax.Edit{{Start: 20000, End: 20003, Text: "NEW"}, {Start: 20003, End: 20003, Text: "NEW"}} {
		lines := changedLines([]byte(src), []syntax.Edit{edit})
		if len(lines) != 2 || lines[0].op != '-' || !strings.Contains(lines[0].text, "xOLDy"[:4]) || lines[1].op != '+' || !strings.Contains(lines[1].text, "NEWy") {
			t.Errorf("edit %+v shows %q", edit, lines)
		}
	}
}

// longLine is a report with n findings on one line, each with a fix, and the line's text.
func longLine(n int) (*lint.Report, []byte) {
	var src strings.Builder
	rep := &lint.Report{}
	for i := range n {
		start := src.Len()
		src.WriteString(`{"Effect": "Allow", "Principal": "*", "Action": "kms:*"}, `)
		r := lint.Range{Start: syntax.Position{Offset: start, Line: 1, Column: start + 1}, End: syntax.Position{Offset: src.Len() - 2, Line: 1, Column: src.Len() - 1}}
		rep.Findings = append(rep.Findings, lint.Finding{Rule: "KMS002", Name: "public-access", Level: lint.Error, File: "k.json", Range: r, Message: "open",
			Fix: &lint.Fix{Message: "close it", Edits: []syntax.Edit{{Start: start + 12, End: start + 17, Text: "Deny"}, {Start: r.End.Offset - 1, End: r.End.Offset - 1, Text: fmt.Sprintf(`, "Sid": "%d"`, i)}}}})
	}
	return rep, []byte(src.String())
}

// The change of a finding far inside a long line is shown.
func TestManyFindingsOnOneLine(t *testing.T) {
	rep, text := longLine(200)
	var out bytes.Buffer
	if err := Text(&out, rep, func(string) []byte { return text }, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"Sid": "199"`) {
		t.Errorf("the change of the last finding is not shown:\n%s", out.String()[max(0, out.Len()-3000):])
	}
}

// BenchmarkLongLine shows that the text of many findings on one line grows with their number, not with its square.
func BenchmarkLongLine(b *testing.B) {
	for _, n := range []int{200, 1600} {
		rep, text := longLine(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if err := Text(io.Discard, rep, func(string) []byte { return text }, TextOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add([]byte(sampleTemplate), 10, 40)
	f.Fuzz(func(t *testing.T, src []byte, start, end int) {
		if start < 0 || end < start || end > len(src) {
			return
		}
		file := &syntax.File{Source: src}
		x := cutExcerpt(src, lint.Range{Start: file.Position(start), End: file.Position(end)})
		if x == nil {
			return
		}
		for _, l := range x.lines {
			if n := columns([]byte(l)); n > maxWide+2 {
				t.Errorf("%d columns: %q", n, l)
			}
			if strings.ContainsFunc(l, hidden) {
				t.Errorf("hidden rune in %q", l)
			}
		}
		if x.blank < 0 || x.under < 1 || x.blank+x.under > maxWide+12 {
			t.Errorf("underline %d+%d", x.blank, x.under)
		}
	})
}

func TestSummaryLine(t *testing.T) {
	rep := &lint.Report{Summary: lint.Summary{Files: 1, Keys: 1, Errors: 1, Notes: 1}}
	if got := summaryLine(rep, 0); got != "1 key, 1 error, 0 warnings, 1 note in 1 file" {
		t.Error(got)
	}
}
