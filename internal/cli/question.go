package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// question is one request with the policies that decide it.
type question struct {
	id       json.RawMessage
	policy   document
	identity []document
	account  string
	key      string

	principal, action string
	context           map[string][]string
}

// document is a value of a parsed file: a whole file, or a part of a line of a batch.
type document struct {
	file *syntax.File
	node *syntax.Node
}

// openDocument reads a file that is one policy.
func openDocument(name string) (document, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return document{}, err
	}
	f, err := syntax.ParseJSON(name, data)
	if err != nil {
		return document{}, err
	}
	return document{f, f.Root()}, nil
}

// wrong is an error at a node of the document.
func (d document) wrong(n *syntax.Node, format string, args ...any) error {
	if n == nil {
		n = d.node
	}
	return &syntax.Error{File: d.file.Name, Position: d.file.Position(n.Span.Start), Message: fmt.Sprintf(format, args...)}
}

// readQuestion reads a line of a batch.
func readQuestion(line []byte) (*question, error) {
	f, err := syntax.ParseJSON("", line)
	if err != nil {
		return nil, err
	}
	d := document{f, f.Root()}
	q := &question{context: map[string][]string{}}
	var request *syntax.Node
	err = d.each("a question", d.node, map[string]func(*syntax.Node) error{
		"id":       func(n *syntax.Node) error { q.id = json.RawMessage(f.Text(n.Span)); return nil },
		"policy":   func(n *syntax.Node) error { q.policy = document{f, n}; return nil },
		"identity": func(n *syntax.Node) error { return d.policies(n, &q.identity) },
		"account":  func(n *syntax.Node) error { return d.text("account", n, &q.account) },
		"key":      func(n *syntax.Node) error { return d.text("key", n, &q.key) },
		"request":  func(n *syntax.Node) error { request = n; return nil },
	})
	if err != nil || request == nil {
		return q, err
	}
	var context *syntax.Node
	err = d.each("request", request, map[string]func(*syntax.Node) error{
		"principal": func(n *syntax.Node) error { return d.text("principal", n, &q.principal) },
		"action":    func(n *syntax.Node) error { return d.text("action", n, &q.action) },
		"context":   func(n *syntax.Node) error { context = n; return nil },
	})
	if err != nil || context == nil {
		return q, err
	}
	if context.Kind != syntax.Mapping {
		return q, d.wrong(context, "context is %s; write an object of context keys with their values", kindOf(context))
	}
	for _, m := range context.Members {
		if slices.Contains(f.Duplicates, m.Key) {
			return q, d.wrong(m.Key, "%q is there twice; write it once", m.Key.Value)
		}
		if q.context[m.Key.Value], err = d.values(m.Key.Value, m.Value); err != nil {
			return q, err
		}
	}
	return q, nil
}

// each gives the members of an object to who reads them; null is an absent one.
func (d document) each(what string, n *syntax.Node, read map[string]func(*syntax.Node) error) error {
	var names []string
	for name := range read {
		names = append(names, name)
	}
	slices.Sort(names)
	list := strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	if n.Kind != syntax.Mapping {
		return d.wrong(n, "%s is %s; write an object with %s", what, kindOf(n), list)
	}
	for _, m := range n.Members {
		switch member := read[m.Key.Value]; {
		case member == nil:
			return d.wrong(m.Key, "%q is not known; %s has %s", m.Key.Value, what, list)
		case slices.Contains(d.file.Duplicates, m.Key):
			return d.wrong(m.Key, "%q is there twice; write it once", m.Key.Value)
		case m.Value.Kind == syntax.Scalar && m.Value.Type == syntax.Null:
		default:
			if err := member(m.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d document) policies(n *syntax.Node, into *[]document) error {
	if n.Kind != syntax.Sequence {
		return d.wrong(n, "identity is %s; write a list of IAM policies", kindOf(n))
	}
	for _, item := range n.Items {
		*into = append(*into, document{d.file, item})
	}
	return nil
}

func (d document) text(what string, n *syntax.Node, into *string) error {
	if n.Kind != syntax.Scalar || n.Type != syntax.String {
		return d.wrong(n, "%s is %s; write a string, in quotes", what, kindOf(n))
	}
	*into = n.Value
	return nil
}

// values reads the values of a context key; a string alone is a list of one.
func (d document) values(key string, n *syntax.Node) ([]string, error) {
	items := n.Items
	if n.Kind != syntax.Sequence {
		items = []*syntax.Node{n}
	}
	values := make([]string, len(items))
	for i, item := range items {
		if item.Kind != syntax.Scalar || item.Type != syntax.String {
			return nil, d.wrong(item, "a value of %q is %s; write a string or a list of strings", key, kindOf(item))
		}
		values[i] = item.Value
	}
	return values, nil
}

// kindOf names what a node is.
func kindOf(n *syntax.Node) string {
	switch {
	case n.Kind == syntax.Mapping:
		return "an object"
	case n.Kind == syntax.Sequence:
		return "a list"
	}
	switch n.Type {
	case syntax.String:
		return "a string"
	case syntax.Bool:
		return "true or false"
	case syntax.Null:
		return "null"
	}
	return "a number"
}
