package report

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Widths of the columns of the table at most: it fits a terminal of 120 columns.
var accessWidths = []int{33, 9, 32, 34, 4}

// AccessText writes the table for people.
func AccessText(w io.Writer, a *Access, opt TextOptions) error {
	p := &printer{color: opt.Color}
	p.line(p.paint(bold, accessHead(a)))
	p.line()
	rows := rowsOf(a.Entries)
	switch {
	case len(rows) > 0:
		p.accessTable(rows)
		p.line()
		for _, n := range legend(rows) {
			p.line(p.paint(cyan, n.name+":"), " ", n.text)
		}
	case len(a.Undecided)+len(a.Errors) == 0:
		p.line("The key policy lets nobody in.")
	}
	for _, d := range a.Undecided {
		p.line(p.paint(yellow, "undecided:"), " ", plainMessage(doubtText(d)))
	}
	for i := range a.Errors {
		p.failure(&a.Errors[i])
	}
	p.line(p.paint(dim, "limits:"), " ", limits)
	_, err := io.WriteString(w, guardLines(p.String()))
	return err
}

// accessTable prints rows under a head. Cells that do not fit go on below.
func (p *printer) accessTable(rows []accessRow) {
	table := [][][]string{{{"WHO"}, {"ACCESS"}, {"ACTIONS"}, {"CONDITIONS"}, {"STMT"}}}
	for _, r := range rows {
		actions := wrap(actionsText(r.Actions), accessWidths[2])
		if classes := classesOf(r.Actions); classes != nil {
			actions = append(actions, wrap("["+strings.Join(classes, ", ")+"]", accessWidths[2])...)
		}
		bounds := boundLines(r.Entry)
		if bounds == nil {
			bounds = []string{"–"}
		}
		table = append(table, [][]string{wrapAll(r.whoLines(), accessWidths[0]), {r.Access}, actions, wrapAll(bounds, accessWidths[3]), wrap(statementsText(r.Statements), accessWidths[4])})
	}
	widths := make([]int, len(accessWidths))
	tall := false
	for _, row := range table {
		for i, cell := range row {
			tall = tall || len(cell) > 1
			for _, l := range cell {
				widths[i] = max(widths[i], columns([]byte(l)))
			}
		}
	}
	for n, row := range table {
		if n > 1 && tall {
			p.line()
		}
		p.accessRow(row, widths, n == 0)
	}
}

func (p *printer) accessRow(row [][]string, widths []int, head bool) {
	height := 0
	for _, cell := range row {
		height = max(height, len(cell))
	}
	for l := range height {
		var b strings.Builder
		for i, cell := range row {
			text := ""
			if l < len(cell) {
				text = cell[l]
			}
			pad := widths[i] - columns([]byte(text))
			switch {
			case head:
				text = p.paint(dim, text)
			case i == 0:
				text = p.paint(bold, text)
			case text == "delegated":
				text = p.paint(yellow, text)
			}
			b.WriteString(text)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", pad+2))
			}
		}
		p.line(strings.TrimRight(b.String(), " "))
	}
}

func wrapAll(lines []string, width int) []string {
	var all []string
	for _, l := range lines {
		all = append(all, wrap(l, width)...)
	}
	return all
}

// wrap breaks text into lines of a width: between words, else between the parts of a name, else anywhere.
// Lines that go on are indented.
func wrap(s string, width int) []string {
	const indent = "  "
	s = plainName(s)
	var lines []string
	for s != "" {
		room := width
		if len(lines) > 0 {
			room -= len(indent)
		}
		end := fitting(s, room)
		line := strings.TrimRight(s[:end], " ")
		if len(lines) > 0 {
			line = indent + line
		}
		lines = append(lines, line)
		s = strings.TrimLeft(s[end:], " ")
	}
	return lines
}

// fitting returns how many bytes of s a line takes.
func fitting(s string, room int) int {
	end, column := 0, 0
	for end < len(s) {
		r, size := utf8.DecodeRuneInString(s[end:])
		column += runeWidth(r)
		if column > room && end > 0 {
			break
		}
		end += size
	}
	if end == len(s) || s[end] == ' ' {
		return end
	}
	if i := strings.LastIndexByte(s[:end], ' '); i > 0 {
		return i
	}
	if i := strings.LastIndexAny(s[:end], ":/.,-_"); i >= end/2 {
		return i + 1
	}
	for i := end; i >= end/2 && i > 0; i-- { // between the words of a name
		if 'A' <= s[i] && s[i] <= 'Z' && 'a' <= s[i-1] && s[i-1] <= 'z' {
			return i
		}
	}
	return end
}
