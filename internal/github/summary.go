package github

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// Access is one line of what a change gives or takes.
type Access struct {
	Key       string
	Principal string
	Action    string
	Access    string // direct or delegated
	When      map[string]string
}

// Summary is what the summary says beside the findings.
type Summary struct {
	Keys         []lint.Key
	Gained, Lost []Access
	Undecided    int            // questions without an answer
	Errors       []lint.Failure // what could not be read
	Mermaid      string         // who reaches each key, as the text of a Mermaid diagram; "" for none
	Conclusion   string         // how the check ends, in one sentence
}

const (
	// maxSummaryRows keeps the summary comment under GitHub's limit and on one screen.
	maxSummaryRows = 50
	// maxMermaid is Mermaid's own limit on a diagram's text (maxTextSize).
	maxMermaid = 50_000
	// maxStepSummary is GitHub's, 1 MiB; above it nothing at all is shown (github.md section 6). Room is left for what others write.
	maxStepSummary = 1000 * 1000
)

// sticky plans the one summary comment: updated in place, and not made on a first run that has nothing to say.
func sticky(in Input, p *Plan) *Sticky {
	id, body := int64(0), ""
	for _, c := range own(in.Self, in.Notes) {
		if c.Rule == "summary" {
			id, body = c.ID, c.Body
			break
		}
	}
	if id == 0 && quiet(in) {
		return nil
	}
	text := sign(cut(summaryText(in, p.Unplaced, p.Declined), maxBody), "summary", "", open)
	if text == strings.ReplaceAll(body, "\r\n", "\n") {
		return nil
	}
	return &Sticky{ID: id, Body: text}
}

// quiet tells whether there is nothing to say: no finding that the change made, no access given, nothing unread.
func quiet(in Input) bool {
	for _, f := range in.Findings {
		if introduced(f) && f.Suppressed == nil {
			return false
		}
	}
	return len(in.Summary.Gained) == 0 && len(in.Summary.Errors) == 0
}

