package glob

// reduce drops what cannot matter: patterns of None that another covers or that meet no pattern of All, patterns of
// All that one of None covers or that meet no pattern of another element, and elements that every string fits. It is
// false where that proves the language empty. What it cannot afford it leaves in.
func reduce(l Language, b *Budget) (Language, bool) {
	var out Language
	for _, group := range l.All {
		if group = uncovered(group, l.None, b); len(group) == 0 {
			return Language{}, false
		}
		if !anyAll(group) {
			out.All = append(out.All, widest(group, b))
		}
	}
	if anyAll(l.None) {
		return Language{}, false
	}
	out.None = widest(l.None, b)
	for changed := len(out.All) > 1; changed; {
		changed = false
		for i, group := range out.All {
			joined := keep(group, func(p Pattern) bool { return joins(p, out.All, i, b) })
			if len(joined) == 0 {
				return Language{}, false
			}
			changed = changed || len(joined) < len(group)
			out.All[i] = joined
		}
	}
	if len(out.All) > 0 {
		out.None = keep(out.None, func(p Pattern) bool { return joins(p, out.All[:1], -1, b) })
	}
	return out, true
}

func keep(ps []Pattern, is func(Pattern) bool) []Pattern {
	var kept []Pattern
	for _, p := range ps {
		if is(p) {
			kept = append(kept, p)
		}
	}
	return kept
}

func anyAll(ps []Pattern) bool {
	for _, p := range ps {
		if p.MatchesAll() {
			return true
		}
	}
	return false
}

// maxWidest is the number of patterns that widest compares each with each; of more it drops equal ones only.
const maxWidest = 100

// widest drops patterns that another one covers; of several that cover each other the first stays.
func widest(ps []Pattern, b *Budget) []Pattern {
	if len(ps) < 2 {
		return ps
	}
	seen := make(map[string]bool, len(ps))
	ps = keep(ps, func(p Pattern) bool {
		k := p.prog().key
		was := seen[k]
		seen[k] = true
		return !was
	})
	if len(ps) > maxWidest {
		return ps
	}
	gone := make([]bool, len(ps))
	for i, p := range ps {
		for j, q := range ps {
			if i != j && !gone[j] && q.prog().covers(p.prog(), b) {
				gone[i] = true
				break
			}
		}
	}
	var kept []Pattern
	for i, p := range ps {
		if !gone[i] {
			kept = append(kept, p)
		}
	}
	return kept
}

// uncovered returns the patterns that none of the others covers.
func uncovered(group, others []Pattern, b *Budget) []Pattern {
	return keep(group, func(p Pattern) bool {
		for _, q := range others {
			if q.prog().covers(p.prog(), b) {
				return false
			}
		}
		return true
	})
}

// joins tells whether p has a string in common with a pattern of each element of all but the one at index own.
func joins(p Pattern, all [][]Pattern, own int, b *Budget) bool {
next:
	for i, group := range all {
		if i == own {
			continue
		}
		for _, q := range group {
			if meets(p.prog(), q.prog(), b) {
				continue next
			}
		}
		return false
	}
	return true
}
