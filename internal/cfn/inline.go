package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// inlineTemplates reads the templates that stand in strings: TemplateBody of AWS::CloudFormation::StackSet.
func (t *Template) inlineTemplates(depth int) []*Template {
	var all []*Template
	for _, r := range t.order {
		if r.typ != "AWS::CloudFormation::StackSet" || r.properties.Get("TemplateBody") == nil || depth >= maxEmbedded {
			continue
		}
		body := r.properties.Get("TemplateBody")
		if !strings.Contains(body.Value, "AWS::KMS::") && !strings.Contains(body.Value, "AWS::IAM::") {
			continue
		}
		inner := t.inline(body)
		if inner == nil {
			if strings.Contains(body.Value, "AWS::KMS::") {
				t.fail(body, "the template in TemplateBody was not read: it is no JSON and no literal block of YAML")
			}
			continue
		}
		inner.Name = strings.TrimPrefix(t.Name+"/"+r.id, "/")
		inner.passing = t.stackSetPassing(r)
		inner.read()
		all = append(all, inner)
		all = append(all, inner.inlineTemplates(depth+1)...)
	}
	return all
}

// inline parses a template in a string. A literal block stands in the file byte by byte, so its nodes are put where they are;
// JSON in quotes is a file of its own.
func (t *Template) inline(body *syntax.Node) *Template {
	if body.Kind != syntax.Scalar || body.Tag != "" {
		return nil
	}
	if body.Style == syntax.Literal && t.outer == nil {
		f, err := syntax.Parse(t.File.Name, []byte(body.Value))
		places := literalPlaces(t.File, body)
		if err != nil || f.Root() == nil || !isTemplate(f.Root()) || len(places) < len(body.Value) {
			return nil
		}
		move(f.Root(), places)
		return newTemplate(t.File, f.Root(), t.opt)
	}
	if !looksLikeJSON(body.Value) || t.outer != nil {
		return nil
	}
	e, err := syntax.ParseEmbedded(t.File, body)
	if err != nil || !isTemplate(e.File.Root()) {
		return nil
	}
	inner := newTemplate(e.File, e.File.Root(), t.opt)
	inner.embedded, inner.outer, inner.body = e, t.File, body
	return inner
}

// literalPlaces tells where each byte of a literal block's text stands in the file, nil where the two do not agree.
func literalPlaces(f *syntax.File, n *syntax.Node) []int32 {
	source := f.Text(n.Span)
	header := strings.IndexByte(source, '\n')
	if header < 0 {
		return nil
	}
	at := n.Span.Start + header + 1
	lines := strings.SplitAfter(source[header+1:], "\n")
	indent := 0
	for _, line := range lines {
		if strings.TrimSpace(line) != "" {
			indent = len(line) - len(strings.TrimLeft(line, " "))
			break
		}
	}
	var places []int32
	value := n.Value
	for _, line := range lines {
		text := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		skip := min(indent, len(text)-len(strings.TrimLeft(text, " ")))
		text = text[skip:]
		if !strings.HasPrefix(value, text) {
			return nil
		}
		for i := range len(text) {
			places = append(places, int32(at+skip+i))
		}
		value = value[len(text):]
		if strings.HasPrefix(value, "\n") {
			places = append(places, int32(at+len(line)-1))
			value = value[1:]
		}
		at += len(line)
		if value == "" {
			return places
		}
	}
	return nil
}
