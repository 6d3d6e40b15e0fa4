package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"znkr.io/diff"
	"znkr.io/diff/textdiff"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// DiffOptions says what a diff is for. The zero value is for a file or a pipe that git apply reads.
type DiffOptions struct {
	Color bool
	// Shown is for a terminal or a log: hidden characters and commands of the runner are written as escapes, so that the
	// diff of a hostile file no longer applies.
	Shown bool
}

// Diff writes the unified diff of one file that git apply takes, and nothing where old and new are equal.
func Diff(w io.Writer, name string, old, new []byte, opt DiffOptions) error {
	hunks := textdiff.Hunks(old, new, textdiff.IndentHeuristic())
	if len(hunks) == 0 {
		return nil
	}
	p := &printer{color: opt.Color}
	show := func(line []byte) string { return string(line) }
	if opt.Shown {
		show = func(line []byte) string { return reveal(string(line), "\t") }
	}
	p.line(p.paint(bold, "--- "+quoteName("a/"+name)))
	p.line(p.paint(bold, "+++ "+quoteName("b/"+name)))
	p.hunks(hunks, show)
	text := p.String()
	if opt.Shown {
		text = guardLines(text)
	}
	_, err := io.WriteString(w, text)
	return err
}

// Patch returns the hunks of a diff as GitHub's API gives them for a changed file: without a file header, and without a
// line end after the last line. It is raw.
func Patch(old, new []byte) string {
	p := &printer{}
	p.hunks(textdiff.Hunks(old, new, textdiff.IndentHeuristic()), func(line []byte) string { return string(line) })
	return strings.TrimSuffix(p.String(), "\n")
}

func (p *printer) hunks(hunks []textdiff.Hunk[[]byte], show func([]byte) string) {
	for _, h := range hunks {
		p.line(p.paint(cyan, "@@ -"+hunkRange(h.LineNoX, h.EndLineNoX)+" +"+hunkRange(h.LineNoY, h.EndLineNoY)+" @@"))
		for _, e := range h.Edits {
			mark, s := byte(' '), style("")
			switch e.Op {
			case diff.Delete:
				mark, s = '-', red
			case diff.Insert:
				mark, s = '+', green
			}
			line, ended := bytes.CutSuffix(e.Line, []byte("\n"))
			text := string(mark) + show(line)
			if s != "" {
				text = p.paint(s, text)
			}
			p.line(text)
			if !ended {
				p.line(`\ No newline at end of file`)
			}
		}
	}
}

// hunkRange is "first,count" of lines first to end (from 0, half-open), as diff writes it.
func hunkRange(first, end int) string {
	n := end - first
	if n > 0 {
		first++
	}
	if n == 1 {
		return strconv.Itoa(first)
	}
	return fmt.Sprintf("%d,%d", first, n)
}

// quoteName quotes a name as git does where it holds quotes, backslashes or bytes other than printable ASCII.
func quoteName(name string) string {
	plain := true
	for i := range len(name) {
		if c := name[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			plain = false
		}
	}
	if plain {
		return name
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// maxChanged is how many lines of a fix are shown with its finding: more than any hardened statement has.
const maxChanged = 80

// changedLine is a line of a diff: '+', '-', ' ', or '@' between two hunks. The text is safe to print.
type changedLine struct {
	op   byte
	text string
}

// changedLines returns what edits do to a source, with two lines around; nil where they do not fit it.
func changedLines(src []byte, edits []syntax.Edit) []changedLine {
	if src == nil {
		return nil
	}
	fixed, err := syntax.Apply(src, edits)
	if err != nil {
		return nil
	}
	var lines []changedLine
	for i, h := range textdiff.Hunks(src, fixed, textdiff.IndentHeuristic(), diff.Context(2)) {
		if i > 0 {
			lines = append(lines, changedLine{'@', "…"})
		}
		for _, e := range h.Edits {
			if len(lines) == maxChanged {
				return dedent(append(lines, changedLine{'@', "… (kmsguard fix --diff shows all)"}))
			}
			op := byte(' ')
			switch e.Op {
			case diff.Delete:
				op = '-'
			case diff.Insert:
				op = '+'
			}
			shown, _, _ := render(bytes.TrimRight(e.Line, "\r\n"), 0, 0, maxFixed)
			lines = append(lines, changedLine{op, shown})
		}
	}
	return dedent(lines)
}

// dedent takes the indentation that all lines share from them.
func dedent(lines []changedLine) []changedLine {
	least := maxFixed
	for _, l := range lines {
		if body := strings.TrimLeft(l.text, " "); body != "" && l.op != '@' {
			least = min(least, len(l.text)-len(body))
		}
	}
	for i, l := range lines {
		if l.op != '@' {
			lines[i].text = l.text[min(least, len(l.text)):]
		}
	}
	return lines
}
