package glob

import "slices"

// Except returns the strings of the pattern in which the rune does not stand, as a name has no slash. It is false
// where there are none because the pattern names the rune itself.
func (p Pattern) Except(not rune) (Pattern, bool) {
	ts := slices.Clone(p.prog().tokens)
	for i, t := range ts {
		if t.kind != literal {
			ts[i].not = sorted(t.not + string(not))
			continue
		}
		var ok bool
		if ts[i], ok = t.less(func(r rune) bool { return r == not }); !ok {
			return Pattern{}, false
		}
	}
	return Pattern{compile(ts)}, true
}
