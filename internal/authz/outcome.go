package authz

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// outcome says how some tests on one key can all hold. Outcomes form a graph: adding a test to one leads to the next.
type outcome struct {
	key      *key
	literals []literal // sorted
	absent   bool      // by the key's absence
	present  bool      // by a value
	values   []string  // such values, where present and not assumed
	assumed  bool      // present without a value, as surely there is one
	// unsure says why presence could not be decided; then present is true and there are no values.
	unsure string
	cost   int // product states that it took
	asked  int // the question to which they were counted last
	next   map[literal]*outcome
}

// visitsPerOutcome is what an outcome counts beside its tests: it takes about as long as so many visits.
const visitsPerOutcome = 16

// add returns the outcome with one more test. Its cost is bounded by the budget of globs, and is counted once in every
// question, whether it was remembered or not, so that answers do not depend on the questions before.
func (e *Engine) add(o *outcome, l literal) *outcome {
	n, ok := o.next[l]
	if !ok {
		n = e.extend(o, l)
		if o.next == nil {
			o.next = map[literal]*outcome{}
		}
		o.next[l] = n
	}
	if n.asked != e.asked {
		n.asked = e.asked
		e.states -= n.cost
		e.visits -= visitsPerOutcome + len(n.literals)
	}
	return n
}

func (e *Engine) extend(o *outcome, l literal) *outcome {
	at, have := slices.BinarySearch(o.literals, l)
	if have {
		return o
	}
	n := &outcome{key: o.key, literals: slices.Insert(slices.Clone(o.literals), at, l)}
	if _, opposite := slices.BinarySearch(o.literals, -l); opposite || !o.absent && !o.present {
		return n
	}
	id := make([]byte, 0, 4*len(n.literals)+4)
	for _, l := range append([]literal{literal(o.key.id)}, n.literals...) {
		id = append(id, byte(l), byte(l>>8), byte(l>>16), byte(l>>24))
	}
	if known, ok := e.tests.known[string(id)]; ok {
		return known
	}
	e.decide(n)
	e.tests.known[string(id)] = n
	return n
}

// solved returns the outcome with a value.
func (e *Engine) solved(o *outcome) *outcome {
	if o.assumed {
		e.decide(o)
		o.assumed = false
	}
	return o
}

// decide works an outcome out (decision-procedure.md §3, small-model theorem).
func (e *Engine) decide(o *outcome) {
	o.absent = true
	every := []values{o.key.domain} // that every value must lie in
	var some []values               // each of which needs a value
	for _, l := range o.literals {
		t := e.tests.get(l)
		o.absent = o.absent && t.absent
		if !t.many || t.all {
			every = append(every, t.values)
		} else {
			some = append(some, t.values)
		}
	}
	if len(some) == 0 {
		some = []values{anyValue}
	}
	o.present = true
	budget := newBudget()
	for _, s := range some {
		v, ok, sure, why := member(append(every[:len(every):len(every)], s), o.key.whole(), budget)
		switch {
		case !sure:
			o.unsure = why
		case !ok:
			o.present, o.values, o.unsure = false, nil, ""
			o.cost = budget.Used() - 1
			return
		default:
			o.values = appendNew(o.values, v)
			if why := e.unclear(o, v); why != "" {
				o.unsure = why
			}
		}
	}
	// What a plain question costs is no state: the budget is for those that need automata.
	o.cost = budget.Used() - 1
	if o.unsure != "" {
		o.values = nil
	}
}

// unclear says what is not known of a value beyond ASCII: what ? counts, and how letter case folds (semantics.md §4.2, §4.5).
func (e *Engine) unclear(o *outcome, value string) string {
	if !strings.ContainsFunc(value, func(r rune) bool { return r > 0x7F && !policy.IsSymbol(r) }) {
		return ""
	}
	for _, l := range o.literals {
		for _, a := range e.tests.get(l).values.atoms {
			switch {
			case a.kind != text || a.glob.MatchesAll():
			case strings.Contains(a.glob.String(), "?"):
				return "whether ? matches one character or one byte beyond ASCII (UNVERIFIED)"
			case a.glob.Fold().Equal(a.glob):
				return "how letter case folds beyond ASCII (UNVERIFIED)"
			}
		}
	}
	return ""
}

// holds tells whether a value that the key has alone meets all tests.
func (e *Engine) holds(o *outcome, value string) bool {
	if !o.key.domain.has(value) {
		return false
	}
	for _, l := range o.literals {
		if !e.tests.get(l).values.has(value) {
			return false
		}
	}
	return true
}
