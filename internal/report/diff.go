package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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

const (
	shownAround = 2 // lines around a change that are shown
	// around is how many lines around an edit are compared where they are short: a diff may say of equal lines that a later
	// one is new.
	around = 40
)

// changedLines returns what edits do to a source, with two lines around; nil where they do not fit it. Only what stands
// around the edits is looked at.
func changedLines(src []byte, edits []syntax.Edit) []changedLine {
	if src == nil {
		return nil
	}
	var lines []changedLine
	for _, w := range windows(src, edits) {
		old := src[w.from:w.to]
		fixed, err := syntax.Apply(old, w.edits)
		if err != nil {
			return nil
		}
		for _, h := range textdiff.Hunks(old, fixed, textdiff.IndentHeuristic(), diff.Context(shownAround)) {
			if len(lines) > 0 {
				lines = append(lines, changedLine{'@', "…"})
			}
			for i, e := range h.Edits {
				if len(lines) >= maxChanged {
					return dedent(append(lines, changedLine{'@', "… (kmsguard fix --diff shows all)"}))
				}
				op := byte(' ')
				switch e.Op {
				case diff.Delete:
					op = '-'
				case diff.Insert:
					op = '+'
				}
				line := bytes.TrimRight(e.Line, "\r\n")
				from := min(differs(h.Edits, i), len(line))
				shown, _, _ := render(line, from, from, maxFixed)
				lines = append(lines, changedLine{op, shown})
			}
		}
	}
	return dedent(lines)
}

// window is a stretch of a source with the edits in it, which count from its start.
type window struct {
	from, to int
	edits    []syntax.Edit
}

// windows returns the stretches around the edits, in order, or one that holds all where an edit does not fit.
func windows(src []byte, edits []syntax.Edit) []window {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b syntax.Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	var all []window
	for _, e := range sorted {
		if e.Start < 0 || e.End < e.Start || e.End > len(src) {
			return []window{{0, len(src), edits}}
		}
		from, to := lineBefore(src, e.Start), lineAfter(src, e.End)
		for i := 0; wider(i, e.Start-from) && from > 0 && src[from-1] == '\n'; i++ {
			from = 1 + bytes.LastIndexByte(src[:from-1], '\n')
		}
		for i := 0; wider(i, to-e.End) && to < len(src) && src[to] == '\n'; i++ {
			if n := bytes.IndexByte(src[to+1:], '\n'); n >= 0 {
				to += 1 + n
			} else {
				to = len(src)
			}
		}
		if n := len(all); n > 0 && from <= all[n-1].to {
			all[n-1].to = max(to, all[n-1].to)
		} else {
			all = append(all, window{from: from, to: to})
		}
		last := &all[len(all)-1]
		e.Start, e.End = e.Start-last.from, e.End-last.from
		last.edits = append(last.edits, e)
	}
	return all
}

// wider tells whether a window that has so many lines and bytes before or after an edit takes one more line.
func wider(lines, size int) bool { return lines < shownAround || lines < around && size < nearby }

// differs returns how far a line that is taken out or put in is the same as the one that it stands for: of the lines taken
// out and put in at one place the first stands for the first, and so on.
func differs(edits []textdiff.Edit[[]byte], i int) int {
	op := edits[i].Op
	if op != diff.Delete && op != diff.Insert {
		return 0
	}
	first := i
	for first > 0 && (edits[first-1].Op == diff.Delete || edits[first-1].Op == diff.Insert) {
		first--
	}
	number, other := 0, 0
	for _, e := range edits[first:i] {
		if e.Op == op {
			number++
		}
	}
	for _, e := range edits[first:] {
		switch {
		case e.Op != diff.Delete && e.Op != diff.Insert:
			return 0
		case e.Op == op:
		case other < number:
			other++
		default:
			n := 0
			for n < len(e.Line) && n < len(edits[i].Line) && e.Line[n] == edits[i].Line[n] {
				n++
			}
			for n > 0 && n < len(edits[i].Line) && !utf8.RuneStart(edits[i].Line[n]) {
				n--
			}
			return n
		}
	}
	return 0
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
