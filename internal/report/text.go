package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// TextOptions says how text is written. The zero value is for a file or a pipe.
type TextOptions struct{ Color bool }

// style is one way to print.
type style string

const (
	bold   style = "\x1b[1m"
	dim    style = "\x1b[2m"
	red    style = "\x1b[31m"
	green  style = "\x1b[32m"
	yellow style = "\x1b[33m"
	blue   style = "\x1b[34m"
	cyan   style = "\x1b[36m"
)

const reset = "\x1b[0m"

// Text writes the report for people: each finding with its place, its source, the request that shows it true and the
// remedy; then the errors, and a last line that sums up. sources returns the text of an analysed file, nil where it is
// not known. Suppressed findings are counted, not shown.
func Text(w io.Writer, rep *lint.Report, sources func(file string) []byte, opt TextOptions) error {
	p := &printer{color: opt.Color}
	suppressed := 0
	for i := range rep.Findings {
		f := &rep.Findings[i]
		if f.Suppressed != nil {
			suppressed++
			continue
		}
		var src []byte
		if sources != nil {
			src = sources(f.File)
		}
		p.finding(f, src)
	}
	for i := range rep.Errors {
		p.failure(&rep.Errors[i])
	}
	p.line(summaryLine(rep, suppressed))
	_, err := io.WriteString(w, guardLines(p.String()))
	return err
}

type printer struct {
	strings.Builder
	color bool
}

func (p *printer) paint(s style, text string) string {
	if !p.color || text == "" {
		return text
	}
	return string(s) + text + reset
}

func (p *printer) line(parts ...string) {
	for _, part := range parts {
		p.WriteString(part)
	}
	p.WriteByte('\n')
}

func levelStyle(l lint.Level) style {
	switch l {
	case lint.Error:
		return red
	case lint.Warning:
		return yellow
	}
	return blue
}

func (p *printer) finding(f *lint.Finding, src []byte) {
	p.line(p.paint(bold, place(f.File, f.Range.Start.Line, f.Range.Start.Column)), ": ",
		p.paint(levelStyle(f.Level), string(f.Level)), ": ", p.paint(bold, plainMessage(f.Message)), " ",
		p.paint(dim, "["+plainName(f.Rule+" "+f.Name)+"]"))
	x := cutExcerpt(src, f.Range)
	margin := 3
	if x != nil {
		margin = x.gutter() + 2
		p.excerpt(x, margin, levelStyle(f.Level))
	}
	note := func(name, text string) {
		lines := strings.Split(text, "\n")
		p.line(strings.Repeat(" ", margin), p.paint(cyan, "= "+name+":"), " ", lines[0])
		for _, l := range lines[1:] {
			p.line(strings.Repeat(" ", margin+2), l)
		}
	}
	if f.Source != nil {
		note("made by", place(f.Source.File, f.Source.Line, 0))
	}
	for _, n := range notes(f) {
		note(n.name, n.text)
	}
	switch {
	case f.Fix != nil:
		note("fix", plainMessage(f.Fix.Message)+fixHint(f.Fix))
		p.change(src, f, margin+2)
	case f.Remedy != nil:
		note("remedy", remedyHead(f.Remedy))
		p.block(f.Remedy.Text, margin+4)
	}
	for i, a := range f.Alternatives {
		hint := ""
		if len(a.Edits) > 0 {
			hint = fmt.Sprintf(" (kmsguard fix --rule %s --alternative %d)", plainName(f.Rule), i+1)
		}
		note("or", plainMessage(a.Message)+hint)
		p.block(a.Text, margin+4)
	}
	p.line()
}

// block prints indented lines of a remedy.
func (p *printer) block(text string, indent int) {
	if strings.TrimSpace(text) == "" {
		return
	}
	for l := range strings.SplitSeq(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n") {
		l = strings.TrimRight(reveal(strings.ReplaceAll(l, "\t", strings.Repeat(" ", tabStop)), ""), " ")
		if l == "" {
			p.line()
			continue
		}
		p.line(strings.Repeat(" ", indent), p.paint(green, l))
	}
}

// change prints what the fix does to the source, as lines of a diff.
func (p *printer) change(src []byte, f *lint.Finding, indent int) {
	for _, l := range changedLines(src, f.Fix.Edits) {
		s, text := style(dim), string(l.op)+" "+l.text
		if l.op == '@' {
			text = "  " + l.text
		}
		switch l.op {
		case '+':
			s = green
		case '-':
			s = red
		}
		p.line(strings.Repeat(" ", indent), p.paint(s, strings.TrimRight(text, " ")))
	}
}

func (p *printer) excerpt(x *excerpt, margin int, s style) {
	bar := p.paint(blue, "|")
	for i, l := range x.lines {
		number := strconv.Itoa(x.first + i)
		p.line(strings.Repeat(" ", margin-1-len(number)), p.paint(blue, number), " ", bar, strings.TrimRight(" "+l, " "))
		if i == 0 {
			p.line(strings.Repeat(" ", margin), bar, " ", strings.Repeat(" ", x.blank), p.paint(s, "^"+strings.Repeat("~", x.under-1)))
		}
	}
	if x.more > 0 {
		p.line(strings.Repeat(" ", margin), bar, " ", p.paint(dim, fmt.Sprintf("… %d more lines", x.more)))
	}
}

func (p *printer) failure(f *lint.Failure) {
	name := place(f.File, f.Line, f.Column)
	if name == "" {
		name = "kmsguard"
	}
	p.line(p.paint(bold, name), ": ", p.paint(red, "not analysed"), ": ", plainMessage(f.Message))
}

// place is "file:line:column" with what is known of it.
func place(file string, line, column int) string {
	text := plainName(file)
	if line > 0 {
		text += ":" + strconv.Itoa(line)
		if column > 0 {
			text += ":" + strconv.Itoa(column)
		}
	}
	return text
}

// summaryLine is "3 keys, 2 errors, 1 warning, 0 notes in 812 files", with what else there is to say.
func summaryLine(rep *lint.Report, suppressed int) string {
	s := rep.Summary
	text := count(s.Keys, "key") + ", " + count(s.Errors, "error") + ", " + count(s.Warnings, "warning") + ", " + count(s.Notes, "note")
	if s.Undecided > 0 {
		text += fmt.Sprintf(", %d undecided", s.Undecided)
	}
	if suppressed > 0 {
		text += fmt.Sprintf(", %d suppressed", suppressed)
	}
	text += " in " + count(s.Files, "file")
	if n := len(rep.Errors); n > 0 {
		text += fmt.Sprintf("; %d not analysed", n)
	}
	return text
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
