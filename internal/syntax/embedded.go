package syntax

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Embedded is a JSON document that a string of another file holds, such as a key policy written as a string.
type Embedded struct {
	File   *File // the document; its source is the decoded text of the scalar, its name that of the outer file
	outer  *File
	scalar *Node
	// offsets[i] is where byte i of the text stands in the outer source; the last is where the text ends.
	offsets []int
	indent  string // of the lines of a block scalar
}

// ParseEmbedded reads the JSON document in a string scalar of f. A text that is no JSON is an [*Error] with its position in f.
func ParseEmbedded(f *File, scalar *Node) (*Embedded, error) {
	if scalar == nil || scalar.Kind != Scalar || scalar.Type != String {
		return nil, &Error{File: f.Name, Position: f.Position(0), Message: "only a string can hold a JSON document"}
	}
	e := &Embedded{outer: f, scalar: scalar}
	if !e.locate() {
		return nil, f.errorAt(scalar.Span.Start, "the text of this string could not be located, so the document in it was not read; please report the file")
	}
	inner, err := ParseJSON(f.Name, []byte(scalar.Value))
	var at *Error
	if errors.As(err, &at) {
		return nil, f.errorAt(e.offset(at.Position.Offset), "%s", at.Message)
	} else if err != nil {
		return nil, err
	}
	e.File = inner
	return e, nil
}

// Span returns where the bytes of the inner span stand in the outer source.
func (e *Embedded) Span(inner Span) Span {
	return Span{e.offset(inner.Start), e.offset(inner.End)}
}

func (e *Embedded) offset(inner int) int {
	return e.offsets[min(max(inner, 0), len(e.offsets)-1)]
}

// Outer returns the edits of the outer file that make the edits of the inner one. Their texts are escaped as the scalar's
// style demands; line breaks stay only where the style can hold them, which changes nothing in JSON. An edit outside the
// text is an error.
func (e *Embedded) Outer(edits []Edit) ([]Edit, error) {
	outer := make([]Edit, len(edits))
	for i, edit := range edits {
		if edit.Start < 0 || edit.End < edit.Start || edit.End >= len(e.offsets) {
			return nil, fmt.Errorf("the edit of bytes %d to %d is outside the embedded document of %d bytes; parse it again", edit.Start, edit.End, len(e.offsets)-1)
		}
		outer[i] = Edit{e.offsets[edit.Start], e.offsets[edit.End], e.escape(edit.Text)}
	}
	return outer, nil
}

// escape writes a piece of JSON text as a part of the scalar.
func (e *Embedded) escape(text string) string {
	switch e.scalar.Style {
	case DoubleQuoted:
		quoted := jsonQuoted(text)
		if e.outer.Format == YAML {
			quoted = yamlQuoted(text, DoubleQuoted)
		}
		return quoted[1 : len(quoted)-1]
	case Literal, Folded:
		return strings.ReplaceAll(unbroken(text), "\n", e.outer.hand().newline+e.indent)
	}
	lines := strings.Split(unbroken(text), "\n")
	for i := 1; i < len(lines); i++ {
		lines[i] = strings.TrimLeft(lines[i], " \t")
	}
	text = strings.Join(lines, " ")
	if e.scalar.Style == SingleQuoted {
		text = strings.ReplaceAll(text, "'", "''")
	}
	return text
}

