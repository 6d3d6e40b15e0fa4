package authz

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// Verdict is an answer. The zero Verdict is Undecided.
type Verdict uint8

// The three answers.
const (
	Undecided Verdict = iota
	No                // proved
	Yes               // with a request
)

// Answer is what the engine says to a question.
type Answer struct {
	Verdict   Verdict
	Request   policy.Request // of Yes
	Statement int            // of Yes: the first statement as written that the request meets, -1 where it is not known
	Delegated bool           // of Yes: the access is delegated
	// Because says what stopped an Undecided: constructs of the template, undocumented facts, budgets.
	Because []string
}

// Find looks for a request of the query in the set. Typical cost is microseconds; the budgets bound it.
//
// Facts that nobody knows are dimensions of the space. Where not even a choice of them gives a request, the answer is
// no. A request is sure where it does not depend on them: it is looked for a second time with all of them read against it.
func (e *Engine) Find(q Query, s Set) Answer {
	e.begin()
	x := e.question(q)
	var stopped []string
	for _, c := range e.cases {
		st, ok, why := e.start(x, c)
		if why != "" {
			stopped = append(stopped, why)
		}
		if !ok {
			continue
		}
		for _, t := range s.terms {
			a := e.ask(st, t)
			switch a.Verdict {
			case Yes:
				return a
			case Undecided:
				stopped = append(stopped, a.Because...)
			}
		}
	}
	if len(stopped) > 0 {
		slices.Sort(stopped)
		return Answer{Because: slices.Compact(stopped)}
	}
	return Answer{Verdict: No}
}

// ask looks for a point of one term in one case.
func (e *Engine) ask(st state, t term) Answer {
	favour := e.search(st, t, true)
	if favour.Verdict != Undecided {
		return favour
	}
	if against := e.search(st, t, false); against.Verdict == Yes {
		return against
	}
	return favour
}

// search goes through the ways to lie in a box of each source. In favour, facts that nobody knows are free; against,
// none helps: they never hold where they let a request in, and always where they keep it out.
func (e *Engine) search(st state, t term, favour bool) Answer {
	w := walk{e: e, t: t, sources: make([][]box, len(t.in)), favour: favour}
	for i, src := range t.in {
		for _, b := range e.from(src, st.s) {
			if favour || len(b.doubts) == 0 {
				w.sources[i] = append(w.sources[i], b)
			}
		}
		if len(w.sources[i]) == 0 {
			return Answer{Verdict: No}
		}
	}
	if a, found := w.step(st, 0, -1); found {
		return a
	}
	if len(w.stopped) > 0 {
		return Answer{Because: w.stopped}
	}
	return Answer{Verdict: No}
}

// walk is one search.
type walk struct {
	e       *Engine
	t       term
	sources [][]box
	out     []box // worked out when it is needed
	favour  bool
	stopped []string
}

// outside returns the boxes that a request must lie outside of.
func (w *walk) outside(s *situation) []box {
	if w.out != nil {
		return w.out
	}
	w.out = slices.Clone(w.e.ties)
	for _, src := range w.t.out {
		for _, b := range w.e.from(src, s) {
			if !w.favour {
				b.doubts = nil
			}
			w.out = append(w.out, b)
		}
	}
	return w.out
}

// step narrows the state to a box of the source after those that it lies in already.
func (w *walk) step(st state, at, statement int) (Answer, bool) {
	if at == len(w.sources) {
		a := w.e.point(st, w.outside(st.s), w.favour)
		if a.Verdict == Undecided {
			w.stopped = append(w.stopped, a.Because...)
		}
		a.Statement = statement
		return a, a.Verdict == Yes
	}
	for _, b := range w.sources[at] {
		narrow, ok := w.e.within(st, b)
		if !ok {
			continue
		}
		first := statement
		if at == 0 {
			first = b.statement
		}
		if a, found := w.step(narrow, at+1, first); found {
			a.Delegated = a.Delegated || w.t.in[at].part == delegated
			return a, true
		}
		if w.e.visits < 0 || w.e.states < 0 {
			break
		}
	}
	return Answer{}, false
}

// point looks for a request of the state outside the boxes.
func (e *Engine) point(st state, out []box, favour bool) Answer {
	found, ok, over := e.remembered(st, out)
	if ok && !favour {
		found = e.clearer(st, found, out)
	}
	switch {
	case over && e.states < 0:
		return Answer{Because: []string{fmt.Sprintf("the budget of %d states of wildcard patterns", maxStates)}}
	case over:
		return Answer{Because: []string{fmt.Sprintf("the budget of %d steps", maxVisits)}}
	case !ok:
		return Answer{Verdict: No}
	}
	r, why := e.request(found)
	if len(why) > 0 {
		return Answer{Because: why}
	}
	return Answer{Verdict: Yes, Request: r}
}

// clearer looks for a request for which it is documented which keys come with it.
func (e *Engine) clearer(st, found state, out []box) state {
	clear := st
	for _, o := range found.keys {
		if !o.absent || !o.present {
			clear.actions &^= st.s.carriage(o.key).unverified
		}
	}
	if clear.actions == 0 || clear.actions == st.actions {
		return found
	}
	if better, ok, _ := e.avoid(clear, out); ok {
		return better
	}
	return found
}

// from returns the boxes of a source in a case.
func (e *Engine) from(src source, s *situation) []box {
	bs := e.boxes(src.policy, src.part, s)
	if src.statement < 0 {
		return bs
	}
	var some []box
	for _, b := range bs {
		if b.statement == src.statement {
			some = append(some, b)
		}
	}
	return some
}
