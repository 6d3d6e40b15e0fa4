package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// MaxSummary is the size of Markdown, in bytes. A step's summary of 1 MiB and more is not shown at all (github.md §6);
// the rest is left to what else the step writes.
const MaxSummary = 1<<20 - 64<<10

// MarkdownOptions says how Markdown is written. The zero value is for a step summary.
type MarkdownOptions struct {
	Limit int // in bytes, 0 for MaxSummary
}

// Markdown writes the report for a step summary: a table of the findings, worst first, what could not be analysed, and
// the requests and remedies. What does not fit is cut between rows, with a note that says how much is missing.
func Markdown(w io.Writer, rep *lint.Report, sources func(file string) []byte, opt MarkdownOptions) error {
	if opt.Limit <= 0 {
		opt.Limit = MaxSummary
	}
	m := &pieces{limit: opt.Limit}
	m.add("## kmsguard\n\n" + markdownName(summaryLine(rep, suppressedCount(rep))) + "\n\n")
	findings := worstFirst(rep)
	m.table("| Level | Rule | Where | Finding |\n|---|---|---|---|\n", len(findings), "findings", func(i int) string { return findingRow(findings[i]) })
	m.table("### Not analysed\n\n| Where | Why |\n|---|---|\n", len(rep.Errors), "inputs that were not analysed", func(i int) string {
		e := rep.Errors[i]
		return "| " + cellPlace(e.File, e.Line) + " | " + Prose(cut(e.Message, maxMessage)) + " |\n"
	})
	const open, end = "<details>\n<summary>Requests and remedies</summary>\n\n", "</details>\n\n"
	m.limit -= len(end)
	m.table(open, len(findings), "findings", func(i int) string {
		var src []byte
		if sources != nil {
			src = sources(findings[i].File)
		}
		return detail(findings[i], src)
	})
	m.limit += len(end)
	if m.opened {
		m.add(end)
	}
	_, err := io.WriteString(w, m.String())
	return err
}

// noteRoom is kept for the note on what is missing, in bytes.
const noteRoom = 200

// pieces is text that grows by whole pieces up to a limit.
type pieces struct {
	strings.Builder
	limit  int
	opened bool // the head of the last table was written
}

func (m *pieces) add(piece string) bool {
	if m.Len()+len(piece) > m.limit {
		return false
	}
	m.WriteString(piece)
	return true
}

// table writes a head, rows up to the limit, and a note if rows are missing.
func (m *pieces) table(head string, n int, what string, row func(int) string) {
	m.opened = false
	if n == 0 {
		return
	}
	m.limit -= noteRoom
	m.opened = m.add(head)
	i := 0
	for m.opened && i < n && m.add(row(i)) {
		i++
	}
	m.limit += noteRoom
	if i < n {
		m.add(fmt.Sprintf("\n%d of %d %s are not shown here, since a summary holds 1 MiB: see the log or the report file.\n", n-i, n, what))
	}
	m.add("\n")
}

func findingRow(f *lint.Finding) string {
	level := string(f.Level)
	if f.Level == lint.Error {
		level = "**error**"
	}
	if f.Introduced != nil && *f.Introduced {
		level += " (new)"
	}
	if f.Certainty == lint.Undecided {
		level += " (undecided)"
	}
	file, r, _ := shownAt(f)
	return "| " + level + " | " + markdownName(f.Rule+" "+f.Name) + " | " + cellPlace(file, r.Start.Line) + " | " + Prose(cut(f.Message, maxMessage)) + " |\n"
}

func cellPlace(file string, line int) string {
	text := cut(file, maxName)
	if text == "" {
		return "–"
	}
	if line > 0 {
		text += fmt.Sprintf(":%d", line)
	}
	return cellCode(text)
}

// detail is what a finding says below the table.
func detail(f *lint.Finding, src []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#### %s in %s\n\n%s\n\n", markdownName(f.Rule+" "+f.Name), cellPlace(f.File, f.Range.Start.Line), Prose(cut(f.Message, maxMessage)))
	for _, n := range notes(f) {
		for line := range strings.SplitSeq(n.text, "\n") {
			fmt.Fprintf(&b, "- %s: %s\n", n.name, Prose(line))
		}
	}
	if f.Fingerprint != "" {
		fmt.Fprintf(&b, "- fingerprint: %s\n", Code(cut(f.Fingerprint, maxName)))
	}
	b.WriteString("\n")
	switch {
	case f.Fix != nil:
		fmt.Fprintf(&b, "Fix: %s\n\n", Prose(cut(f.Fix.Message, maxMessage)))
		for _, lost := range f.Fix.Proof.Lost {
			fmt.Fprintf(&b, "- lost: %s\n\n", Prose(cut(lost, maxMessage)))
		}
		if lines := changedLines(src, f.Fix.Edits); lines != nil {
			var d strings.Builder
			for _, l := range lines {
				d.WriteString(string(l.op) + l.text + "\n")
			}
			b.WriteString(Fence("diff", d.String()) + "\n")
		}
	case f.Remedy != nil:
		fmt.Fprintf(&b, "Remedy %s:\n\n%s\n", Prose(remedyHead(f.Remedy)), Fence(f.Remedy.Language, Block(f.Remedy.Text)))
	}
	for _, a := range f.Alternatives {
		fmt.Fprintf(&b, "Or: %s\n\n", Prose(cut(a.Message, maxMessage)))
		if a.Text != "" {
			b.WriteString(Fence(a.Language, Block(a.Text)) + "\n")
		}
	}
	return b.String()
}

// markdownName is [MarkdownText] cut to the length of a name.
func markdownName(s string) string { return MarkdownText(cut(s, maxName)) }
