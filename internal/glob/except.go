package glob

import "slices"

// Except returns the strings of the pattern in which the rune does not stand. It is false where there are none because the pattern names the rune itself.
func (p Pattern) Except(not rune) (Pattern, bool) {
	ts := slices.Clone(p.prog().tokens)
	for i, t := range ts {
		switch {
		case t.kind == literal && t.has(not):
			return Pattern{}, false
		case t.kind != literal && t.r == none:
			ts[i].r = not
		}
	}
	return Pattern{compile(ts)}, true
}
