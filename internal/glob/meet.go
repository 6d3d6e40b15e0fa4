package glob

// maxMeet bounds the table that meet walks, in pairs of positions: 2,048 × 2,048 in bits is half a megabyte.
const maxMeet = 1 << 22

// meet returns a pattern of strings that are in both p and q, as wide as one alignment of the two allows, and whether
// there are such strings at all. A wildcard of the result may be a little too wide, where p and q exclude different
// runes there: a string of it must be tested. Cost: at most the product of the lengths. Where that is over maxMeet, or
// over the budget, sure is false and no answer given.
func meet(p, q *program, b *Budget) (m []token, ok, sure bool) {
	if p.apart(q) {
		return nil, false, true
	}
	if p.isLit {
		return p.tokens, q.match(p.lit, b), true
	}
	if q.isLit {
		return q.tokens, p.match(q.lit, b), true
	}
	if size := len(p.tokens) * len(q.tokens); size > maxMeet || !b.work(1+size/64) {
		return nil, true, false
	}
	a := aligner{p: p.tokens, q: q.tokens, width: len(q.tokens) + 1}
	a.dead = make(set, (len(p.tokens)+1)*a.width/64+1)
	if ok, sure = a.align(b); !sure {
		return nil, true, false
	}
	return a.out, ok, true
}

// apart tells whether the literal starts or ends of two patterns already keep them apart.
func (p *program) apart(q *program) bool {
	if p.isLit || q.isLit {
		return false
	}
	n, m := min(len(p.prefix), len(q.prefix)), min(len(p.suffix), len(q.suffix))
	return p.prefix[:n] != q.prefix[:n] || p.suffix[len(p.suffix)-m:] != q.suffix[len(q.suffix)-m:]
}

// aligner looks for a walk through two patterns at once.
type aligner struct {
	p, q  []token
	width int
	dead  set // pairs of positions from which no walk leads to both ends
	out   []token
}

// choice is one step of a walk: where it leads, and the token that both patterns agree on, if it takes one.
type choice struct {
	i, j int32
	emit bool
	t    token
}

// frame is a pair of positions on the walk, and the choices not yet tried there.
type frame struct {
	i, j    int32
	length  int32 // of out on arrival
	choices [2]choice
	n, next uint8
}

// align finds the walk by depth-first search, without recursion: patterns are as long as their author likes. It
// prefers to leave a run over taking more into it, which gives the shorter pattern.
func (a *aligner) align(b *Budget) (ok, sure bool) {
	stack := make([]frame, 0, 64)
	stack = append(stack, a.frame(0, 0))
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		if int(f.i) == len(a.p) && int(f.j) == len(a.q) {
			return true, true
		}
		if !b.work(16) {
			return false, false
		}
		if f.next == f.n {
			a.mark(f.i, f.j)
			stack = stack[:len(stack)-1]
			continue
		}
		c := f.choices[f.next]
		f.next++
		a.out = a.out[:f.length]
		if at := int(c.i)*a.width + int(c.j); a.dead.has(at) {
			continue
		}
		if c.emit {
			a.out = append(a.out, c.t)
		}
		stack = append(stack, a.frame(c.i, c.j))
	}
	return false, true
}

func (a *aligner) mark(i, j int32) {
	at := int(i)*a.width + int(j)
	a.dead[at>>6] |= 1 << (at & 63)
}

// frame lists the steps from a pair of positions.
func (a *aligner) frame(i, j int32) frame {
	f := frame{i: i, j: j, length: int32(len(a.out))}
	put := func(c choice) { f.choices[f.n] = c; f.n++ }
	t, u := token{kind: end}, token{kind: end}
	if int(i) < len(a.p) {
		t = a.p[i]
	}
	if int(j) < len(a.q) {
		u = a.q[j]
	}
	switch {
	case t.kind == run && u.kind == run: // take what both take, then leave one of the two
		m, _ := t.meet(u)
		put(choice{i + 1, j, true, m})
		put(choice{i, j + 1, true, m})
	case t.kind == run:
		put(choice{i + 1, j, false, token{}})
		if m, ok := u.meet(t); ok {
			put(choice{i, j + 1, true, m})
		}
	case u.kind == run:
		put(choice{i, j + 1, false, token{}})
		if m, ok := t.meet(u); ok {
			put(choice{i + 1, j, true, m})
		}
	default:
		if m, ok := t.meet(u); ok {
			put(choice{i + 1, j + 1, true, m})
		}
	}
	return f
}