// unbroken escapes, in JSON, the characters that YAML takes as line breaks or cannot hold. They only stand in strings.
func unbroken(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var b strings.Builder
	for _, r := range text {
		if r == '\n' || printable(r) || r > 0xFFFF {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// locate fills the offsets, and tells whether source and value agree.
func (e *Embedded) locate() bool {
	e.offsets = make([]int, 0, len(e.scalar.Value)+1)
	at := e.outer.interior(&Node{Span: e.scalar.Span, Anchor: e.scalar.Anchor, Tag: e.scalar.Tag})
	if e.outer.Format == YAML {
		at = min(skipTrivia(e.outer.Source, at), e.scalar.Span.End)
	}
	switch e.scalar.Style {
	case Literal, Folded:
		return e.locateBlock(at)
	case SingleQuoted, DoubleQuoted:
		at++
	}
	return e.locateFlow(at)
}

// locateFlow walks along quoted and plain text.
func (e *Embedded) locateFlow(at int) bool {
	src, value := e.outer.Source[:e.scalar.Span.End], e.scalar.Value
	double, single := e.scalar.Style == DoubleQuoted, e.scalar.Style == SingleQuoted
	for value != "" {
		if at >= len(src) {
			return false
		}
		size := 1
		switch {
		case double && src[at] == '\\' && breakLen(src, at+1) > 0:
			for at += 1 + breakLen(src, at+1); at < len(src) && (src[at] == ' ' || src[at] == '\t'); {
				at++
			}
			continue
		case double && src[at] == '\\':
			_, size = utf8.DecodeRuneInString(value)
			at = e.mark(at, size, escapeLen(src, at))
		case single && src[at] == '\'':
			at = e.mark(at, 1, 2)
		case e.outer.Format == YAML && (src[at] == ' ' || src[at] == '\t' || breakLen(src, at) > 0):
			fold, broken := whiteSpace(src, at)
			if !broken {
				if size = fold; size > len(value) || string(src[at:at+fold]) != value[:size] {
					return false
				}
				for range fold {
					at = e.mark(at, 1, 1)
				}
				break
			}
			size = len(value) - len(strings.TrimLeft(value, "\n\u2028\u2029"))
			if size == 0 {
				size = 1 // one line break became a space
			}
			at = e.mark(at, size, fold)
		default:
			if src[at] != value[0] {
				return false
			}
			at = e.mark(at, 1, 1)
		}
		if size > len(value) {
			return false
		}
		value = value[size:]
	}
	e.offsets = append(e.offsets, at)
	return true
}

// mark notes that count bytes of the value stand at the offset, and returns the offset after what stands for them.
func (e *Embedded) mark(at, count, length int) int {
	for range count {
		e.offsets = append(e.offsets, at)
	}
	return at + length
}

// escapeLen returns the length of the escape sequence, of both parts of a surrogate pair.
func escapeLen(src []byte, at int) int {
	if at+1 >= len(src) {
		return 1
	}
	switch src[at+1] {
	case 'x':
		return 4
	case 'U':
		return 10
	case 'u':
		if at+7 < len(src) && (src[at+2] == 'd' || src[at+2] == 'D') && strings.IndexByte("89abAB", src[at+3]) >= 0 && src[at+6] == '\\' && src[at+7] == 'u' {
			return 12
		}
		return 6
	}
	_, size := utf8.DecodeRune(src[at+1:])
	return 1 + size
}

// whiteSpace returns the length of the white space at the offset, and whether a line break is in it.
func whiteSpace(src []byte, at int) (length int, broken bool) {
	end := at
	for end < len(src) {
		size := breakLen(src, end)
		if size == 0 && src[end] != ' ' && src[end] != '\t' {
			break
		}
		broken = broken || size > 0
		end += max(size, 1)
	}
	return end - at, broken
}

// locateBlock walks along the lines of a block scalar. Their texts stand in the value as they are; what stands between them
// depends on the style.
func (e *Embedded) locateBlock(at int) bool {
	src, value := e.outer.Source[:e.scalar.Span.End], e.scalar.Value
	header := at
	at = breakFrom(src, at)
	end := at
	for first := true; at < len(src); {
		at += breakLen(src, at)
		line := string(src[at:breakFrom(src, at)])
		if strings.Trim(line, " ") == "" {
			at += len(line)
			continue
		}
		if first {
			e.indent = line[:len(line)-len(strings.TrimLeft(line, " "))]
			if i := strings.IndexAny(string(src[header:breakFrom(src, header)]), "123456789"); i >= 0 {
				// More spaces than the indentation stand at the start of the value.
				e.indent = e.indent[:max(0, len(e.indent)-(len(value)-len(strings.TrimLeft(value, " "))))]
			}
		}
		text, ok := strings.CutPrefix(line, e.indent)
		if !ok {
			return false
		}
		skipped := 0
		for skipped < len(value) && value[skipped] == '\n' {
			skipped++
		}
		if skipped == 0 && !first && strings.HasPrefix(value, " ") && !strings.HasPrefix(text, " ") {
			skipped = 1
		}
		if !strings.HasPrefix(value[skipped:], text) {
			return false
		}
		first = false
		e.mark(end, skipped, 0)
		at += len(e.indent)
		for i := range len(text) {
			e.offsets = append(e.offsets, at+i)
		}
		at += len(text)
		end = at
		value = value[skipped+len(text):]
	}
	if strings.Trim(value, "\n") != "" {
		return false
	}
	e.mark(end, len(value), 0)
	e.offsets = append(e.offsets, end)
	return true
}
