package cfn

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// condition is one entry of the Conditions section: a dimension with the values "true" and "false" that is tied to the
// parameters and conditions it is made of by the combinations that no deployment has (decision-procedure.md §5).
type condition struct {
	name       string
	node       *syntax.Node
	loops      map[string]string
	dimension  string
	constant   string   // "true" or "false" where it is the same in every environment
	obstacle   string   // what stops the reading, "" where it is read
	variables  []string // the dimensions it depends on, sorted
	impossible []policy.Guard
	done, open bool
}

// readConditions notes the conditions; they are worked out when they are asked for.
func (t *Template) readConditions(section *syntax.Node) {
	if section == nil || section.Kind != syntax.Mapping {
		return
	}
	for _, e := range t.entries(section) {
		if t.conditions[e.key] != nil {
			continue
		}
		c := &condition{name: e.key, node: e.value, dimension: t.conditionName(e.key), loops: e.loops}
		t.conditions[e.key], t.byDimension[c.dimension] = c, c
	}
}

// conditionName is the dimension of a condition: parameters and conditions have names of their own.
func (t *Template) conditionName(name string) string {
	if t.domains[name] != nil {
		return name + " (condition)"
	}
	return name
}

// condition returns the condition with the name, tabled.
func (t *Template) condition(name string) *condition {
	c := t.conditions[name]
	if c == nil {
		// Another file may define it, to be merged before the template is deployed: both branches are seen.
		c = &condition{name: name, dimension: t.conditionName(t.Symbols.Show(name)), done: true}
		t.conditions[name], t.byDimension[c.dimension] = c, c
	}
	switch {
	case c.open:
		c.obstacle = "condition " + c.name + ", which depends on itself"
	case !c.done:
		c.open = true
		t.table(c)
		c.open, c.done = false, true
	}
	return c
}

// table finds for every combination of what the condition depends on whether it is true, false or either.
func (t *Template) table(c *condition) {
	w := t.newWork(t.account(), "aws")
	w.vary, w.loops = true, c.loops
	f := w.formula(c.node)
	if c.obstacle != "" {
		return
	}
	if f.obstacle() != "" {
		c.obstacle = "condition " + c.name + ": " + f.obstacle()
		return
	}
	var names []string
	f.variables(&names)
	slices.Sort(names)
	c.variables = slices.Compact(names)
	rows, ok := t.combinations(c.variables)
	if !ok {
		c.obstacle = fmt.Sprintf("condition %s over %d combinations", c.name, maxCombinations)
		return
	}
	results := make([]truth, len(rows))
	same := true
	for i, row := range rows {
		results[i] = f.value(row)
		same = same && results[i] == results[0]
	}
	if same && results[0] != either {
		c.constant = results[0].String()
		return
	}
	c.impossible = generalize(rows, results, c)
}

// combinations lists the values that the dimensions can have together.
func (t *Template) combinations(names []string) ([]policy.Guard, bool) {
	rows := []policy.Guard{{}}
	for _, name := range names {
		values := t.dimension(name).Values
		if len(rows)*len(values) > maxCombinations {
			return nil, false
		}
		var next []policy.Guard
		for _, row := range rows {
			for _, v := range values {
				longer := maps.Clone(row)
				longer[name] = v
				next = append(next, longer)
			}
		}
		rows = next
	}
	return rows, true
}

// generalize turns rows into the guards that are impossible, leaving out of each what does not matter.
func generalize(rows []policy.Guard, results []truth, c *condition) []policy.Guard {
	var all []policy.Guard
	covered := make([]bool, len(rows))
	for i, row := range rows {
		if results[i] == either || covered[i] {
			continue
		}
		wide := maps.Clone(row)
		for _, name := range c.variables {
			value := wide[name]
			delete(wide, name)
			for j, other := range rows {
				if results[j] != results[i] && within(other, wide) {
					wide[name] = value
					break
				}
			}
		}
		for j, other := range rows {
			covered[j] = covered[j] || within(other, wide)
		}
		wide[c.dimension] = results[i].not().String()
		all = append(all, wide)
	}
	return all
}

// within tells whether the guard holds in the environment.
func within(environment, guard policy.Guard) bool {
	for k, v := range guard {
		if w, ok := environment[k]; !ok || w != v { // "" is a value too
			return false
		}
	}
	return true
}
