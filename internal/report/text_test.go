package report

import (
	"bytes"
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
