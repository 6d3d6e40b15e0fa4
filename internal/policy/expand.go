package policy

import (
	"slices"
	"strconv"
)

// maxAlternatives bounds what the choices inside one statement may multiply to. Real templates have at most a handful;
// a statement over it is read as unknown, so no question about it has a sure answer.
const maxAlternatives = 64

// alternative is a value without choices, in the environments of its guard.
type alternative struct {
	when  Guard
	value *Value
}

// alternatives works the choices in v out, given the environments in which v is asked for. The guards of the result
// are disjoint. ok is false where there are more than maxAlternatives.
func alternatives(v *Value, when Guard) (all []alternative, ok bool) {
	switch v.Kind {
	case Choice:
		for _, o := range v.Options {
			both, possible := when.And(o.When)
			if !possible {
				continue
			}
			more, ok := alternatives(o.Value, both)
			if !ok || len(all)+len(more) > maxAlternatives {
				return nil, false
			}
			all = append(all, more...)
		}
		return all, true
	case List:
		all = []alternative{{when, &Value{Kind: List, Node: v.Node}}}
		for _, item := range v.Items {
			all, ok = extend(all, item, func(list, item *Value) { list.Items = append(list.Items, item) })
			if !ok {
				return nil, false
			}
		}
		return all, true
	case Object:
		all = []alternative{{when, &Value{Kind: Object, Node: v.Node}}}
		for _, m := range v.Members {
			all, ok = extend(all, m.Value, func(object, value *Value) {
				object.Members = append(object.Members, Member{m.Key, m.KeyNode, value})
			})
			if !ok {
				return nil, false
			}
		}
		return all, true
	}
	return []alternative{{when, v}}, true
}

// extend adds one more part, with its own alternatives, to each of the wholes so far. An absent part adds nothing. Wholes grow
// in place, and are copied only where they fork, so that a long list with few choices costs its length.
func extend(wholes []alternative, part *Value, add func(whole, part *Value)) ([]alternative, bool) {
	if plain(part) {
		for _, whole := range wholes {
			add(whole.value, part)
		}
		return wholes, true
	}
	var all []alternative
	for _, whole := range wholes {
		parts, ok := alternatives(part, whole.when)
		if !ok || len(all)+len(parts) > maxAlternatives {
			return nil, false
		}
		for i, p := range parts {
			value := whole.value
			if i < len(parts)-1 {
				value = &Value{Kind: value.Kind, Node: value.Node, Items: slices.Clone(value.Items), Members: slices.Clone(value.Members)}
			}
			if p.value.Kind != Absent {
				add(value, p.value)
			}
			all = append(all, alternative{p.when, value})
		}
	}
	return all, true
}

// plain tells whether v holds no choice and nothing absent.
func plain(v *Value) bool {
	switch v.Kind {
	case Choice, Absent:
		return false
	}
	for _, item := range v.Items {
		if !plain(item) {
			return false
		}
	}
	for _, m := range v.Members {
		if !plain(m.Value) {
			return false
		}
	}
	return true
}

var overAlternatives = "over " + strconv.Itoa(maxAlternatives) + " alternatives in one statement"
