package glob

import (
	"math/bits"
	"slices"
	"strings"
)

// The product of decision-procedure.md §1.7 step 5. A state says where a string that is being built stands: for each
// element of All one position that it may have reached (one of several, a guess), and for None all positions that it
// may have reached. Three things keep the states few, and none of them loses a member:
//
//   - Local minterms. From a state only few runes need to be tried: those of the literals that come next in All,
//     those that a wildcard of None excludes, and one rune that no pattern names. Any other rune moves All as the
//     unnamed one does, and None at least as far.
//   - Antichain. A state whose None holds that of another with the same positions of All is dropped: what leads on
//     from it leads on from the other.
//   - Simulation. A state is dropped where a position of None takes every string that a position of All still allows.
//
// (Doyen and Raskin, "Antichain Algorithms for Finite Automata", TACAS 2010, has the last two for automata in general.)

// product searches the strings that All leads to, rune by rune, the nearest to an end first, until one is found that
// no pattern of None matches, or none is left.
func (l Language) product(b *Budget) (string, bool, error) {
	if what := l.excess(); what != "" {
		return "", false, b.error(what)
	}
	unnamed, ok := fresh(l)
	if !ok {
		return "", false, b.error("distinct characters")
	}
	s := search{budget: b, unnamed: unnamed, seen: map[string][]int32{}}
	for _, group := range l.All {
		s.groups = append(s.groups, join(group))
	}
	s.none = join(l.None)
	s.words = (len(s.none) + 63) / 64
	s.excluded = exclusions(s.none)
	word, ok, err := s.run()
	if !ok || err != nil {
		return "", false, err
	}
	return l.readable(word, unnamed, b), true, nil
}

// excess names the limit of hostile input that the language is over, or is "".
func (l Language) excess() string {
	n := len(l.None)
	for _, group := range l.All {
		n += len(group)
		for _, p := range group {
			if p.Len() > maxLength {
				return "pattern length"
			}
		}
	}
	for _, p := range l.None {
		if p.Len() > maxLength {
			return "pattern length"
		}
	}
	if n > maxPatterns {
		return "patterns"
	}
	return ""
}

// join lays patterns one after the other, each closed by an end.
func join(ps []Pattern) []token {
	var ts []token
	for _, p := range ps {
		ts = append(append(ts, p.prog().tokens...), token{kind: end})
	}
	return ts
}

// exclusions returns the runes that tokens exclude, each once, in order.
func exclusions(ts []token) []rune {
	var b strings.Builder
	for _, t := range ts {
		b.WriteString(t.not)
	}
	return []rune(sorted(b.String()))
}

// state is a node of the search.
type state struct {
	at     []int32 // a position in each group
	in     set     // the positions in none, with those after runs that may be empty
	parent int32   // -1 of the first ones
	r      rune    // that led here
	left   int32   // runes that the groups still need, all together
	gone   bool    // a better one was found
}

// search is the state of one product.
type search struct {
	budget   *Budget
	groups   [][]token
	none     []token
	words    int
	excluded []rune
	unnamed  rune
	covered  [][]set // for each group and position: the positions of none that take all that it allows
	need     [][]int32
	states   []state
	seen     map[string][]int32 // states by their positions in the groups
	queue    []int32            // a binary heap by left, then by age

	// Of one expansion: the positions that a rune leads to, group after group, and where each group's begin; a choice of
	// them, as indexes and as positions; the positions as bytes.
	next   []int32
	bounds []int
	pick   []int
	at     []int32
	key    []byte
}

func (s *search) over() error {
	return s.budget.error("product states")
}

// run searches. It returns the string of the first state in which All may end and None cannot.
func (s *search) run() (string, bool, error) {
	for _, ts := range s.groups {
		rows, need, ok := s.simulation(ts)
		if !ok {
			return "", false, s.over()
		}
		s.covered, s.need = append(s.covered, rows), append(s.need, need)
	}
	first := make(set, s.words)
	for i := range s.none {
		if i == 0 || s.none[i-1].kind == end {
			first.add(s.none, i)
		}
	}
	n := len(s.groups)
	s.bounds, s.pick, s.at = make([]int, n+1), make([]int, n), make([]int32, n)
	for g, ts := range s.groups {
		for i := range ts {
			if i == 0 || ts[i-1].kind == end {
				s.next = append(s.next, int32(i))
			}
		}
		s.bounds[g+1] = len(s.next)
	}
	if !s.combine(first, -1, 0) {
		return "", false, s.over()
	}
	for len(s.queue) > 0 {
		id := s.pop()
		if s.states[id].gone {
			continue
		}
		if s.ends(id) {
			return s.word(id), true, nil
		}
		if !s.expand(id) {
			return "", false, s.over()
		}
	}
	return "", false, nil
}

