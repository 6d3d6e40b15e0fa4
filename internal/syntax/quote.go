package syntax

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// plainSafe tells whether a string may stand in YAML without quotes: every reader, of YAML 1.1 or 1.2, takes it as that
// string. It is careful: what only looks like a number, a date or a boolean is quoted.
func plainSafe(text string, flow bool) bool {
	if text == "" || plainType(text) != String || strings.Trim(text, " ") != text || text == "=" || text == "<<" {
		return false
	}
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	switch text[0] {
	case ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`':
		return false
	case '-', '?', ':':
		if len(text) == 1 || text[1] == ' ' || text[0] != '-' || strings.HasPrefix(text, "---") {
			return false
		}
	}
	if strings.IndexByte("0123456789+-.", text[0]) >= 0 && consistsOf(text, "0123456789+-.:_eExXoOabcdfABCDFTZ ") {
		return false
	}
	if strings.HasPrefix(text, "...") || strings.HasSuffix(text, ":") || strings.Contains(text, ": ") || strings.Contains(text, " #") {
		return false
	}
	for _, r := range text {
		if flow && strings.ContainsRune(",[]{}", r) || !printable(r) || r == '\t' {
			return false
		}
	}
	return !flow || !strings.Contains(text, "?") && !strings.HasPrefix(text, "-")
}

// printable tells whether YAML may hold the rune in a quoted string on one line as it is.
func printable(r rune) bool {
	switch {
	case r == '\t':
		return true
	case r < 0x20, r >= 0x7F && r < 0xA0, r == 0x2028, r == 0x2029, r == 0xFEFF, r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError:
		return false
	}
	return true
}

// yamlQuoted returns the string in quotes of the wanted kind, or in double quotes where single ones cannot hold it.
func yamlQuoted(text string, quote Style) string {
	if quote == SingleQuoted && strings.IndexFunc(text, func(r rune) bool { return !printable(r) }) < 0 {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case printable(r) || r == utf8.RuneError:
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02X`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// jsonQuoted returns the JSON string. Bytes that are no UTF-8 become U+FFFD.
func jsonQuoted(text string) string {
	quoted, _ := jsontext.AppendQuote(nil, strings.ToValidUTF8(text, "\uFFFD"))
	return string(quoted)
}

// jsonScalar returns the JSON of a scalar. Booleans and numbers in YAML's spelling become JSON's.
func jsonScalar(n *Node) string {
	switch n.Type {
	case Bool:
		switch strings.ToLower(n.Value) {
		case "true", "yes", "on":
			return "true"
		case "false", "no", "off":
			return "false"
		}
	case Null:
		return "null"
	case Number:
		if v := jsontext.Value(n.Value); v.IsValid() && v.Kind() == '0' {
			return n.Value
		}
	}
	return jsonQuoted(n.Value)
}
