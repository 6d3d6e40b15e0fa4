package authz

// Set is a set of requests, made of the parts of policies. Sets are expressions: nothing is computed before a question is asked.
type Set struct{ terms []term }

// term is a conjunction: in a box of each of in, and in no box of out.
type term struct {
	in, out []source
}

// source is one part of one policy, perhaps of one statement alone.
type source struct {
	policy    int
	part      part
	statement int // -1 for all
}

// Direct is what the policy alone lets callers do: D of semantics.md §5.5. Policies count from 0 in the order given to [New].
func (e *Engine) Direct(policy int) Set {
	return Set{[]term{{in: []source{{policy, direct, -1}}, out: []source{{policy, denied, -1}}}}}
}

// Delegated is what the policy lets the caller's account decide by IAM: L of semantics.md §5.5.
func (e *Engine) Delegated(policy int) Set {
	return Set{[]term{{in: []source{{policy, delegated, -1}}, out: []source{{policy, denied, -1}}}}}
}

// Reach is everything that the policy lets callers do with or without IAM: D ∪ L.
func (e *Engine) Reach(policy int) Set { return e.Direct(policy).Or(e.Delegated(policy)) }

// Of keeps what one statement of the policy as written gives, an Allow.
func (s Set) Of(statement int) Set {
	var out Set
	for _, t := range s.terms {
		u := term{out: t.out}
		for _, in := range t.in {
			if in.part != denied {
				in.statement = statement
			}
			u.in = append(u.in, in)
		}
		out.terms = append(out.terms, u)
	}
	return out
}

// Named is all that one Allow statement names, before any Deny.
func (e *Engine) Named(policy, statement int) Set {
	return Set{[]term{{in: []source{{policy, direct, statement}}}, {in: []source{{policy, delegated, statement}}}}}
}

// Denied is all that one Deny statement hits, or with -1 all that any hits.
func (e *Engine) Denied(policy, statement int) Set {
	return Set{[]term{{in: []source{{policy, denied, statement}}}}}
}

// Or is the union.
func (s Set) Or(t Set) Set {
	return Set{append(s.terms[:len(s.terms):len(s.terms)], t.terms...)}
}

// And is the intersection.
func (s Set) And(t Set) Set {
	var out Set
	for _, a := range s.terms {
		for _, b := range t.terms {
			out.terms = append(out.terms, term{
				in:  append(a.in[:len(a.in):len(a.in)], b.in...),
				out: append(a.out[:len(a.out):len(a.out)], b.out...),
			})
		}
	}
	return out
}

// Less is the difference. Its size is the product of the sizes of both, so it is meant for small sets.
func (s Set) Less(t Set) Set {
	for _, b := range t.terms {
		var out Set
		for _, a := range s.terms {
			for _, in := range b.in { // a request outside b lacks one of its parts,
				out.terms = append(out.terms, term{in: a.in, out: append(a.out[:len(a.out):len(a.out)], in)})
			}
			for _, o := range b.out { // or is in one that b takes away
				out.terms = append(out.terms, term{in: append(a.in[:len(a.in):len(a.in)], o), out: a.out})
			}
		}
		s = out
	}
	return s
}

// Beyond is what is in the set and not in another policy: direct access that the other does not give directly, and
// delegated access that the other gives in neither way (DESIGN section 4, diff).
func (e *Engine) Beyond(s Set, other int) Set {
	var out Set
	for _, t := range s.terms {
		less := e.Direct(other)
		for _, in := range t.in {
			if in.part == delegated {
				less = e.Reach(other)
			}
		}
		out = out.Or(Set{[]term{t}}.Less(less))
	}
	return out
}