// ends tells whether a string may end here.
func (s *search) ends(id int32) bool {
	st := &s.states[id]
	for g, i := range st.at {
		ts := s.groups[g]
		for ts[i].kind == run {
			i++
		}
		if ts[i].kind != end {
			return false
		}
	}
	for w, word := range st.in {
		for ; word != 0; word &= word - 1 {
			if s.none[w<<6+bits.TrailingZeros64(word)].kind == end {
				return false
			}
		}
	}
	return true
}

// word reads the string off the way to a state.
func (s *search) word(id int32) string {
	var rs []rune
	for ; s.states[id].parent >= 0; id = s.states[id].parent {
		rs = append(rs, s.states[id].r)
	}
	for i, j := 0, len(rs)-1; i < j; i, j = i+1, j-1 {
		rs[i], rs[j] = rs[j], rs[i]
	}
	return string(rs)
}

// expand adds the states after one more rune. It is false where the budget ran out.
func (s *search) expand(id int32) bool {
	at, in := s.states[id].at, s.states[id].in
	runes := append([]rune{s.unnamed}, s.excluded...)
	for g, i := range at {
		ts := s.groups[g]
		for ts[i].kind == run {
			i++
		}
		if ts[i].kind == literal {
			runes = append(runes, ts[i].runes()...)
		}
	}
	for k, r := range runes {
		if slices.Contains(runes[:k], r) {
			continue
		}
		s.next = s.next[:0]
		for g, i := range at {
			n := len(s.next)
			s.next = after(s.groups[g], i, r, s.next)
			if len(s.next) == n {
				s.bounds[g+1] = -1
				break
			}
			s.bounds[g+1] = len(s.next)
		}
		if !s.budget.work(16*len(at) + 16) {
			return false
		}
		if slices.Contains(s.bounds[1:], -1) {
			clear(s.bounds)
			continue
		}
		if !s.budget.work(2*s.words) || !s.combine(s.step(in, r), id, r) {
			return false
		}
	}
	return true
}

// after appends the positions that the rune leads to. In x*a*y, the second run takes all that the first and the a
// take, so that once an a is there it is never better to wait for another.
func after(ts []token, i int32, r rune, next []int32) []int32 {
	if ts[i].kind == run && ts[i+1].kind != run && ts[i+1].has(r) && ts[i+2].kind == run && ts[i].in(ts[i+2]) && ts[i+1].in(ts[i+2]) {
		return append(next, i+2)
	}
	for ; ts[i].kind == run; i++ {
		if ts[i].has(r) {
			next = append(next, i)
		}
	}
	if ts[i].has(r) {
		next = append(next, i+1)
	}
	return next
}

// step returns the positions of None after the rune.
func (s *search) step(in set, r rune) set {
	next := make(set, s.words)
	for w, word := range in {
		for ; word != 0; word &= word - 1 {
			i := w<<6 + bits.TrailingZeros64(word)
			switch t := s.none[i]; {
			case !t.has(r):
			case t.kind == run:
				next.add(s.none, i)
			default:
				next.add(s.none, i+1)
			}
		}
	}
	return next
}

// combine adds a state for each choice of one position a group, of those in s.next that s.bounds parts by group. It is
// false where the budget ran out.
func (s *search) combine(in set, parent int32, r rune) bool {
	pick, at := s.pick, s.at
	for g := range pick {
		pick[g] = s.bounds[g]
		at[g] = s.next[pick[g]]
	}
	for {
		if !s.add(at, in, parent, r) {
			return false
		}
		g := len(pick) - 1
		for g >= 0 && pick[g]+1 == s.bounds[g+1] {
			pick[g] = s.bounds[g]
			at[g] = s.next[pick[g]]
			g--
		}
		if g < 0 {
			return true
		}
		pick[g]++
		at[g] = s.next[pick[g]]
	}
}

