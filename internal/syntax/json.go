package syntax

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// ParseJSON reads the source as one JSON value (RFC 8259). Duplicate keys are read and listed; comments, trailing commas,
// invalid UTF-8 and a second value are errors with their position. The error, if any, is an [*Error].
func ParseJSON(name string, src []byte) (*File, error) {
	f, err := newFile(name, JSON, src)
	if err != nil {
		return nil, err
	}
	text := bytes.TrimPrefix(src, []byte(byteOrderMark))
	p := jsonParser{file: f, base: len(src) - len(text)}
	p.dec = jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true))
	root, err := p.value(0)
	if err != nil {
		return nil, p.wrap(err)
	}
	f.Roots = []*Node{root}
	end := p.offset()
	if _, err := p.dec.ReadToken(); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, p.wrap(err)
		}
		rest := src[end:]
		return nil, f.errorAt(end+len(rest)-len(bytes.TrimLeft(rest, " \t\r\n")), "a second value follows the first; a JSON file holds one")
	}
	return f, nil
}

type jsonParser struct {
	file  *File
	dec   *jsontext.Decoder
	base  int // bytes before the decoder's text
	nodes int
}

// offset is that of the end of the last token.
func (p *jsonParser) offset() int { return p.base + int(p.dec.InputOffset()) }

func (p *jsonParser) value(depth int) (*Node, error) {
	if p.nodes++; p.nodes > maxNodes {
		return nil, p.file.errorAt(p.offset(), "the file has more than %d values and was not read; exclude it or split it", maxNodes)
	}
	switch kind := p.dec.PeekKind(); kind {
	case '{', '[':
		if _, err := p.dec.ReadToken(); err != nil {
			return nil, err
		}
		n := &Node{Kind: Mapping, Style: Flow, Span: Span{Start: p.offset() - 1}}
		if depth >= maxDepth {
			return nil, p.file.errorAt(n.Span.Start, "values nest deeper than %d levels and were not read", maxDepth)
		}
		if kind == '[' {
			n.Kind = Sequence
		}
		if err := p.children(n, depth+1); err != nil {
			return nil, err
		}
		n.Span.End = p.offset()
		return n, nil
	default:
		return p.scalar()
	}
}

// children reads up to and including the closing bracket of n.
func (p *jsonParser) children(n *Node, depth int) error {
	for {
		switch p.dec.PeekKind() {
		case '}', ']':
			_, err := p.dec.ReadToken()
			p.file.findDuplicates(n)
			return err
		}
		if n.Kind == Sequence {
			item, err := p.value(depth)
			if err != nil {
				return err
			}
			n.Items = append(n.Items, item)
			continue
		}
		key, err := p.scalar()
		if err != nil {
			return err
		}
		value, err := p.value(depth)
		if err != nil {
			return err
		}
		n.Members = append(n.Members, Member{key, value})
	}
}

func (p *jsonParser) scalar() (*Node, error) {
	raw, err := p.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	end := p.offset()
	n := &Node{Span: Span{end - len(raw), end}}
	switch raw.Kind() {
	case '"':
		n.Style = DoubleQuoted
		text, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return nil, err
		}
		n.Value = string(text)
		return n, nil
	case 't', 'f':
		n.Type = Bool
	case 'n':
		n.Type = Null
	default:
		n.Type = Number
	}
	n.Value = string(raw)
	return n, nil
}

// wrap gives the decoder's error its place and a remedy where the cause is a common one.
func (p *jsonParser) wrap(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	at := p.offset()
	message := "this is no valid JSON: " + strings.TrimPrefix(err.Error(), "jsontext: ")
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		at = p.base + int(syntactic.ByteOffset)
		message = "this is no valid JSON: " + strings.TrimPrefix(syntactic.Err.Error(), "jsontext: ")
	} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at, message = len(p.file.Source), "the JSON text ends too early; a value or a closing bracket is missing"
	}
	src := p.file.Source
	at = min(at, len(src))
	for at < len(src) && strings.IndexByte(" \t\r\n", src[at]) >= 0 {
		at++
	}
	rest, before := src[at:], bytes.TrimRight(src[:at], " \t\r\n")
	switch {
	case bytes.HasPrefix(rest, []byte("//")), bytes.HasPrefix(rest, []byte("/*")), bytes.HasPrefix(rest, []byte("#")):
		message = "JSON has no comments, and AWS rejects them; remove this one"
	case bytes.HasPrefix(rest, []byte(",")) && closes(rest[1:]):
		message = trailingComma
	case bytes.HasSuffix(before, []byte(",")) && closes(rest):
		at, message = len(before)-1, trailingComma
	case len(rest) == 0:
		message = "the JSON text ends too early; a value or a closing bracket is missing"
	}
	return p.file.errorAt(at, "%s", message)
}

const trailingComma = "JSON allows no comma after the last element, and AWS rejects it; remove it"

// closes tells whether the next significant byte is a closing bracket.
func closes(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 0 && (text[0] == '}' || text[0] == ']')
}
