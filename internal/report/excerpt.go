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
	maxWide    = 140 // columns of a source line that are shown
	maxFixed   = 600 // columns of a changed line that are shown: what is added often stands at the end
	before     = 60  // columns before the underlined part that are kept where a line is cut
	tabStop    = 4
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
	lineStart := bytes.LastIndexByte(src[:start], '\n') + 1
	lineEnd := len(src)
	if i := bytes.IndexByte(src[start:], '\n'); i >= 0 {
		lineEnd = start + i
	}
	x := &excerpt{first: r.Start.Line}
	line := bytes.TrimRight(src[lineStart:lineEnd], "\r")
	from := start - lineStart
	to := min(end-lineStart, len(bytes.TrimRight(line, " \t")))
	shown, blank, under := render(line, min(from, len(line)), min(max(from, to), len(line)), maxWide)
	x.lines, x.blank, x.under = []string{shown}, blank, max(1, under)
	for next := lineEnd + 1; next < end; {
		stop := len(src)
		if i := bytes.IndexByte(src[next:], '\n'); i >= 0 {
			stop = next + i
		}
		if len(x.lines) < maxExcerpt {
			shown, _, _ := render(bytes.TrimRight(src[next:stop], "\r"), 0, 0, maxWide)
			x.lines = append(x.lines, shown)
		} else {
			x.more++
		}
		next = stop + 1
	}
	if x.more == 1 { // as much room as the note that it is left out
		x.more = maxExcerpt + 1 - len(x.lines)
	}
	return x
}

// render makes one line of source safe and at most wide columns wide, tabs expanded, and says where the bytes from
// and to of it stand.
func render(line []byte, from, to, wide int) (shown string, blank, under int) {
	var b strings.Builder
	column, skipped, done := 0, 0, false
	cutFrom := 0
	if columns(line[:from]) > wide-before { // keep the part that matters
		cutFrom = columns(line[:from]) - before + 1 // one for the ellipsis
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
		case column-skipped+width > wide:
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
