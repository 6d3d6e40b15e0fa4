package eval

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
)

const (
	whyMalformedARN = "what an ARN operator does with a value that is no ARN is not documented"
	whyDataColon    = "whether colons inside the value of a policy variable separate ARN components is not documented"
)

// components of an ARN; the last one holds the rest, colons included (semantics.md §4.2).
const components = 6

// matchARN compares component by component, each with wildcards. A pattern without six components is in doubt
// (§4.2 note 2), unless it holds a symbol: that stands for one string that can be a whole ARN, so the text is compared as it is.
// ok is false where the request's value is no ARN.
func matchARN(g glob, value string) (v verdict, ok bool) {
	v, ok = matchComponents(g.components(true), g, value)
	if slices.ContainsFunc(g, func(e elem) bool { return e.data && e.r == ':' }) {
		w, also := matchComponents(g.components(false), g, value)
		return v.orElse(w, whyDataColon), ok && also
	}
	return v, ok
}

func matchComponents(pattern []glob, whole glob, value string) (v verdict, ok bool) {
	parts := strings.SplitN(value, ":", components)
	if len(pattern) < components {
		if policy.HasSymbol(whole.literal()) {
			return whole.like(value), true
		}
		return maybe(whyMalformedARN), true
	}
	if len(parts) < components {
		return no, policy.HasSymbol(value) // a symbol is equal to itself alone, and splits no ARN
	}
	v = yes
	for i, p := range pattern {
		if v = v.and(p.like(parts[i])); v.truth == No {
			return no, true
		}
	}
	return v, true
}

// components splits the pattern at its first five colons; data tells whether colons in the values of variables count.
func (g glob) components(data bool) []glob {
	parts, start := make([]glob, 0, components), 0
	for i, e := range g {
		if e.r == ':' && (data || !e.data) && len(parts) < components-1 {
			parts, start = append(parts, g[start:i]), i+1
		}
	}
	return append(parts, g[start:])
}
