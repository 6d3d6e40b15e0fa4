package config

import (
	"bytes"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// marker is what a suppressing comment starts with after its "#".
const marker = "kmsguard:ignore"

// Inline reads the comments "# kmsguard:ignore KMS003 reason" of a YAML file; several rules are parted by commas. A
// comment is for the statement on whose lines it stands, and one that has its line to itself also for the statement
// that starts on the next line of YAML. JSON has no comments.
func Inline(f *syntax.File, rules []string) ([]Ignore, []error) {
	if f.Format != syntax.YAML || !bytes.Contains(f.Source, []byte(marker)) {
		return nil, nil
	}
	r := &reader{file: f, known: rules}
	c := &comments{file: f}
	for _, root := range f.Roots {
		c.collect(root)
	}
	var list []Ignore
	for from, count := 0, 0; count < maxEntries; count++ {
		i := bytes.Index(f.Source[from:], []byte(marker))
		if i < 0 {
			break
		}
		at := from + i
		from = at + len(marker)
		hash, ok := c.start(at)
		if !ok {
			continue
		}
		end := len(f.Source)
		if i := bytes.IndexByte(f.Source[from:], '\n'); i >= 0 {
			end = from + i
		}
		ids, reason, _ := strings.Cut(string(bytes.TrimSpace(f.Source[from:end])), " ")
		pos := f.Position(hash)
		target := 0
		if len(bytes.TrimSpace(f.Source[hash-pos.Column+1:hash])) == 0 {
			target = c.next(end, pos.Line)
		}
		for id := range strings.SplitSeq(ids, ",") {
			n := &syntax.Node{Kind: syntax.Scalar, Type: syntax.String, Value: id, Span: syntax.Span{Start: hash, End: end}}
			if rule := r.rule(n); rule != "" && len(list) < maxEntries {
				list = append(list, Ignore{Rule: rule, Reason: strings.TrimSpace(reason), File: f.Name, Position: pos, first: pos.Line, last: target})
			}
		}
		from = end
	}
	return list, r.errs
}

// comments finds its way between the scalars and the comments of a file. What it learns it keeps, so that a file of
// nothing but markers takes no longer than another.
type comments struct {
	file    *syntax.File
	scalars []syntax.Span // in source order
	// The answer of next for every comment that ends before offset.
	offset, line int
}

func (c *comments) collect(n *syntax.Node) {
	if n == nil {
		return
	}
	if n.Kind == syntax.Scalar {
		c.scalars = append(c.scalars, n.Span)
	}
	for _, item := range n.Items {
		c.collect(item)
	}
	for _, m := range n.Members {
		c.collect(m.Key)
		c.collect(m.Value)
	}
}

// start returns the offset of the "#" before the marker, if that starts a comment: it is at the start of a line or
// after a blank, and in no scalar.
func (c *comments) start(at int) (int, bool) {
	src := c.file.Source
	hash := at - 1
	for hash > 0 && (src[hash] == ' ' || src[hash] == '\t') {
		hash--
	}
	if hash < 0 || src[hash] != '#' || hash > 0 && src[hash-1] != ' ' && src[hash-1] != '\t' && src[hash-1] != '\n' {
		return 0, false
	}
	i, _ := slices.BinarySearchFunc(c.scalars, hash, func(s syntax.Span, offset int) int {
		if s.End <= offset {
			return -1
		}
		return 1
	})
	return hash, i == len(c.scalars) || c.scalars[i].Start > hash
}

// next returns the number of the first line after the comment on a line that is neither blank nor a comment; end is the
// offset of the comment's end. It returns 0 where there is none.
func (c *comments) next(end, line int) int {
	if end < c.offset {
		return c.line
	}
	src := c.file.Source
	for end < len(src) {
		line++
		rest, stop := src[end+1:], len(src)
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			rest, stop = rest[:i], end+1+i
		}
		if text := bytes.TrimSpace(rest); len(text) > 0 && text[0] != '#' {
			c.offset, c.line = end+1, line
			return line
		}
		end = stop
	}
	c.offset, c.line = len(src), 0
	return 0
}
