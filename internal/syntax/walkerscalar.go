package syntax

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

func (w *walker) scalar(n *Node, y *yaml.Node, c context) error {
	n.Value = y.Value
	switch {
	case y.Style&yaml.DoubleQuotedStyle != 0:
		n.Style = DoubleQuoted
		return w.quoted('"')
	case y.Style&yaml.SingleQuotedStyle != 0:
		n.Style = SingleQuoted
		return w.quoted('\'')
	case y.Style&yaml.LiteralStyle != 0:
		n.Style = Literal
		return w.block(c)
	case y.Style&yaml.FoldedStyle != 0:
		n.Style = Folded
		return w.block(c)
	}
	if n.Tag == "" {
		n.Type = plainType(n.Value)
	}
	return w.plain(n.Value)
}

// quoted reads to the closing quote.
func (w *walker) quoted(quote byte) error {
	if w.peek() != quote {
		return w.lost("quoted string")
	}
	for w.pos++; w.pos < len(w.src); {
		switch b := w.src[w.pos]; {
		case b == '\\' && quote == '"':
			w.pos++ // what is escaped is stepped over below; a line break keeps its line
			if !w.step() {
				return w.lost("end of the quoted string")
			}
		case b == quote && quote == '\'' && w.pos+1 < len(w.src) && w.src[w.pos+1] == quote:
			w.pos += 2
		case b == quote:
			w.pos++
			return nil
		default:
			w.step()
		}
	}
	return w.lost("end of the quoted string")
}

// step advances by one byte or one line break.
func (w *walker) step() bool {
	if w.pos >= len(w.src) {
		return false
	}
	if size := breakLen(w.src, w.pos); size > 0 {
		w.pos += size
		w.line = w.pos
		return true
	}
	w.pos++
	return true
}

// plain reads the text of a plain scalar. Its line breaks were folded, so any white space of the value stands for any white
// space of the source.
func (w *walker) plain(value string) error {
	for value != "" {
		if size := spaceLen(value); size > 0 {
			value = value[size:]
			w.space()
			continue
		}
		_, size := utf8.DecodeRuneInString(value)
		if w.pos+size > len(w.src) || string(w.src[w.pos:w.pos+size]) != value[:size] {
			w.space()
			if w.pos+size > len(w.src) || string(w.src[w.pos:w.pos+size]) != value[:size] {
				return w.lost("text")
			}
		}
		w.pos += size
		value = value[size:]
	}
	return nil
}

func spaceLen(text string) int {
	if text[0] == ' ' || text[0] == '\t' {
		return 1
	}
	if text[0] < 0x80 && text[0] != '\n' && text[0] != '\r' {
		return 0
	}
	return breakLen([]byte(text[:min(3, len(text))]), 0)
}

// space skips white space and line breaks.
func (w *walker) space() {
	for w.pos < len(w.src) && (w.src[w.pos] == ' ' || w.src[w.pos] == '\t' || breakLen(w.src, w.pos) > 0) {
		w.step()
	}
}

// block reads a literal or folded scalar. Its span ends where the value ends: after the last content line without its line
// break ("-"), with it (no indicator), or after the empty lines that follow ("+"). So the text of the span, read again, is
// the same value.
func (w *walker) block(c context) error {
	if b := w.peek(); b != '|' && b != '>' {
		return w.lost("block of text")
	}
	start := w.pos
	for w.pos++; !w.blankAt(w.pos); {
		w.pos++
	}
	header := string(w.src[start:w.pos])
	end, endLine := w.pos, w.line
	keep, strip := strings.ContainsRune(header, '+'), strings.ContainsRune(header, '-')
	w.skipLine()
	indent := w.blockIndent(header, c.indent)
	for w.pos < len(w.src) {
		for w.column() < indent && w.peek() == ' ' {
			w.pos++
		}
		if size := breakLen(w.src, w.pos); size > 0 {
			w.skipLine()
			if keep {
				end, endLine = w.pos, w.line
			}
			continue
		}
		if w.column() < indent || w.pos >= len(w.src) {
			break
		}
		w.skipToBreak()
		if end, endLine = w.pos, w.line; !strip {
			w.skipLine()
			end, endLine = w.pos, w.line
		}
	}
	if keep && w.pos >= len(w.src) && w.line > start && w.column() > 0 && w.column() <= indent {
		end, endLine = w.pos, w.line // yaml counts a last line of spaces without a line break
	}
	w.pos, w.line = end, endLine
	return nil
}

// blockIndent returns the column at which the lines of a block scalar start: given in the header relative to the parent, or
// that of the first line that is not empty.
func (w *walker) blockIndent(header string, parent int) int {
	if i := strings.IndexAny(header, "123456789"); i >= 0 {
		return max(parent, 0) + int(header[i]-'0')
	}
	pos, line := w.pos, w.line
	defer func() { w.pos, w.line = pos, line }()
	indent := parent + 1
	for {
		for w.peek() == ' ' {
			w.pos++
		}
		indent = max(indent, w.column())
		if breakLen(w.src, w.pos) == 0 {
			return indent
		}
		w.skipLine()
	}
}
