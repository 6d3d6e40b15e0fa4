package glob

import "slices"

// readable are the runes to choose from, best first, where any rune will do. No wildcard or sign of IAM's is among them.
const readable = "axnyzotherbcdfgijklmpqsuvw0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ.+=@,~!"

// The private plane whose runes stand for unknown values of a template (policy.IsSymbol), which no wildcard makes up.
const (
	firstSymbol = 0xF0000
	lastSymbol  = 0xFFFFD
)

// fresh returns a rune that no pattern of the language names. It is false where they name every rune there is, which
// takes a million literals. Cost: linear; where no readable rune is left, that of sorting the others.
func fresh(l Language) (rune, bool) {
	var used [2]uint64
	each(l, func(c *program) {
		used[0] |= c.used[0]
		used[1] |= c.used[1]
	})
	for _, r := range readable {
		if used[r>>6]>>(r&63)&1 == 0 {
			return r, true
		}
	}
	var wide []rune
	each(l, func(c *program) { wide = append(wide, c.wide...) })
	slices.Sort(wide)
	i := 0
	for r := rune(0xC0); r < firstSymbol; r++ { // KMS accepts runes up to U+00FF (semantics.md §1.1): those first
		if r >= 0xD800 && r < 0xE000 || r >= 0xFFF0 && r <= 0xFFFF { // surrogates, the replacement rune, non-characters
			continue
		}
		for i < len(wide) && wide[i] < r {
			i++
		}
		if i == len(wide) || wide[i] != r {
			return r, true
		}
	}
	return 0, false
}

func each(l Language, visit func(*program)) {
	for _, group := range l.All {
		for _, p := range group {
			visit(p.prog())
		}
	}
	for _, p := range l.None {
		visit(p.prog())
	}
}
