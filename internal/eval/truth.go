package eval

import "slices"

// Truth is an answer in three-valued logic. The zero value is No.
type Truth uint8

// The answers. Maybe means that the outcome rests on something nobody can tell: a fact that semantics.md marks
// UNVERIFIED or CONFLICT, a part that was not read, or a pattern that fits some keys of the account but not all.
const (
	No Truth = iota
	Maybe
	Yes
)

// String returns "no", "maybe" or "yes".
func (t Truth) String() string {
	switch t {
	case No:
		return "no"
	case Yes:
		return "yes"
	}
	return "maybe"
}

// verdict is a Truth with what a Maybe rests on.
type verdict struct {
	truth Truth
	why   []string // of Maybe only
}

var (
	yes = verdict{truth: Yes}
	no  = verdict{truth: No}
)

func maybe(why string) verdict { return verdict{Maybe, []string{why}} }

func sure(b bool) verdict {
	if b {
		return yes
	}
	return no
}

// and is the minimum: one No settles it, whatever the others rest on.
func (v verdict) and(w verdict) verdict { return v.merge(w, min(v.truth, w.truth)) }

// or is the maximum: one Yes settles it.
func (v verdict) or(w verdict) verdict { return v.merge(w, max(v.truth, w.truth)) }

func (v verdict) not() verdict { return verdict{Yes - v.truth, v.why} }

// orElse is for two readings of one thing of which nobody knows which is right: where they differ, why says so.
func (v verdict) orElse(w verdict, why string) verdict {
	if v.truth == w.truth {
		return v.merge(w, v.truth)
	}
	return v.merge(w, Maybe).because(why)
}

// because adds a reason to a Maybe.
func (v verdict) because(why string) verdict {
	if v.truth != Maybe || slices.Contains(v.why, why) {
		return v
	}
	return verdict{Maybe, append(slices.Clone(v.why), why)}
}

// merge gives the truth the reasons of those operands that are in doubt.
func (v verdict) merge(w verdict, t Truth) verdict {
	if t != Maybe {
		return verdict{truth: t}
	}
	out := verdict{truth: Maybe}
	if v.truth == Maybe {
		out.why = v.why
	}
	if w.truth == Maybe {
		for _, reason := range w.why {
			out = out.because(reason)
		}
	}
	return out
}
