package report

import (
	"io"
	"strings"
)

// AccessMarkdown writes the table for a summary or a wiki. Rows that do not fit are cut with a note.
func AccessMarkdown(w io.Writer, a *Access, opt MarkdownOptions) error {
	if opt.Limit <= 0 {
		opt.Limit = MaxSummary
	}
	m := &pieces{limit: opt.Limit - len(limits) - noteRoom}
	head := "## Who can use " + cellCode(cut(a.Key, maxName)) + "\n\n"
	if a.Account != "" {
		head += "Owned by account " + Code(cut(a.Account, maxName)) + "."
	}
	if s := whenText(a.When); s != "" {
		head += " The key is made " + markdownName(s) + "."
	}
	m.add(guardLines(head) + "\n\n")
	rows := rowsOf(a.Entries)
	if len(rows)+len(a.Undecided)+len(a.Errors) == 0 {
		m.add("The key policy lets nobody in.\n\n")
	}
	m.table("| Who | Access | Actions | Conditions | Statement |\n|---|---|---|---|---|\n", len(rows), "rows", func(i int) string { return guardLines(accessMarkdownRow(&rows[i])) })
	for _, n := range legend(rows) {
		m.add("- *" + n.name + "*: " + Prose(n.text) + "\n")
	}
	if len(rows) > 0 {
		m.add("\n")
	}
	m.table("### Undecided\n\n", len(a.Undecided), "questions", func(i int) string {
		return guardLines("- " + Prose(cut(doubtText(a.Undecided[i]), maxMessage)) + "\n")
	})
	m.table("### Not analysed\n\n", len(a.Errors), "inputs", func(i int) string {
		e := a.Errors[i]
		return guardLines("- " + cellPlace(e.File, e.Line) + ": " + Prose(cut(e.Message, maxMessage)) + "\n")
	})
	m.WriteString(limits + "\n")
	_, err := io.WriteString(w, m.String())
	return err
}

func accessMarkdownRow(r *accessRow) string {
	lines := func(list []string) string {
		var shown []string
		for _, l := range list {
			shown = append(shown, cellProse(cut(l, maxName)))
		}
		return strings.Join(shown, "<br>")
	}
	bounds := boundLines(r.Entry)
	if bounds == nil {
		bounds = []string{"–"}
	}
	actions := cellProse(actionsText(r.Actions))
	if classes := classesOf(r.Actions); classes != nil {
		actions += "<br>*" + strings.Join(classes, ", ") + "*"
	}
	return "| " + lines(r.whoLines()) + " | " + r.Access + " | " + actions + " | " + lines(bounds) + " | " + statementsText(r.Statements) + " |\n"
}

// cellProse is [Prose] for a table's cell, where a bar ends the cell even inside a code span.
func cellProse(s string) string {
	if strings.ContainsRune(s, '|') {
		return MarkdownText(s)
	}
	return Prose(s)
}
