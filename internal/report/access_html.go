package report

import (
	"io"
	"strings"
)

// AccessHTML writes the table as one page without scripts and without anything from elsewhere. On a narrow screen each
// row is a card.
func AccessHTML(w io.Writer, a *Access) error {
	var head []string
	if a.Account != "" {
		head = append(head, "owned by account "+plainName(a.Account))
	}
	if s := whenText(a.When); s != "" {
		head = append(head, "made "+plainName(s))
	}
	main := tag("main")
	rows := rowsOf(a.Entries)
	if len(rows) > 0 {
		main.add(accessPageTable(rows), names(legend(rows)...))
	} else if len(a.Undecided)+len(a.Errors) == 0 {
		main.add(words("p", "The key policy lets nobody in."))
	}
	if len(a.Undecided) > 0 {
		main.add(words("h2", "Undecided"))
	}
	for _, d := range a.Undecided {
		main.add(tag("article", words("p", plainMessage(doubtText(d)))).class("warning"))
	}
	if len(a.Errors) > 0 {
		main.add(words("h2", "Not analysed"))
	}
	for _, e := range a.Errors {
		main.add(tag("article", words("p", place(e.File, e.Line, e.Column)).class("place"), words("p", plainMessage(e.Message))).class("error"))
	}
	main.add(words("p", limits).class("soft"))
	return writePage(w, "Who can use "+plainName(a.Key),
		tag("header", words("h1", "Who can use "+plainName(a.Key)), words("p", strings.Join(head, ", ")).class("soft")), main)
}

func accessPageTable(rows []accessRow) element {
	titles := []string{"Who", "Access", "Actions", "Conditions", "Statement"}
	head, body := tag("tr"), tag("tbody")
	for _, t := range titles {
		head.add(words("th", t))
	}
	for i := range rows {
		r := &rows[i]
		actions := []element{words("span", plainMessage(actionsText(r.Actions))).class("line")}
		for _, c := range classesOf(r.Actions) {
			actions = append(actions, words("span", c).class("mark "+c), text(" "))
		}
		row := tag("tr").class(r.Access)
		for c, cell := range [][]element{pageLines(r.whoLines()), {words("span", r.Access).class("way")}, actions, pageLines(boundLines(r.Entry)), pageLines([]string{statementsText(r.Statements)})} {
			row.add(tag("td", cell...).with("data-label", titles[c]))
		}
		body.add(row)
	}
	return tag("table", tag("thead", head), body).class("access")
}

func pageLines(lines []string) []element {
	if len(lines) == 0 {
		lines = []string{"–"}
	}
	var all []element
	for _, l := range lines {
		all = append(all, words("span", plainName(l)).class("line"))
	}
	return all
}
