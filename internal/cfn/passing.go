package cfn

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// passing is what the parents of a nested stack's template give to its parameters. [Join] finds it and keeps it in the
// [Repository], so that the template means the same whenever it is read again.
type passing struct {
	names  *policy.Symbols    // of the texts
	values map[string]*passed // by parameter
	// together has, for two parameters, the texts that one parent passes at once; nil where that was too much to work out.
	together map[pairOfValues]bool
}

// passed is what all parents give to one parameter.
type passed struct {
	texts   []string // each once, in the order of the parents
	open    bool     // a parent passes something of which nothing in the repository tells the value
	omitted bool     // a parent leaves it to the Default
}

type pairOfValues struct{ parameter, value, other, otherValue string }

func (r *Repository) passingTo(place string) *passing {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.passed[place]
}

func (r *Repository) setPassing(place string, p *passing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case p == nil:
		delete(r.passed, place)
	case r.passed == nil:
		r.passed = map[string]*passing{place: p}
	default:
		r.passed[place] = p
	}
}

// stackSetPassing is what a stack set gives to the parameters of the template inside it: its Parameters, and other values for some
// accounts. Only plain texts count: the stacks are of other accounts, where AWS::AccountId is not the template's own.
func (t *Template) stackSetPassing(r *resource) *passing {
	p := &passing{names: &policy.Symbols{}, values: map[string]*passed{}}
	add := func(list *syntax.Node) {
		for _, n := range oneOrMore(list) {
			key, value := n.Get("ParameterKey"), n.Get("ParameterValue")
			if key == nil || value == nil {
				continue
			}
			v := p.values[key.Value]
			if v == nil {
				v = &passed{}
				p.values[key.Value] = v
			}
			for _, a := range alternatives(t.newWork(t.account(), "aws").in(r.loops).value(value)) {
				if s := deployed(a.value); a.value.Kind == policy.Text && !policy.HasSymbol(s) {
					if !slices.Contains(v.texts, s) {
						v.texts = append(v.texts, s)
					}
				} else {
					v.open = true
				}
			}
		}
	}
	add(r.properties.Get("Parameters"))
	for _, group := range oneOrMore(r.properties.Get("StackInstancesGroup")) {
		add(group.Get("ParameterOverrides"))
	}
	return p
}

// isWhole tells whether the template is a file of its own, as the template of a nested stack is.
func (t *Template) isWhole() bool { return t.Name == "" && t.outer == nil }

// takePassed makes what the parents pass the values of the parameters. A nested template of a CDK assembly is deployed by its
// parents alone; any other may be deployed as it is too, so Defaults and parameter files stay possible.
func (t *Template) takePassed() {
	p := t.passing // of a stack set's template
	if t.isWhole() {
		p = t.opt.Repository.passingTo(t.place())
	}
	if t.passing = p; p == nil {
		return
	}
	for _, q := range t.parameters {
		if v := p.values[q.name]; v != nil && !q.stored() {
			t.domains[q.name].pass(t, q, v, t.nestedIn)
		}
	}
}

// pass narrows the domain of a parameter to what parents pass, and to what else the repository shows; only leaves the latter out.
func (d *domain) pass(t *Template, p *parameter, v *passed, only bool) {
	values, own := []string{}, slices.Clone(d.values)
	texts := map[string]string{}
	for _, s := range v.texts {
		label := t.passing.names.Show(s)
		if policy.HasSymbol(s) {
			texts[label] = t.renamed(t.passing.names, s)
		}
		values = append(values, label)
	}
	if !d.open { // AllowedValues: anything else does not deploy
		if allowed := slices.DeleteFunc(values, func(s string) bool { return !d.many && !slices.Contains(d.values, s) }); only && !v.open && !v.omitted && len(allowed) > 0 {
			d.values, d.many = allowed, false
		}
		return
	}
	switch {
	case !only:
		values = append(slices.Clone(own), values...)
	case v.omitted && p.initial != nil:
		values = append(values, *p.initial)
	default:
		own = nil
	}
	if len(values) == 0 {
		return
	}
	d.values, d.own, d.open, d.texts = nil, own, v.open, texts
	for _, s := range values {
		d.add(s)
	}
	if len(d.values) > maxAlternatives {
		d.values, d.many = nil, true
	}
}

// renamed writes a text of another table of symbols in the template's own.
func (t *Template) renamed(from *policy.Symbols, s string) string {
	var b strings.Builder
	for _, r := range s {
		if policy.IsSymbol(r) {
			b.WriteString(t.Symbols.Rune(from.Show(string(r))))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// domainText is a value of the domain as a text: its account is the key's own where a parent wrote AWS::AccountId, for a nested
// stack is of its parent's account.
func (w *work) domainText(d *domain, value string) string {
	s, ok := d.texts[value]
	if !ok {
		return value
	}
	if account := w.t.Symbols.Rune(policy.AccountSymbol); strings.Contains(s, account) {
		*w.usesAccount = true
		s = strings.ReplaceAll(s, account, w.own)
	}
	if rest, ok := strings.CutPrefix(s, "arn:aws:"); ok {
		s = "arn:" + w.partition + ":" + rest
	}
	return s
}

// ties are the combinations of two parameters' values that no parent passes. Values that something else than a parent gives
// go with everything.
func (t *Template) ties(names map[string]bool) []policy.Guard {
	if t.passing == nil || t.passing.together == nil {
		return nil
	}
	var all []policy.Guard
	var bound []string
	for name := range names {
		if t.passing.values[name] != nil {
			bound = append(bound, name)
		}
	}
	slices.Sort(bound)
	size := 0
	for _, name := range bound {
		size += len(t.passing.values[name].texts)
	}
	if size*size > maxSteps {
		return nil // too much to rule out
	}
	for i, a := range bound {
		for _, b := range bound[i+1:] {
			for _, x := range t.onlyPassed(a) {
				for _, y := range t.onlyPassed(b) {
					if !t.passing.together[pairOfValues{a, x, b, y}] {
						all = append(all, policy.Guard{a: x, b: y})
					}
				}
			}
		}
	}
	return all
}

// onlyPassed lists the values of a parameter that nothing but a parent gives it.
func (t *Template) onlyPassed(name string) []string {
	var all []string
	d := t.domains[name]
	for _, s := range t.passing.values[name].texts {
		label := t.passing.names.Show(s)
		if slices.Contains(d.values, label) && !slices.Contains(d.own, label) {
			all = append(all, label)
		}
	}
	return all
}

// Binds tells whether the parents of a nested stack give values to the template's parameters.
func (r *Repository) Binds(t *Template) bool { return r.passingTo(t.place()) != nil }
