package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file is the only place that decides which text of a repository may pass, for terminals and logs. Markdown, workflow
// commands, HTML and JSON build on it in escape_*.go.

// Lengths to which text of a repository is cut, in bytes: enough to recognise it, too little to flood a log.
const (
	maxName    = 512  // names, ids, principals
	maxMessage = 4000 // a workflow command's message is cut at 4096 characters by the runner
)

// hidden tells whether a rune acts on its surroundings or is invisible: control characters, bidirectional marks, format
// characters, everything that Unicode asks to ignore by default. Invisible ones matter beyond looks: the runner compares
// with the culture's rules, which skip them, so that "#", soft hyphen, "#[" would start a command.
func hidden(r rune) bool {
	if r < 0x7f {
		return r < ' '
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == 0x7f
}

// visible writes a hidden rune, or a byte that is no UTF-8 (size 1), as a backslash escape.
func visible(r rune, raw byte, size int) string {
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf(`\x%02x`, raw)
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// reveal writes the hidden runes of s as escapes, except those of keep.
func reveal(s, keep string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || hidden(r) && !strings.ContainsRune(keep, r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || hidden(r) && !strings.ContainsRune(keep, r) {
			b.WriteString(visible(r, s[i], size))
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// Plain makes a name or a message of a repository safe to print on one line of a terminal or log. It still reads as it
// was, unless it was hostile.
func Plain(s string) string { return guardLines(reveal(s, "")) }

// Block makes text of several lines safe to print on a terminal or log: lines and tabs stay.
func Block(s string) string {
	return guardLines(reveal(strings.ReplaceAll(s, "\r\n", "\n"), "\n\t"))
}

// guardLines disarms what the runner takes for a command (github.md §10.1): "::" at the start of a line, blanks apart,
// and "##[" anywhere. A backslash goes before what would be taken. Colours of our own pass.
func guardLines(s string) string {
	if !strings.Contains(s, "::") && !strings.Contains(s, "##[") {
		return s
	}
	lines := strings.SplitAfter(s, "\n")
	for i, line := range lines {
		body := strings.TrimLeftFunc(line, unicode.IsSpace)
		if strings.HasPrefix(body, "::") {
			line = line[:len(line)-len(body)] + `\` + body
		}
		lines[i] = strings.ReplaceAll(line, "##[", `##\[`)
	}
	return strings.Join(lines, "")
}

// cut shortens s to n bytes at the border of a rune, and says so with an ellipsis.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

func plainName(s string) string    { return Plain(cut(s, maxName)) }
func plainMessage(s string) string { return Plain(cut(s, maxMessage)) }
