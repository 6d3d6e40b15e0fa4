package report

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kmsguard/kmsguard/internal/lint"
)

const (
	maxExcerpt = 8   // lines of a finding's source that are shown: a statement of usual length
	maxBytes   = 8   // bytes of source that are shown in a column, on average: marks that combine take none
	maxWide    = 140 // columns of a source line that are shown
	maxFixed   = 600 // columns of a changed line that are shown: what is added often stands at the end
	before     = 60  // columns before the underlined part that are kept where a line is cut
	tabStop    = 4
	// nearby is how many bytes of a line are looked at on either side of what matters: many times what is shown, and no
	// more than that, so that many findings on one long line do not read it as many times.
	nearby = 8192
)

// excerpt is a stretch of source as it is shown: its lines with their numbers, the first one underlined.
type excerpt struct {
	first int      // number of the first line
	lines []string // safe to print
	blank int      // columns before the underline
	under int      // columns underlined
	more  int      // lines left out at the end
}

// cutExcerpt returns the lines of a range, or nil where the source has no such range: it may have changed, or the
// position may be that of a whole file.
func cutExcerpt(src []byte, r lint.Range) *excerpt {
	start, end := r.Start.Offset, max(r.Start.Offset, r.End.Offset)
	if r.Start.Line < 1 || start < 0 || end > len(src) || start == len(src) {
		return nil
	}
	lineStart, lineEnd := lineBefore(src, start), lineAfter(src, start)
	x := &excerpt{first: r.Start.Line}
	line := bytes.TrimRight(src[lineStart:lineEnd], "\r")
	from := start - lineStart
	to := min(end-lineStart, len(bytes.TrimRight(line, " \t")))
	shown, blank, under := render(line, min(from, len(line)), min(max(from, to), len(line)), maxWide)
	x.lines, x.blank, x.under = []string{shown}, blank, max(1, under)
	for next := lineEnd; next < end; {
		i := bytes.IndexByte(src[next:end], '\n')
		if i < 0 || next+i+1 == end {
			break
		}
		next += i + 1
		if len(x.lines) == maxExcerpt {
			if x.more = 1 + bytes.Count(src[next:end-1], []byte("\n")); x.more > 1 { // one takes as much room as the note that it is left out
				break
			}
			x.more = 0
		}
		shown, _, _ := render(bytes.TrimRight(src[next:lineAfter(src, next)], "\r"), 0, 0, maxWide)
		x.lines = append(x.lines, shown)
	}
	return x
}

// lineBefore returns where the line of an offset starts, or a place nearby where it starts farther off.
func lineBefore(src []byte, at int) int {
	from := max(0, at-nearby)
	if i := bytes.LastIndexByte(src[from:at], '\n'); i >= 0 {
		return from + i + 1
	}
	for from > 0 && from < at && !utf8.RuneStart(src[from]) {
		from++
	}
	return from
}

// lineAfter returns where the line of an offset ends, or a place nearby where it ends farther off.
func lineAfter(src []byte, at int) int {
	to := min(len(src), at+nearby)
	if i := bytes.IndexByte(src[at:to], '\n'); i >= 0 {
		return at + i
	}
	for to < len(src) && to > at && !utf8.RuneStart(src[to]) {
		to--
	}
	return to
}

// render makes one line of source safe and at most wide columns wide, tabs expanded, and says where the bytes from
// and to of it stand.
func render(line []byte, from, to, wide int) (shown string, blank, under int) {
	var b strings.Builder
	if far := from - 4*wide; far > 0 { // four bytes a column or fewer: what stands before is cut anyway
		for far < from && !utf8.RuneStart(line[far]) {
			far++
		}
		line, from, to = line[far:], from-far, to-far
	}
	column, skipped, done := 0, 0, false
	cutFrom := 0
	if n := columns(line[:from]); n > wide-before { // keep the part that matters
		cutFrom = n - before + 1 // one for the ellipsis
	}
	blank, end := -1, -1
	for i := 0; i <= len(line); {
		if i >= from && blank < 0 {
			blank = column - skipped
		}
		if i >= to && end < 0 {
			end = column - skipped
		}
		if i == len(line) || done {
			break
		}
		text, width, size := glyph(line[i:], column)
		switch {
		case column < cutFrom:
			skipped += width
			if column+width >= cutFrom {
				b.WriteString("…")
				skipped--
			}
		case column-skipped+width > wide || b.Len() > maxBytes*wide:
			b.WriteString("…")
			done = true
			if end < 0 {
				end = column - skipped
			}
		default:
			b.WriteString(text)
		}
		column += width
		i += size
	}
	if blank < 0 {
		blank = column - skipped
	}
	return b.String(), blank, max(0, end-blank)
}

// glyph is how the first rune of line is shown in that column.
func glyph(line []byte, column int) (text string, width, size int) {
	r, size := utf8.DecodeRune(line)
	switch {
	case r == '\t':
		width = tabStop - column%tabStop
		return strings.Repeat(" ", width), width, size
	case r == utf8.RuneError && size == 1 || hidden(r):
		text = visible(r, line[0], size)
		return text, len(text), size
	}
	return string(line[:size]), runeWidth(r), size
}

func columns(line []byte) int {
	column := 0
	for len(line) > 0 {
		_, width, size := glyph(line, column)
		column += width
		line = line[size:]
	}
	return column
}

// runeWidth is the number of columns of a rune, near enough for an underline: East Asian wide letters and pictures
// take two, combining marks none.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case 0x1100 <= r && r <= 0x115f, 0x2e80 <= r && r <= 0xa4cf, 0xac00 <= r && r <= 0xd7a3, 0xf900 <= r && r <= 0xfaff,
		0xfe30 <= r && r <= 0xfe6f, 0xff00 <= r && r <= 0xff60, 0xffe0 <= r && r <= 0xffe6, 0x1f300 <= r && r <= 0x1faff,
		0x20000 <= r && r <= 0x3fffd:
		return 2
	}
	return 1
}

// gutter is the number of columns that line numbers take.
func (x *excerpt) gutter() int { return len(strconv.Itoa(x.first + len(x.lines) - 1)) }
