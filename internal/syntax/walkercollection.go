package syntax

import "go.yaml.in/yaml/v4"

// within returns the context of the children of a collection that starts at pos.
func (w *walker) within(c context, flow bool) (context, error) {
	if c.depth >= maxDepth {
		return c, w.file.errorAt(w.pos, "values nest deeper than %d levels and were not read", maxDepth)
	}
	c.depth++
	if c.flow = c.flow || flow; !c.flow {
		c.indent = w.column()
	}
	return c, nil
}

func (w *walker) mapping(n *Node, y *yaml.Node, c context) error {
	n.Kind, n.Style = Mapping, Block
	braces := false
	if y.Style&yaml.FlowStyle != 0 {
		n.Style = Flow
		braces = w.peek() == '{' // else an implicit pair: [a: b]
	}
	c, err := w.within(c, n.Style == Flow)
	if err != nil {
		return err
	}
	if braces {
		w.pos++
	}
	n.Members = make([]Member, 0, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		w.between(braces)
		m, err := w.member(y.Content[i], y.Content[i+1], c)
		if err != nil {
			return err
		}
		n.Members = append(n.Members, m)
	}
	if braces {
		w.between(true)
		if w.peek() != '}' {
			return w.lost("end of the mapping")
		}
		w.pos++
	}
	w.file.findDuplicates(n)
	return nil
}

// member reads "key: value", "? key : value" and what is left of them where key or value are empty.
func (w *walker) member(key, value *yaml.Node, c context) (m Member, err error) {
	column, explicit := w.column(), false
	if w.peek() == '?' && w.blankAt(w.pos+1) {
		explicit = true
		w.pos++
	}
	if m.Key, err = w.node(key, c); err != nil {
		return m, err
	}
	end, line := w.pos, w.line
	w.trivia()
	// In block style an explicit key without a value may stand before the ":" of an outer one.
	if w.peek() == ':' && (!explicit || c.flow || w.column() == column) {
		w.pos++
	} else {
		w.pos, w.line = end, line
	}
	m.Value, err = w.node(value, c)
	return m, err
}

func (w *walker) sequence(n *Node, y *yaml.Node, c context) error {
	n.Kind, n.Style = Sequence, Block
	flow := y.Style&yaml.FlowStyle != 0
	c, err := w.within(c, flow)
	if err != nil {
		return err
	}
	if flow {
		n.Style = Flow
		if w.peek() != '[' {
			return w.lost("sequence")
		}
		w.pos++
	}
	n.Items = make([]*Node, 0, len(y.Content))
	for _, child := range y.Content {
		w.between(flow)
		if !flow {
			if w.peek() != '-' {
				return w.lost("item of the sequence")
			}
			w.pos++
		}
		item, err := w.node(child, c)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	if flow {
		w.between(true)
		if w.peek() != ']' {
			return w.lost("end of the sequence")
		}
		w.pos++
	}
	return nil
}

// between skips what separates two children.
func (w *walker) between(commas bool) {
	for w.trivia(); commas && w.peek() == ','; w.trivia() {
		w.pos++
	}
}
