package syntax

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// byteOrderMark is what some editors write before UTF-8 text. Offsets count it, parsers do not see it.
const byteOrderMark = "\xef\xbb\xbf"

// Parse reads the source as JSON where its first significant byte is { or [, else as YAML. A name that ends in .yaml or
// .yml makes it YAML unless it is valid JSON (a JSON template under such a name must keep its JSON hand). The error, if
// any, is an [*Error].
func Parse(name string, src []byte) (*File, error) {
	if !startsLikeJSON(src) {
		return ParseYAML(name, src)
	}
	if lower := strings.ToLower(name); strings.HasSuffix(lower, ".yaml") || strings.HasSuffix(lower, ".yml") {
		text := bytes.TrimPrefix(src, []byte(byteOrderMark))
		if len(src) > maxBytes || !jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true)) {
			return ParseYAML(name, src)
		}
	}
	return ParseJSON(name, src)
}

func startsLikeJSON(src []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(src, []byte(byteOrderMark)), " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

// newFile returns the file without its tree, or the error of a source that is too large or no UTF-8.
func newFile(name string, format Format, src []byte) (*File, error) {
	f := &File{Name: name, Format: format, Source: src}
	if len(src) > maxBytes {
		return nil, &Error{File: name, Position: Position{Line: 1, Column: 1}, Message: "the file is larger than 4 MiB and was not read; exclude it or split it"}
	}
	if !utf8.Valid(src) {
		return nil, f.errorAt(invalidUTF8(src), "the text is not UTF-8 here and was not read; save it as UTF-8")
	}
	return f, nil
}

// invalidUTF8 returns the offset of the first byte that is not part of a UTF-8 sequence.
func invalidUTF8(src []byte) int {
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(src)
}

// findDuplicates appends the keys of n that repeat an earlier one to f.Duplicates.
func (f *File) findDuplicates(n *Node) {
	const few = 8 // up to here comparing pairs is cheaper than a map
	if len(n.Members) <= few {
		for i, m := range n.Members {
			for _, earlier := range n.Members[:i] {
				if sameKey(earlier.Key, m.Key) {
					f.Duplicates = append(f.Duplicates, m.Key)
					break
				}
			}
		}
		return
	}
	seen := make(map[string]bool, len(n.Members))
	for _, m := range n.Members {
		if m.Key.Kind != Scalar {
			continue
		}
		if seen[m.Key.Value] {
			f.Duplicates = append(f.Duplicates, m.Key)
		}
		seen[m.Key.Value] = true
	}
}

func sameKey(a, b *Node) bool { return a.Kind == Scalar && b.Kind == Scalar && a.Value == b.Value }
