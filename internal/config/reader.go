package config

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// reader turns nodes into values and collects what is wrong with them.
type reader struct {
	file  *syntax.File
	known []string // rules
	errs  []error
}

// fail records an error at a node.
func (r *reader) fail(n *syntax.Node, format string, args ...any) {
	if len(r.errs) < maxProblems {
		r.errs = append(r.errs, &syntax.Error{File: r.file.Name, Position: r.file.Position(n.Span.Start), Message: fmt.Sprintf(format, args...)})
	}
}

// fields calls the function of each member's field, and checks that n is a mapping with known fields, each once.
func (r *reader) fields(n *syntax.Node, what string, order []string, read map[string]func(*syntax.Node)) bool {
	if n.Kind != syntax.Mapping {
		r.fail(n, "%s is %s: write a mapping with the fields %s", what, kindOf(n), strings.Join(order, ", "))
		return false
	}
	seen := map[string]bool{}
	for _, m := range n.Members {
		if len(r.errs) == maxProblems {
			return false
		}
		name := m.Key.Value
		switch f := read[name]; {
		case m.Key.Kind != syntax.Scalar:
			r.fail(m.Key, "%s has a field whose name is %s: write a plain name", what, kindOf(m.Key))
		case f == nil:
			r.fail(m.Key, "%s has no field %q%s", what, shorten(name), hint(name, order))
		case seen[name]:
			r.fail(m.Key, "%s has the field %q twice: the second would be ignored, remove one", what, name)
		default:
			seen[name] = true
			f(m.Value)
		}
	}
	return true
}

// hint proposes the nearest known name, or lists all.
func hint(name string, known []string) string {
	if n := nearest(name, known); n != "" {
		return fmt.Sprintf(": did you mean %q?", n)
	}
	return ": the known ones are " + strings.Join(known, ", ")
}

// text reads a string that is not empty.
func (r *reader) text(n *syntax.Node, what string) (string, bool) {
	switch {
	case n.Kind != syntax.Scalar || n.Tag != "":
		r.fail(n, "%s is %s: write a string", what, kindOf(n))
	case n.Type == syntax.Null || n.Type == syntax.String && n.Value == "":
		r.fail(n, "%s is empty: give a value or remove it", what)
	case n.Type != syntax.String:
		r.fail(n, "%s is %s: put it in quotes", what, kindOf(n))
	default:
		return n.Value, true
	}
	return "", false
}

// matching reads a string and checks it by a test that form describes.
func (r *reader) matching(n *syntax.Node, what string, ok func(string) bool, form string) (string, bool) {
	s, fine := r.text(n, what)
	if fine && !ok(s) {
		r.fail(n, "%s %q is %s", what, shorten(s), form)
		return "", false
	}
	return s, fine
}

// list reads a sequence by its items.
func (r *reader) list(n *syntax.Node, what string, item func(*syntax.Node)) {
	switch {
	case n.Kind != syntax.Sequence:
		r.fail(n, "%s is %s: write a list", what, kindOf(n))
	case len(n.Items) > maxEntries:
		r.fail(n, "%s has more than %d entries and was not read", what, maxEntries)
	default:
		for _, i := range n.Items {
			item(i)
		}
	}
}

// choice reads one of a few words.
func (r *reader) choice(n *syntax.Node, what string, words ...string) (string, bool) {
	for _, w := range words {
		if n.Kind == syntax.Scalar && n.Tag == "" && n.Value == w && (n.Type == syntax.String || w == "off") {
			return w, true
		}
	}
	near := ""
	if n.Kind == syntax.Scalar {
		near = nearest(n.Value, words)
	}
	if near != "" {
		r.fail(n, "%s %q is unknown: did you mean %q?", what, shorten(n.Value), near)
	} else {
		r.fail(n, "%s is none of %s", what, strings.Join(words, ", "))
	}
	return "", false
}

// kindOf names what a node is, for messages.
func kindOf(n *syntax.Node) string {
	switch {
	case n.Kind == syntax.Alias:
		return "an alias, which is not followed"
	case n.Kind == syntax.Mapping:
		return "a mapping"
	case n.Kind == syntax.Sequence:
		return "a list"
	case n.Tag != "":
		return "tagged " + shorten(n.Tag)
	case n.Type == syntax.Null:
		return "empty"
	case n.Type == syntax.Number:
		return "a number to YAML"
	case n.Type == syntax.Bool:
		return "a boolean to YAML"
	}
	return "a string"
}

// shorten cuts a text for a message.
func shorten(s string) string {
	const most = 100 // bytes: enough to recognise it
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
