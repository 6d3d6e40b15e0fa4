package glob

// maxMeet bounds the table that meet walks, in pairs of positions: 2,048 × 2,048 in bits is half a megabyte.
const maxMeet = 1 << 22

// meet returns a pattern of strings that are in both p and q, as wide as one alignment of the two allows, and whether
// there are such strings at all. Cost: at most the product of the lengths. Where that is over maxMeet, or over the
// budget, sure is false and no answer given.
func meet(p, q *program, b *Budget) (m []token, ok, sure bool) {
	a, walk, ok, sure := align(p, q, b)
	switch {
	case !ok || !sure:
		return nil, ok, sure
	case p.isLit:
		return p.tokens, true, true
	case q.isLit:
		return q.tokens, true, true
	}
	return a.taken(walk), true, true
}

// meets tells whether a string is in both p and q; true too where that is not known.
func meets(p, q *program, b *Budget) bool {
	_, _, ok, _ := align(p, q, b)
	return ok
}

// align returns a walk through both patterns; of literals none is needed.
func align(p, q *program, b *Budget) (a aligner, walk []place, ok, sure bool) {
	switch size := len(p.tokens) * len(q.tokens); {
	case p.apart(q):
		return a, nil, false, true
	case p.isLit:
		return a, nil, q.match(p.lit, b), true
	case q.isLit:
		return a, nil, p.match(q.lit, b), true
	case size > maxMeet || !b.work(1+size/64):
		return a, nil, true, false
	}
	a = aligner{p: p.tokens, q: q.tokens, width: len(q.tokens) + 1}
	a.dead = make(set, (len(p.tokens)+1)*a.width/64+1)
	walk, sure = a.search(b)
	return a, walk, !sure || walk != nil, sure
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
}

// place is a pair of positions on the walk, and how many of the two steps from it were tried.
type place struct {
	i, j  int32
	tried uint8
}

// search finds the walk depth first, without recursion: patterns are as long as their author likes. It is nil where
// there is none; sure is false where the budget ran out.
func (a *aligner) search(b *Budget) (walk []place, sure bool) {
	walk = make([]place, 1, 64)
	for len(walk) > 0 {
		at := &walk[len(walk)-1]
		if int(at.i) == len(a.p) && int(at.j) == len(a.q) {
			return walk, true
		}
		if !b.work(6) {
			return nil, false
		}
		if at.tried == 2 {
			n := int(at.i)*a.width + int(at.j)
			a.dead[n>>6] |= 1 << (n & 63)
			walk = walk[:len(walk)-1]
			continue
		}
		to, _, ok := a.step(*at)
		at.tried++
		if ok && !a.dead.has(int(to.i)*a.width+int(to.j)) {
			walk = append(walk, to)
		}
	}
	return nil, true
}

// taken returns the tokens of the steps of a walk.
func (a *aligner) taken(walk []place) []token {
	var m []token
	for _, at := range walk[:len(walk)-1] {
		at.tried--
		if _, t, _ := a.step(at); t.kind != end {
			m = append(m, t)
		}
	}
	return m
}

// step returns the next step to try from a place: where it leads, and the token that both patterns take, or end where
// it takes none. To leave a run comes before taking more into it, which gives the shorter pattern.
func (a *aligner) step(at place) (to place, taken token, ok bool) {
	i, j, second := at.i, at.j, at.tried == 1
	t, u := token{kind: end}, token{kind: end}
	if int(i) < len(a.p) {
		t = a.p[i]
	}
	if int(j) < len(a.q) {
		u = a.q[j]
	}
	switch {
	case t.kind == run && u.kind == run: // both take what they can, then one of them is left
		taken, _ = t.meet(u)
		if second {
			return place{i: i, j: j + 1}, taken, true
		}
		return place{i: i + 1, j: j}, taken, true
	case t.kind == run && !second:
		return place{i: i + 1, j: j}, token{kind: end}, true
	case t.kind == run:
		taken, ok = u.meet(t)
		return place{i: i, j: j + 1}, taken, ok
	case u.kind == run && !second:
		return place{i: i, j: j + 1}, token{kind: end}, true
	case u.kind == run:
		taken, ok = t.meet(u)
		return place{i: i + 1, j: j}, taken, ok
	case second:
		return place{}, token{}, false
	}
	taken, ok = t.meet(u)
	return place{i: i + 1, j: j + 1}, taken, ok
}
