package cfn

import (
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// passDown finds what parents pass to the templates of their nested stacks, parents first, and reads those templates again.
func (x *Index) passDown() {
	for _, original := range x.Templates {
		x.pass(original)
	}
}

// pass binds the parameters of one template, those of its parents before. A template that is nested in itself is bound to what
// is known until then; CloudFormation never finishes such a stack.
func (x *Index) pass(original *Template) {
	t := x.shadows[original]
	if x.passedTo[t] || !t.isWhole() {
		return
	}
	x.passedTo[t] = true
	if len(x.parents[t]) == 0 {
		t.opt.Repository.setPassing(t.place(), nil)
		return
	}
	for _, p := range x.parents[t] {
		x.pass(x.originals[p.t])
	}
	b := &binding{x: x, child: t, passing: &passing{names: &policy.Symbols{}, values: map[string]*passed{}, together: map[pairOfValues]bool{}}}
	for _, p := range x.parents[t] {
		b.parent(p)
	}
	t.opt.Repository.setPassing(t.place(), b.passing)
	x.meanings[t] = b.meanings
	x.order = append(x.order, t)
	*t = *original.shadow()
	original.readAgain()
}

// readAgain reads a template anew, with what has become known. Its keys stay the same pointers.
func (t *Template) readAgain() {
	opt := t.opt
	opt.Symbols = t.Symbols
	again := newTemplate(t.File, t.Root, opt)
	again.Name = t.Name
	again.read()
	before := map[string]*Key{}
	for _, k := range t.Keys {
		before[k.ID] = k
	}
	for i, k := range again.Keys {
		k.In = t
		if o := before[k.ID]; o != nil {
			*o = *k
			again.Keys[i] = o
		}
	}
	*t = *again
}

// binding gathers what the parents pass to one template.
type binding struct {
	x        *Index
	child    *Template
	passing  *passing
	meanings []boundText
	steps    int // of telling what goes together
}

// boundText is a text that was passed, in the passing's symbols, with what it means in the template that it comes from.
type boundText struct {
	text string
	from meaning
}

// parent adds what one nested stack's resource passes.
func (b *binding) parent(p parentStack) {
	w := p.t.newWork(p.t.account(), "aws").in(p.resource.loops)
	all := []alternative{{nil, &policy.Value{Kind: policy.Object}}}
	if n := p.resource.properties.Get("Parameters"); n != nil {
		all = alternatives(w.value(n))
	}
	if all == nil {
		b.tooMany()
	}
	for _, a := range all {
		b.parameters(p.t, a)
	}
}

// tooMany gives up telling which values go together.
func (b *binding) tooMany() { b.passing.together = nil }

// row is what the parameters have in some of the parent's environments.
type row struct {
	when   policy.Guard
	values map[string]string
}

// parameters adds what one mapping of parameters passes.
func (b *binding) parameters(parent *Template, a alternative) {
	rows := []row{{a.when, nil}}
	over := false
	for _, name := range slices.Sorted(maps.Keys(b.child.parameters)) {
		q := b.child.parameters[name]
		v := b.passing.values[q.name]
		if v == nil {
			v = &passed{}
			b.passing.values[q.name] = v
		}
		member := a.value.Get(q.name)
		if a.value.Kind != policy.Object {
			v.open = true
			continue
		}
		if member == nil {
			v.omitted = true
			continue
		}
		options := alternatives(member)
		if options == nil {
			v.open = true
			continue
		}
		var next []row
		for _, o := range options {
			label := b.value(parent, v, o.value)
			for _, r := range rows {
				b.steps += len(r.values) + 1
				if over = over || len(next) > maxCombinations || b.steps > maxSteps; over {
					break
				}
				if both, ok := r.when.And(o.when); ok {
					next = append(next, r.with(both, q.name, label))
				}
			}
		}
		rows = next
	}
	if over {
		b.tooMany()
		return
	}
	for _, r := range rows {
		b.rows(r)
	}
}

// with adds a parameter's value to a row; "" where it is not known.
func (r row) with(when policy.Guard, name, value string) row {
	more := map[string]string{}
	for k, v := range r.values {
		more[k] = v
	}
	if value != "" {
		more[name] = value
	}
	return row{when, more}
}

func (b *binding) rows(r row) {
	if b.passing.together == nil {
		return
	}
	if b.steps += len(r.values) * len(r.values); b.steps > maxSteps {
		b.tooMany()
		return
	}
	for name, value := range r.values {
		for other, otherValue := range r.values {
			if name < other {
				b.passing.together[pairOfValues{name, value, other, otherValue}] = true
			}
		}
	}
}

// value adds one value of a parameter and returns how it is called, "" where it is not known.
func (b *binding) value(parent *Template, v *passed, value *policy.Value) string {
	switch value.Kind {
	case policy.Absent:
		v.omitted = true
		return ""
	case policy.List:
		parts := make([]string, len(value.Items))
		for i, item := range value.Items {
			if item.Kind != policy.Text {
				v.open = true
				return ""
			}
			parts[i] = deployed(item)
		}
		value = text(value.Node, strings.Join(parts, ","))
	case policy.Text:
	default:
		v.open = true
		return ""
	}
	m := b.x.resolve(meaning{parent, deployed(value)})
	if name, lone := m.t.loneSymbol(m.text); lone && !b.x.tells(m.t, name) {
		v.open = true
		return ""
	}
	s := b.x.write(m.t, b.passing.names, b.child, m.text)
	for _, known := range v.texts {
		if known == s {
			return b.passing.names.Show(s)
		}
	}
	if len(v.texts) > maxAlternatives {
		return "" // the parameter has too many values to be worked out already
	}
	v.texts = append(v.texts, s)
	b.meanings = append(b.meanings, boundText{s, m})
	return b.passing.names.Show(s)
}

// tells tells whether a symbol names something of the template or of AWS, and is not merely a value that nothing fixes.
func (x *Index) tells(t *Template, name string) bool {
	resource, _, _ := strings.Cut(name, ".")
	return strings.HasPrefix(name, "AWS::") || t.resources[resource] != nil || t.impliedRole(resource) != "" || x.moves["${"+name+"}"]
}

// readPassedKeys lets the ARNs of keys that parents pass stand for those keys in the templates of nested stacks.
func (x *Index) readPassedKeys() {
	for _, t := range x.order {
		w := t.newWork(t.account(), "aws")
		for _, b := range x.meanings[t] {
			inChild := w.domainText(&domain{texts: map[string]string{"": t.renamed(t.passing.names, b.text)}}, "")
			if k := x.keyTexts[b.from.t][b.from.text]; k != nil {
				x.keyTexts[t][inChild] = k
			}
			// Its id alone: the ARN is written around it.
			arn := func(t *Template, id string) string {
				return t.newWork(t.account(), "aws").arn("kms", t.Symbols.Rune("${AWS::Region}"), "key/"+id)
			}
			if k := x.keyTexts[b.from.t][arn(b.from.t, b.from.text)]; k != nil {
				x.keyTexts[t][arn(t, inChild)] = k
			}
		}
	}
}
