package cfn

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// openList is a list of which neither the length nor an item is known: one symbol stands for all of it.
func (w *work) openList(n *syntax.Node, name string) *policy.Value {
	v := &policy.Value{Kind: policy.List, Node: n, Items: []*policy.Value{w.symbol(n, name)}}
	w.t.open[v.Items[0]] = name
	return v
}

// openName returns the name of an open list, "" for any other value.
func (w *work) openName(v *policy.Value) string {
	if v.Kind == policy.List && len(v.Items) == 1 {
		return w.t.open[v.Items[0]]
	}
	return ""
}

// argument works the argument of a one-argument function out.
func (w *work) argument(c call) *policy.Value {
	if c.short() {
		return w.plain(c.arg, c.node)
	}
	return w.value(c.arg)
}

func (w *work) join(c call) *policy.Value {
	items := c.items()
	if len(items) != 2 {
		return unknown(c.node, "Fn::Join without a delimiter and a list")
	}
	delimiter := w.value(items[0])
	if delimiter.Kind != policy.Text {
		return unknown(c.node, "Fn::Join with a delimiter that is no plain string")
	}
	return each(c.node, w.value(items[1]), func(list *policy.Value) *policy.Value {
		if list.Kind != policy.List {
			return unknown(c.node, "Fn::Join of something that is no list")
		}
		if len(list.Items) > maxItems {
			return unknown(c.node, fmt.Sprintf("Fn::Join of over %d items", maxItems))
		}
		return w.concatenate(c.node, "Fn::Join", delimiter.Text, list.Items)
	})
}

func (w *work) split(c call) *policy.Value {
	items := c.items()
	if len(items) != 2 {
		return unknown(c.node, "Fn::Split without a delimiter and a string")
	}
	delimiter := w.value(items[0])
	if delimiter.Kind != policy.Text || delimiter.Text == "" {
		return unknown(c.node, "Fn::Split with a delimiter that is no plain string")
	}
	return each(c.node, w.value(items[1]), func(s *policy.Value) *policy.Value {
		if s.Kind != policy.Text {
			return unknown(c.node, "Fn::Split of something that is no string")
		}
		// A symbol may hold the delimiter, unless its place in an ARN or its kind forbids it.
		if name, ok := w.t.loneSymbol(s.Text); ok && !isPlainPseudo(name) {
			return w.openList(c.node, "Split "+strconv.Quote(delimiter.Text)+" "+name)
		}
		parts := strings.Split(s.Text, delimiter.Text)
		if len(parts) > maxItems {
			return unknown(c.node, fmt.Sprintf("Fn::Split into over %d items", maxItems))
		}
		v := &policy.Value{Kind: policy.List, Node: c.node}
		for _, p := range parts {
			v.Items = append(v.Items, text(c.node, p))
		}
		return v
	})
}

// isPlainPseudo tells whether the symbol is one that holds no delimiter worth splitting at.
func isPlainPseudo(name string) bool {
	switch name {
	case "AWS::AccountId", "AWS::StackName":
		return true
	}
	return false
}

// loneSymbol returns the name of the symbol that is the whole text.
func (t *Template) loneSymbol(s string) (string, bool) {
	runes := []rune(s)
	if len(runes) != 1 || !policy.IsSymbol(runes[0]) {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimPrefix(t.Symbols.Show(s), "${"), "}"), true
}

func (w *work) selectCall(c call) *policy.Value {
	items := c.items()
	if len(items) != 2 {
		return unknown(c.node, "Fn::Select without an index and a list")
	}
	indices, list := w.value(items[0]), w.value(items[1])
	return each(c.node, list, func(list *policy.Value) *policy.Value {
		return each(c.node, indices, func(index *policy.Value) *policy.Value {
			return w.pick(c.node, index, list)
		})
	})
}

func (w *work) pick(n *syntax.Node, index, list *policy.Value) *policy.Value {
	if list.Kind != policy.List || index.Kind != policy.Text {
		return unknown(n, "Fn::Select of something that is no list")
	}
	if name := w.openName(list); name != "" {
		return w.symbol(n, "Select "+w.t.Symbols.Show(index.Text)+" "+name)
	}
	i, err := strconv.Atoi(strings.TrimSpace(index.Text))
	if err != nil || i < 0 || i >= len(list.Items) {
		return unknown(n, "Fn::Select of index "+w.t.Symbols.Show(index.Text))
	}
	return list.Items[i]
}

func (w *work) length(c call) *policy.Value {
	return each(c.node, w.argument(c), func(list *policy.Value) *policy.Value {
		if list.Kind != policy.List {
			return unknown(c.node, "Fn::Length of something that is no list")
		}
		if name := w.openName(list); name != "" {
			return w.symbol(c.node, "Length "+name)
		}
		v := text(c.node, strconv.Itoa(len(list.Items)))
		v.Type = syntax.Number
		return v
	})
}

func (w *work) base64(c call) *policy.Value {
	return each(c.node, w.argument(c), func(s *policy.Value) *policy.Value {
		if s.Kind != policy.Text || policy.HasSymbol(s.Text) {
			return w.symbol(c.node, w.describe(c))
		}
		return text(c.node, base64.StdEncoding.EncodeToString([]byte(s.Text)))
	})
}