// review writes the review around its comments, nil where none is new.
func review(in Input, fresh []Draft, unplaced []lint.Finding) *Review {
	if len(fresh) == 0 {
		return nil
	}
	// Lower lines first: committing one suggestion then moves no other (github.md section 4).
	sortDrafts(fresh)
	var findings []lint.Finding
	for _, d := range fresh {
		findings = append(findings, d.Finding)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**kmsguard** found %s on the lines of this pull request.\n", levels(findings))
	if len(unplaced) > 0 {
		fmt.Fprintf(&b, "\nOutside the diff, or beyond the limit of comments:\n\n%s", table(unplaced, maxRows))
	}
	return &Review{Body: sign(b.String(), "review", in.Head, open), Comments: fresh}
}

// summaryText is the summary comment, without its marker.
func summaryText(in Input, unplaced, declined []lint.Finding) string {
	var b strings.Builder
	var change, notes, before, suppressed []lint.Finding
	for _, f := range in.Findings {
		switch {
		case f.Suppressed != nil:
			suppressed = append(suppressed, f)
		case !introduced(f):
			before = append(before, f)
		case f.Level.Rank() < lint.Warning.Rank():
			change, notes = append(change, f), append(notes, f)
		default:
			change = append(change, f)
		}
	}
	fmt.Fprintf(&b, "### kmsguard: %s\n", levels(change))
	if in.Summary.Conclusion != "" {
		fmt.Fprintf(&b, "\n%s\n", sentence(in.Summary.Conclusion))
	}
	var also []string
	if len(before) > 0 {
		also = append(also, levels(before)+" from before this change")
	}
	if len(suppressed) > 0 {
		also = append(also, levels(suppressed)+" suppressed")
	}
	if in.Summary.Undecided > 0 {
		also = append(also, plural(in.Summary.Undecided, "question")+" undecided")
	}
	if len(also) > 0 {
		fmt.Fprintf(&b, "\nNot counted above: %s.\n", strings.Join(also, ", "))
	}
	section(&b, "Without a comment in the diff", table(unplaced, maxSummaryRows))
	section(&b, "Closed by a person, and still there", table(declined, maxSummaryRows))
	section(&b, "Notes", table(notes, maxSummaryRows))
	section(&b, "Access that this change gives", accessTable(in.Summary.Gained))
	section(&b, "Access that this change takes", accessTable(in.Summary.Lost))
	section(&b, "Could not be read", failures(in.Summary.Errors))
	section(&b, "Keys", keyTable(in.Summary.Keys))
	if m := in.Summary.Mermaid; m != "" && len(m) <= maxMermaid && b.Len()+len(m) < maxBody-1000 {
		fmt.Fprintf(&b, "\n<details><summary>Who reaches each key</summary>\n\n%s\n\n</details>\n", raw("mermaid", m))
	}
	return b.String()
}

func section(b *strings.Builder, title, text string) {
	if text != "" {
		fmt.Fprintf(b, "\n**%s**\n\n%s", title, text)
	}
}

// stepSummary is the same for the page of the run, with every finding in full.
func stepSummary(in Input, counted []lint.Finding) string {
	var b strings.Builder
	b.WriteString(summaryText(in, nil, nil))
	left := 0
	for _, f := range counted {
		title, _ := in.Options.Rules(f.Rule)
		if title == "" {
			title = f.Name
		}
		at := where(f)
		var one strings.Builder
		fmt.Fprintf(&one, "\n**%s · %s** · %s · %s\n\n%s\n%s", levelMark[f.Level], plainID(f.Rule), prose(title),
			codeSpan(fmt.Sprintf("%s:%d", at.path, at.first)), sentence(f.Message), remedy(in, f, ""))
		if f.Fix != nil {
			fmt.Fprintf(&one, "\n%s\n", proved(f.Fix.Proof))
		}
		one.WriteString(affected(f.Affected))
		if b.Len()+one.Len() > maxStepSummary {
			left++
			continue
		}
		b.WriteString(one.String())
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n%s more: the report has them.\n", plural(left, "finding"))
	}
	return b.String()
}

// levels counts: "2 errors, 1 warning".
func levels(all []lint.Finding) string {
	n := map[lint.Level]int{}
	for _, f := range all {
		n[f.Level]++
	}
	var out []string
	for _, l := range []lint.Level{lint.Error, lint.Warning, lint.Note} {
		if n[l] > 0 {
			out = append(out, plural(n[l], string(l)))
		}
	}
	if len(out) == 0 {
		return "nothing found"
	}
	return strings.Join(out, ", ")
}

// table lists findings, worst first as they come.
func table(all []lint.Finding, limit int) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| | rule | where | what |\n|---|---|---|---|\n")
	for _, f := range all[:min(len(all), limit)] {
		at := where(f)
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", levelMark[f.Level], plainID(f.Rule), cell(fmt.Sprintf("%s:%d", at.path, at.first)), inCell(sentence(f.Message)))
	}
	b.WriteString(more(len(all)-limit, "| | | | "))
	return b.String()
}

func accessTable(all []Access) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| key | who | action | how |\n|---|---|---|---|\n")
	for _, a := range all[:min(len(all), maxSummaryRows)] {
		how := prose(a.Access)
		if len(a.When) > 0 {
			how += ", with " + values(a.When)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(a.Key), cell(a.Principal), cell(a.Action), inCell(how))
	}
	b.WriteString(more(len(all)-maxSummaryRows, "| | | | "))
	return b.String()
}

func keyTable(all []lint.Key) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| key | kind | where |\n|---|---|---|\n")
	for _, k := range all[:min(len(all), maxSummaryRows)] {
		file, line := k.File, k.Line
		if k.Source != nil {
			file, line = k.Source.File, k.Source.Line
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(k.ID), cell(k.Kind), cell(fmt.Sprintf("%s:%d", file, line)))
	}
	b.WriteString(more(len(all)-maxSummaryRows, "| | | "))
	return b.String()
}

func failures(all []lint.Failure) string {
	var b strings.Builder
	for _, e := range all[:min(len(all), maxRows)] {
		fmt.Fprintf(&b, "- %s: %s\n", codeSpan(fmt.Sprintf("%s:%d", e.File, e.Line)), prose(e.Message))
	}
	b.WriteString(more(len(all)-maxRows, "- "))
	return b.String()
}

func more(n int, lead string) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("%sand %d more\n", lead, n)
}
