package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// prettyParser reads what pretty-format prints: like JSON, with commas after the last member, "Object {" and "Array ["
// before Jest 29, and strings whose quotes are not escaped from Jest 29 on. A value ends with its line then, so the
// parser goes by lines. Source: cdk.md §5 and the files in shared/cdk/out-jest.
type prettyParser struct {
	entry   *snapshotEntry
	at      int
	escaped bool // quotes and backslashes inside strings are escaped (Jest up to 28)
	nodes   int
}

// Limits of one snapshot, as those of package syntax.
const (
	maxPrettyDepth = 200
	maxPrettyNodes = 500_000
)

func (p *prettyParser) fail(what string) *snapshotError { return &snapshotError{p.at, what} }

func (p *prettyParser) rest() string { return p.entry.text[p.at:] }

func (p *prettyParser) space() {
	p.at += len(p.rest()) - len(strings.TrimLeft(p.rest(), " \n\r\t"))
}

func (p *prettyParser) span(from int) syntax.Span {
	return syntax.Span{Start: p.entry.offset(from), End: p.entry.offset(p.at-1) + 1}
}

func (p *prettyParser) value(depth int) (*syntax.Node, *snapshotError) {
	if p.nodes++; depth > maxPrettyDepth || p.nodes > maxPrettyNodes {
		return nil, p.fail("is deeper or larger than the limit")
	}
	p.space()
	from, rest := p.at, p.rest()
	for _, form := range []struct {
		open string
		kind syntax.Kind
		end  byte
	}{{"Object {", syntax.Mapping, '}'}, {"{", syntax.Mapping, '}'}, {"Array [", syntax.Sequence, ']'}, {"[", syntax.Sequence, ']'}} {
		// "[Function]" and its like are no lists: a list has a new line or its end behind the bracket.
		if tail, ok := strings.CutPrefix(rest, form.open); ok && (strings.HasPrefix(tail, "\n") || strings.HasPrefix(tail, "\r\n") || strings.HasPrefix(tail, string(form.end))) {
			p.at += len(form.open)
			return p.collection(form.kind, form.end, from, depth)
		}
	}
	if strings.HasPrefix(rest, `"`) {
		return p.string(from), nil
	}
	// A number, a literal, or the name of something that is no data.
	word, _, _ := strings.Cut(rest, "\n")
	word = strings.TrimSuffix(strings.TrimRight(word, " \r"), ",")
	p.at += len(word)
	n := &syntax.Node{Kind: syntax.Scalar, Style: syntax.Plain, Value: word, Span: p.span(from)}
	switch {
	case word == "":
		return nil, p.fail("ends early")
	case word == "true" || word == "false":
		n.Type = syntax.Bool
	case word == "null" || word == "undefined":
		n.Type = syntax.Null
	case strings.Trim(word, "0123456789.eE+-") == "":
		n.Type = syntax.Number
	}
	return n, nil
}

func (p *prettyParser) collection(kind syntax.Kind, end byte, from, depth int) (*syntax.Node, *snapshotError) {
	n := &syntax.Node{Kind: kind, Style: syntax.Flow}
	for {
		p.space()
		if p.rest() == "" {
			return nil, p.fail("ends early")
		}
		if p.rest()[0] == end {
			p.at++
			n.Span = p.span(from)
			return n, nil
		}
		var key *syntax.Node
		if kind == syntax.Mapping {
			line, _, _ := strings.Cut(p.rest(), "\n")
			i := strings.Index(line, `": `)
			if !strings.HasPrefix(line, `"`) || i < 1 {
				return nil, p.fail("has a member without a name")
			}
			start := p.at
			p.at += i + 1
			key = &syntax.Node{Kind: syntax.Scalar, Style: syntax.DoubleQuoted, Value: p.decode(line[1:i]), Span: p.span(start)}
			p.at += 2
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if kind == syntax.Mapping {
			n.Members = append(n.Members, syntax.Member{Key: key, Value: v})
		} else {
			n.Items = append(n.Items, v)
		}
		if strings.HasPrefix(p.rest(), ",") {
			p.at++
		}
	}
}

// string reads a quoted value up to the quote that ends its last line. A line inside a string may end with a quote too;
// the string is over where the next line goes on with a member, an item or a closing bracket.
func (p *prettyParser) string(from int) *syntax.Node {
	p.at++
	start := p.at
	for {
		line, _, more := strings.Cut(p.rest(), "\n")
		trimmed := strings.TrimRight(line, "\r")
		body := strings.TrimSuffix(trimmed, ",")
		if strings.HasSuffix(body, `"`) && (p.at > start || len(body) > 0) && (!more || p.goesOn(p.at+len(line)+1)) {
			p.at += len(body) - 1
			break
		}
		if !more {
			p.at += len(body)
			break
		}
		p.at += len(line) + 1
	}
	value := p.entry.text[start:p.at]
	if strings.HasPrefix(p.rest(), `"`) {
		p.at++
	}
	return &syntax.Node{Kind: syntax.Scalar, Style: syntax.DoubleQuoted, Value: p.decode(value), Span: p.span(from)}
}

// goesOn tells whether the line at i starts something that pretty-format prints after a value.
func (p *prettyParser) goesOn(i int) bool {
	line, _, _ := strings.Cut(p.entry.text[i:], "\n")
	line = strings.TrimSpace(line)
	if line == "" {
		return i >= len(strings.TrimRight(p.entry.text, "\n \t"))
	}
	switch line[0] {
	case '"', '}', ']', '{', '[':
		return true
	}
	for _, word := range []string{"Object {", "Array [", "true", "false", "null", "undefined"} {
		if strings.HasPrefix(line, word) {
			return true
		}
	}
	return strings.Trim(strings.TrimSuffix(line, ","), "0123456789.eE+-") == ""
}

func (p *prettyParser) decode(s string) string {
	if !p.escaped || !strings.Contains(s, `\`) {
		return s
	}
	s, _ = unescape(s, make([]int32, len(s)))
	return s
}
