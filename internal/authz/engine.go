package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// Budgets of one question, in counted steps, so that the same input gives the same answer on every machine (decision-procedure.md §1.8).
const (
	maxVisits = 300_000 // boxes looked at
	maxStates = 20_000  // product states of glob automata
)

// Engine answers questions about one policy, or about several of one key. It remembers what it worked out, so it is not
// for use by two goroutines at once.
type Engine struct {
	policies   []*policy.Policy
	own        string
	partition  string
	dimensions []policy.Dimension // of all policies
	accounts   []string           // that have cases of their own: the own one, and those that a policy names
	named      map[string]bool    // the same
	cases      []*situation
	tests      *tests
	compiled   map[boxesID][]box
	conditions map[*policy.Condition]compiled
	fitting    map[string]fitting
	// mentioned are the condition keys that a policy or a question speaks of, in order.
	mentioned []keyID
	// ties are boxes without requests: what keys that depend on each other never have, and what no deployment has.
	ties []box

	// empty holds the searches of this question that were long and found nothing.
	empty map[string]bool

	given  []literal // facts that nobody knows and that the question takes for granted
	asked  int       // counts questions
	visits int       // left of the question's budget
	states int       // the same
}

// New returns an engine for policies of one key: they have the same owner and their symbols come from one table. Its
// cost is linear in the accounts that the policies name; statements are compiled when a question needs them.
func New(policies ...*policy.Policy) *Engine {
	e := &Engine{policies: policies, own: policies[0].Own, partition: policies[0].Partition, tests: newTests(),
		compiled: map[boxesID][]box{}, conditions: map[*policy.Condition]compiled{}, fitting: map[string]fitting{}}
	e.dimensions = dimensions(policies)
	for _, d := range e.dimensions {
		e.tests.key(environment + d.Name).domain = oneOf(d.Values)
	}
	e.cases = e.situations()
	for _, p := range policies {
		for _, st := range p.Statements {
			for _, c := range st.Conditions {
				e.mention(c.Key)
				e.admit(c)
			}
		}
	}
	e.retie()
	return e
}

// dimensions joins the dimensions of the policies. A policy and its edited copy have the same.
func dimensions(policies []*policy.Policy) []policy.Dimension {
	var all []policy.Dimension
	at := map[string]int{}
	for _, p := range policies {
		for _, d := range p.Dimensions {
			i, ok := at[d.Name]
			if !ok {
				at[d.Name] = len(all)
				all = append(all, policy.Dimension{Name: d.Name, Values: d.Values})
				continue
			}
			values := all[i].Values
			all[i].Values = appendAll(values[:len(values):len(values)], d.Values)
		}
	}
	return all
}

// mention notes a condition key, and tells whether it is new.
func (e *Engine) mention(key string) bool {
	name := strings.ToLower(key)
	k := e.tests.key(canonical(name))
	if info, ok := kms.ConditionKey(key); ok && k.written == "" && name == k.name {
		k.written = info.Name
	}
	if k.mentioned {
		return false
	}
	k.mentioned = true
	e.mentioned = append(e.mentioned, k.id)
	return true
}

// admit adds the condition's values that hold symbols to what its key can be: a parameter may hold any value that the key has.
func (e *Engine) admit(c policy.Condition) {
	k := e.tests.key(canonical(strings.ToLower(c.Key)))
	if k.domain.except {
		return
	}
	for _, v := range c.Values {
		if policy.HasSymbol(v.Text) {
			k.domain.atoms = append(k.domain.atoms, atom{glob: glob.Wildcard(v.Text)})
		}
	}
}

// begin starts a question with a full budget.
func (e *Engine) begin() {
	e.asked++
	e.empty = nil
	e.visits, e.states = maxVisits, maxStates
}

func appendAll(all, more []string) []string {
	for _, s := range more {
		all = appendNew(all, s)
	}
	return all
}

func appendNew(all []string, s string) []string {
	for _, have := range all {
		if have == s {
			return all
		}
	}
	return append(all, s)
}