// add queues a state, unless it is hopeless or another one does as well. It is false where the budget ran out.
func (s *search) add(at []int32, in set, parent int32, r rune) bool {
	if !s.budget.work(stepsPerState/4 + s.words*(len(at)+1) + 16*len(at)) {
		return false
	}
	key := s.key[:0]
	var left int32
	for g, i := range at {
		if in.meets(s.covered[g][i]) {
			return true
		}
		key = append(key, byte(i), byte(i>>8), byte(i>>16))
		left += s.need[g][i]
	}
	s.key = key
	same := s.seen[string(key)]
	kept := same[:0]
	for n, id := range same {
		if !s.budget.work(2 + s.words/4) {
			return false
		}
		if s.states[id].in.in(in) {
			return true // nothing was dropped before: what a new state would drop holds what this one holds
		}
		if in.in(s.states[id].in) {
			s.states[id].gone = true
			continue
		}
		kept = append(kept, same[n])
	}
	s.states = append(s.states, state{at: slices.Clone(at), in: in, parent: parent, r: r, left: left})
	id := int32(len(s.states) - 1)
	s.seen[string(key)] = append(kept, id)
	s.push(id)
	return true
}

// simulation returns for each position of a group the positions of None that take, by one walk, every string that it
// allows; and the runes that are needed from it to the end. It is false where the budget ran out.
func (s *search) simulation(ts []token) (rows []set, need []int32, ok bool) {
	rows, need = make([]set, len(ts)), make([]int32, len(ts))
	for i := len(ts) - 1; i >= 0; i-- {
		if !s.budget.work(len(s.none) + 1) {
			return nil, nil, false
		}
		row, t := make(set, s.words), ts[i]
		if t.kind != end {
			need[i] = need[i+1]
			if t.kind != run {
				need[i]++
			}
		}
		for j := len(s.none) - 1; j >= 0; j-- {
			u := s.none[j]
			takes := false
			switch {
			case u.kind == end:
				takes = t.kind == end
			case u.kind == run:
				takes = row.has(j+1) || t.kind != end && t.in(u) && rows[i+1].has(j)
			case t.kind != end && t.kind != run:
				takes = t.in(u) && rows[i+1].has(j+1)
			}
			if takes {
				row[j>>6] |= 1 << (j & 63)
			}
		}
		rows[i] = row
	}
	return rows, need, true
}

// push and pop keep the queue: least left first, and of equals the oldest.
func (s *search) push(id int32) {
	s.queue = append(s.queue, id)
	for i := len(s.queue) - 1; i > 0; {
		up := (i - 1) / 2
		if !s.before(s.queue[i], s.queue[up]) {
			return
		}
		s.queue[i], s.queue[up] = s.queue[up], s.queue[i]
		i = up
	}
}

func (s *search) pop() int32 {
	top := s.queue[0]
	n := len(s.queue) - 1
	s.queue[0] = s.queue[n]
	s.queue = s.queue[:n]
	for i := 0; ; {
		down := 2*i + 1
		if down+1 < n && s.before(s.queue[down+1], s.queue[down]) {
			down++
		}
		if down >= n || !s.before(s.queue[down], s.queue[i]) {
			return top
		}
		s.queue[i], s.queue[down] = s.queue[down], s.queue[i]
		i = down
	}
}

func (s *search) before(a, b int32) bool {
	if s.states[a].left != s.states[b].left {
		return s.states[a].left < s.states[b].left
	}
	return a < b
}

// readable puts words for runs of the unnamed rune, where the language allows that.
func (l Language) readable(word string, unnamed rune, b *Budget) string {
	const maxTries = 8
	for tries, from := 0, 0; tries < maxTries; tries++ {
		i := strings.IndexRune(word[from:], unnamed)
		if i < 0 {
			break
		}
		i += from
		rest := strings.TrimLeft(word[i:], string(unnamed))
		if better := word[:i] + "any" + rest; l.has(better, b) {
			word = better
			from = i + len("any")
		} else {
			from = len(word) - len(rest)
		}
	}
	return word
}
