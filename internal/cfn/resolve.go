package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// maxLinks is how many templates a value is followed through: parameter of a nested stack, output, export, and on.
const maxLinks = 16

// readExports notes what the outputs of a template export.
func (x *Index) readExports(t *Template) {
	for _, o := range t.outputs {
		name, value := o.value.Get("Export").Get("Name"), o.value.Get("Value")
		if name == nil || value == nil {
			continue
		}
		w := t.newWork(t.account(), "aws").in(o.loops)
		n, v := w.value(name), w.value(value)
		if n.Kind != policy.Text || v.Kind != policy.Text {
			continue
		}
		shown := t.Symbols.Show(n.Text)
		if strings.Contains(shown, "${AWS::StackName}") {
			continue // a name that only the deployed stack knows
		}
		if _, twice := x.exports[shown]; twice {
			x.exports[shown] = nil // two templates export one name: never guess between two
			continue
		}
		x.exports[shown] = &meaning{t, v.Text}
	}
}

// output is the text of an output of a template.
func (t *Template) output(name string) (string, bool) {
	for _, o := range t.outputs {
		if o.key != name || o.value.Get("Value") == nil {
			continue
		}
		v := t.newWork(t.account(), "aws").in(o.loops).value(o.value.Get("Value"))
		return v.Text, v.Kind == policy.Text
	}
	return "", false
}

// resolve follows a text that is one symbol to what it means: the parameter of a nested stack to what the parent passes, an
// output to its value, an import to the export.
func (x *Index) resolve(m meaning) meaning {
	for range maxLinks {
		next, ok := x.step(m)
		if !ok {
			return m
		}
		m = next
	}
	return m
}

func (x *Index) step(m meaning) (meaning, bool) {
	name, ok := m.t.loneSymbol(m.text)
	if !ok {
		return m, false
	}
	if exported, ok := strings.CutPrefix(name, "ImportValue "); ok {
		if e := x.exports[exported]; e != nil {
			return *e, true
		}
		return m, false
	}
	if out, ok := strings.CutPrefix(name, "StackOutput "); ok {
		stack, output, _ := strings.Cut(out, ".")
		if ts := x.byStack[stack]; len(ts) == 1 {
			if s, ok := ts[0].output(output); ok {
				return meaning{ts[0], s}, true
			}
		}
		return m, false
	}
	if nested, output, ok := strings.Cut(name, ".Outputs."); ok {
		if child := x.children[m.t][nested]; child != nil {
			if s, ok := child.output(output); ok {
				return meaning{child, s}, true
			}
		}
		return m, false
	}
	if m.t.parameters[name] != nil && len(x.parents[m.t]) == 1 {
		p := x.parents[m.t][0]
		if n := p.resource.properties.Get("Parameters").Get(name); n != nil {
			v := p.t.newWork(p.t.account(), "aws").in(p.resource.loops).value(n)
			if v.Kind == policy.Text {
				return meaning{p.t, v.Text}, true
			}
		}
	}
	return m, false
}

// moved writes a text of a shadow in the symbols of a template. What is the same everywhere in a stack's account keeps its
// name; other names get the file in front, so that two templates' "${AppRole}" stay two.
func (x *Index) moved(from, to *Template, s string) string {
	return x.write(from, to.Symbols, x.shadows[to], s)
}

// write writes a text of a shadow in a table of symbols, for the template of the shadow home.
func (x *Index) write(from *Template, symbols *policy.Symbols, home *Template, s string) string {
	if !policy.HasSymbol(s) {
		return s
	}
	w := writing{x: x, symbols: symbols, home: home}
	w.write(from, s, 0)
	return w.text.String()
}

// writing is one text while it is written in the terms of another template.
type writing struct {
	x       *Index
	symbols *policy.Symbols
	home    *Template
	text    strings.Builder
	steps   int
}

// write adds a text of a template, following imports, outputs and parameters as far as the limits go: exports may refer to
// each other.
func (w *writing) write(from *Template, s string, depth int) {
	for _, r := range s {
		name := ""
		if policy.IsSymbol(r) {
			name = from.Symbols.Show(string(r))
		}
		switch {
		case name == "":
			w.text.WriteRune(r)
		case w.home == from:
			w.text.WriteString(w.symbols.Rune(name))
		default:
			w.steps++
			if depth < maxLinks && w.steps < maxItems {
				if m := w.x.resolve(meaning{from, string(r)}); m.t != from || m.text != string(r) {
					w.write(m.t, m.text, depth+1)
					continue
				}
			}
			w.text.WriteString(w.symbols.Rune(w.x.movedName(from, name)))
		}
	}
}

func (x *Index) movedName(from *Template, name string) string {
	switch name {
	case policy.AccountSymbol:
		if a, _ := from.knownAccount(); a != "" {
			return a
		}
		return name
	case "${AWS::Region}", "${AWS::Partition}", "${AWS::URLSuffix}":
		return name
	}
	if x.moves[name] || strings.HasPrefix(name, "${ImportValue ") || strings.HasPrefix(name, "{{resolve:") {
		return name
	}
	moved := "${" + from.place() + "#" + strings.TrimPrefix(name, "${")
	x.moves[moved] = true
	return moved
}

// foreign lists the identities of a template in the symbols of a key of another one. An identity whose account nothing tells
// is taken to be of the key's account: imports and nested stacks stay within one.
func (x *Index) foreign(t *Template, k *Key) *population {
	own := k.Account.ID
	if a, _ := t.knownAccount(); a != "" {
		own = a
	}
	key := foreignKey{t, k.In, own, k.Policy.Partition}
	if p, ok := x.foreignCache[key]; ok {
		return p
	}
	if x.foreignCache == nil {
		x.foreignCache = map[foreignKey]*population{}
	}
	if !isDigits(own) {
		own = t.account()
	}
	p := t.population(own, k.Policy.Partition).moved(k.In.Symbols, func(s string) string { return x.moved(t, k.In, s) })
	x.foreignCache[key] = p
	return p
}

type foreignKey struct {
	from, to       *Template
	own, partition string
}
