package github

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kmsguard/kmsguard/internal/report"
)

// Text of a repository comes into a comment in three ways only: as a code span, as a fenced block, or word by word as
// prose. It never becomes a mention, a link, an image, HTML, a marker or a broken fence (github.md section 10). What
// may pass is decided in report; here it is cut to what fits a comment.

// maxName is how much of one name is shown: names are recognised, not copied.
const maxName = 300

// maxProse is how much of one sentence is shown.
const maxProse = 3000

// codeSpan shows a name.
func codeSpan(text string) string {
	if len(text) > maxName {
		r := []rune(strings.ToValidUTF8(text, "\uFFFD"))
		if len(r) > maxName {
			text = string(r[:maxName/2]) + "…" + string(r[len(r)-maxName/2:])
		}
	}
	return report.Code(text)
}

// cell is codeSpan inside a table, where a bar ends the cell even in a code span.
func cell(text string) string { return inCell(codeSpan(text)) }

func inCell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// shaWord is what GitHub makes a link to a commit where it has one of that name.
var shaWord = regexp.MustCompile(`\b[0-9a-fA-F]{7,64}\b`)

// prose writes a sentence about things of a repository.
func prose(text string) string {
	if len(text) > maxProse {
		text = strings.ToValidUTF8(text[:maxProse], "") + "…"
	}
	words := strings.Fields(text)
	for i, w := range words {
		if core := strings.Trim(w, `.,;:()"'`); shaWord.MatchString(report.Output(core)) {
			at := strings.Index(w, core)
			words[i] = report.MarkdownText(w[:at]) + report.Code(core) + report.MarkdownText(w[at+len(core):])
			continue
		}
		words[i] = report.Prose(w)
	}
	return strings.Join(words, " ")
}

// shownLanguages are what a block that is only read may be in. A block of another one may act: suggestion is a button,
// mermaid, math and geojson are drawn.
var shownLanguages = []string{"json", "yaml", "typescript", "python", "diff"}

// sentence is prose with a capital letter and a full stop: messages are written without (code-style.md section 5).
func sentence(text string) string {
	text = prose(text)
	if text == "" {
		return ""
	}
	if first, _, _ := strings.Cut(text, " "); lowerWord.MatchString(first) {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

var lowerWord = regexp.MustCompile(`^[a-z]+,?$`)

// fenced shows lines that are only read.
func fenced(language, text string) string {
	if !slices.Contains(shownLanguages, language) {
		language = "text"
	}
	return strings.TrimSuffix(report.Fence(language, report.Block(text)), "\n")
}

// raw shows lines that are copied by a machine, such as a suggestion: not a byte of them is changed.
func raw(language, text string) string {
	return strings.TrimSuffix(report.Fence(language, text), "\n")
}

// honest tells whether text shows as what it is, so that it may stand raw in a suggestion.
func honest(text string) bool {
	shown := strings.NewReplacer("\n", "", "\t", "").Replace(text)
	return utf8.ValidString(text) && report.Output(shown) == shown
}

// plural counts: "1 error", "2 errors".
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// oneLine makes text of a server or a repository fit a log line.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxName {
		text = strings.ToValidUTF8(text[:maxName], "") + "…"
	}
	return report.Plain(text)
}
