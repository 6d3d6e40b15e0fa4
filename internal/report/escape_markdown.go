package report

import (
	"regexp"
	"strings"
)

// zeroWidth parts what GitHub would make a link, a mention or a picture after Markdown is done; a backslash does not
// stop it there.
const zeroWidth = "\u200b"

var (
	// A backslash disarms what CommonMark and its GitHub extensions see. "|" and "$" are entities: tables and formulas are
	// found before backslashes are read.
	markdownText = strings.NewReplacer(
		`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `{`, `\{`, `}`, `\}`, `[`, `\[`, `]`, `\]`, `(`, `\(`, `)`, `\)`,
		`!`, `\!`, `~`, `\~`, `^`, `\^`, `=`, `\=`, `+`, `\+`, `-`, `\-`, `"`, `&quot;`, `'`, `&#39;`,
		`<`, `&lt;`, `>`, `&gt;`, `&`, `&amp;`, `|`, `&#124;`, `$`, `&#36;`,
		`@`, `@`+zeroWidth, `#`, `\#`+zeroWidth, `://`, `:`+zeroWidth+`//`)
	reference = regexp.MustCompile(`(?i)\b(gh|www|mailto|xmpp)([\\.:-])`) // GH-12, www.x, mailto:x
	emoji     = regexp.MustCompile(`:([0-9A-Za-z_\\+-]+:)`)
	ordered   = regexp.MustCompile(`^(\s*\d{1,9})([.)])`)
	// technical is a word that reads better as code: an action, an ARN, a type, a condition key, an intrinsic.
	technical = regexp.MustCompile(`^[0-9A-Za-z$!]\S*(:[0-9A-Za-z*:?]|\$\{)\S*$`)
)

// MarkdownText makes a name or a message of a repository plain text of Markdown on one line: nothing in it is a link, a
// mention, a reference, a picture, markup or HTML.
func MarkdownText(s string) string {
	s = markdownText.Replace(reveal(strings.ReplaceAll(s, "\n", " "), ""))
	s = reference.ReplaceAllString(s, "$1"+zeroWidth+"$2")
	s = emoji.ReplaceAllString(s, ":"+zeroWidth+"$1")
	s = emoji.ReplaceAllString(s, ":"+zeroWidth+"$1") // the second of two that share a colon
	return ordered.ReplaceAllString(s, `$1\$2`)
}

// Prose is [MarkdownText] with technical words, such as actions and ARNs, as code.
func Prose(s string) string {
	words := strings.Split(s, " ")
	for i, word := range words {
		core := strings.TrimRight(word, ".,;:)\"'")
		lead := core[:len(core)-len(strings.TrimLeft(core, "(\"'"))]
		core = core[len(lead):]
		if technical.MatchString(core) {
			words[i] = MarkdownText(lead) + Code(core) + MarkdownText(word[len(lead)+len(core):])
		} else {
			words[i] = MarkdownText(word)
		}
	}
	return strings.Join(words, " ")
}

// Code makes text a code span. The backticks around it are more than any run of them inside.
func Code(s string) string {
	s = reveal(s, "")
	if strings.TrimSpace(s) == "" {
		return "(empty)"
	}
	ticks := strings.Repeat("`", longestRun(s, '`')+1)
	if len(ticks) > 1 || s[0] == ' ' && s[len(s)-1] == ' ' {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// cellCode is [Code] for a table's cell, where a bar ends the cell even inside a code span.
func cellCode(s string) string {
	if strings.ContainsRune(s, '|') {
		return "<code>" + MarkdownText(s) + "</code>"
	}
	return Code(s)
}

// Fence makes text a fenced block of that language. Nothing in the text can end it: the fence is longer than any run of
// backticks inside. The text is raw, as a suggestion must be; use [Block] on text that is only shown.
func Fence(language, text string) string {
	ticks := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return ticks + word(language) + "\n" + text + ticks + "\n"
}

// word keeps the letters of a language's name.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, s)
}

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
