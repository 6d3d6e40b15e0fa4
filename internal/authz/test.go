package authz

import (
	"fmt"
	"strings"
)

// test is a condition on the value of one key. For a key with one value it holds where the key is absent if absent is
// set, and where its value lies in values. For a key with many, all says whether all or any of the values must lie in
// values (decision-procedure.md §3).
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
	t.all = t.many && !t.all
	return t
}

// String is the same for equal tests, and for few others.
func (t test) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %t %t %t", t.key, t.many, t.all, t.absent)
	for _, a := range t.values.atoms {
		switch a.kind {
		case text:
			b.WriteString(" " + a.glob.String())
		case address:
			b.WriteString(" " + a.net.String())
		default:
			fmt.Fprintf(&b, " %d:%d:%s", a.kind, a.order, a.number.RatString())
		}
	}
	return b.String()
}

// equal tells whether tests with equal strings are equal: their text does not show everything of a pattern.
func (t test) equal(u test) bool {
	if len(t.values.atoms) != len(u.values.atoms) {
		return false
	}
	for i, a := range t.values.atoms {
		if a.kind != u.values.atoms[i].kind || a.kind == text && !a.glob.Equal(u.values.atoms[i].glob) {
			return false
		}
	}
	return true
}

// literal is a test by number, from 1, or its complement by the negative number.
type literal int32

// tests numbers keys and tests, so that states are short lists of integers and answers about one key can be remembered.
type tests struct {
	ids   map[string]keyID
	keys  []*key
	all   []test
	of    []*key // of all, by index
	index map[string][]literal
	said  map[string]literal // what [tests.is] was asked for
	// known are the outcomes by key and tests.
	known map[string]*outcome
}

func newTests() *tests {
	return &tests{ids: map[string]keyID{}, index: map[string][]literal{}, said: map[string]literal{}, known: map[string]*outcome{}}
}

// literal numbers a test. A test and its complement have opposite numbers.
func (ts *tests) literal(t test) literal {
	t.all = t.all && t.many
	if t.values.except {
		return -ts.literal(t.not())
	}
	s := t.String()
	for _, l := range ts.index[s] {
		if ts.all[l-1].equal(t) {
			return l
		}
	}
	ts.all = append(ts.all, t)
	ts.of = append(ts.of, ts.key(t.key))
	l := literal(len(ts.all))
	ts.index[s] = append(ts.index[s], l)
	return l
}

func (ts *tests) get(l literal) test {
	if l < 0 {
		return ts.all[-l-1].not()
	}
	return ts.all[l-1]
}

// keyOf returns the key that a literal tests.
func (ts *tests) keyOf(l literal) *key {
	if l < 0 {
		l = -l
	}
	return ts.of[l-1]
}

// is is the test that a key has one of the values.
func (ts *tests) is(key string, all ...string) literal {
	id := key + "\x00" + strings.Join(all, "\x00")
	l, known := ts.said[id]
	if !known {
		l = ts.literal(test{key: key, values: oneOf(all)})
		ts.said[id] = l
	}
	return l
}

// present is the test that a request carries the key.
func (ts *tests) present(k *key) literal {
	return ts.literal(test{key: k.name, many: k.info.Multi, values: anyValue})
}

// doubt is the test that a fact holds which nobody knows. Facts with the same identity are the same: they hold in both
// of two policies or in neither.
func (ts *tests) doubt(identity, why string) literal {
	l := ts.is(doubt+identity, "true")
	ts.keyOf(l).why = why
	return l
}
