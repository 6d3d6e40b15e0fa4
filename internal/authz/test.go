package authz

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
)

// Dimensions that are no condition keys. A role session's name and a service's name stand beside the caller's ARN.
const (
	arnKey     = "aws:principalarn"
	sessionKey = "@session"
	serviceKey = "@service"
)

// test is a condition on the value of one key. For a key with one value it holds where the key is absent if absent is
// set, and where its value lies in values. For a key with many, quantified says whether all or any of the values must lie in values (decision-procedure.md §3).
type test struct {
	key    string // lower case
	many   bool
	all    bool // of many: all values, else any
	absent bool
	values values
}

// not returns the test's complement; tests are closed under it.
func (t test) not() test {
	t.absent = !t.absent
	t.values = t.values.not()
	t.all = !t.all
	return t
}

// String identifies the test: equal strings, equal tests.
func (t test) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %t %t %t %t", t.key, t.many, t.all, t.absent, t.values.except)
	for _, a := range t.values.atoms {
		switch a.kind {
		case text:
			fmt.Fprintf(&b, " %q", a.glob.String())
		case address:
			fmt.Fprintf(&b, " %s", a.net)
		default:
			fmt.Fprintf(&b, " %d:%d:%s", a.kind, a.order, a.number.RatString())
		}
	}
	return b.String()
}

// literal is a test by number, from 1, or its complement by the negative number.
type literal int32

// tests numbers tests, so that states are short lists of integers and answers about one key can be remembered.
type tests struct {
	all   []test
	index map[string]literal
	// known remembers what [tests.solve] found.
	known map[string]outcome
}

func newTests() *tests { return &tests{index: map[string]literal{}, known: map[string]outcome{}} }

func (ts *tests) literal(t test) literal {
	s := t.String()
	if l, ok := ts.index[s]; ok {
		return l
	}
	ts.all = append(ts.all, t)
	l := literal(len(ts.all))
	ts.index[s] = l
	return l
}

func (ts *tests) get(l literal) test {
	if l < 0 {
		return ts.all[-l-1].not()
	}
	return ts.all[l-1]
}

func (ts *tests) key(l literal) string {
	if l < 0 {
		l = -l
	}
	return ts.all[l-1].key
}

// outcome says how the tests on one key can all hold.
type outcome struct {
	absent  bool     // by the key's absence
	present bool     // by a value
	values  []string // such values, where present
	unsure  string   // why presence could not be decided; then present is true and values are missing
}

// solve decides a conjunction of tests on one key. Its cost is bounded by the budget of globs.
func (e *Engine) solve(key string, ls []literal) outcome {
	id := make([]byte, 0, 4*len(ls)+len(key))
	for _, l := range ls {
		id = append(id, byte(l), byte(l>>8), byte(l>>16), byte(l>>24))
	}
	id = append(id, key...)
	if o, ok := e.tests.known[string(id)]; ok {
		return o
	}
	o := e.decide(key, ls)
	e.tests.known[string(id)] = o
	return o
}

func (e *Engine) decide(key string, ls []literal) outcome {
	o := outcome{absent: true}
	var every []values // that every value must lie in
	var some []values  // each of which needs a value
	for _, l := range ls {
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
	whole := false
	if k, ok := kms.ConditionKey(key); ok {
		whole = k.Type == "Numeric"
	}
	o.present = true
	every = append(every, domain(key))
	for _, s := range some {
		budget := e.globs()
		v, ok, sure, why := member(append(every[:len(every):len(every)], s), whole, budget)
		e.used(budget)
		switch {
		case !sure:
			o.unsure = why
		case !ok:
			return outcome{absent: o.absent}
		default:
			o.values = appendNew(o.values, v)
		}
	}
	return o
}

func appendNew(all []string, s string) []string {
	for _, have := range all {
		if have == s {
			return all
		}
	}
	return append(all, s)
}
