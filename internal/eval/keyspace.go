package eval

import "slices"

// part is a piece of the ARNs of all keys of an account: a character, or a run of at least one free character.
type part struct {
	r    rune
	free bool
}

// keys describes the ARNs arn:<p>:kms:<region>:<own>:key/<id> (semantics.md §1.5). Region and id can be anything that
// splits no ARN, but for the Region where the pattern names the template's own; so can partition and account where nothing tells them.
func (a *ask) keys(region string) []part {
	var parts []part
	add := func(text string) {
		if text == "" {
			parts = append(parts, part{free: true})
		}
		for _, r := range text {
			parts = append(parts, part{r: r})
		}
	}
	for i, text := range []string{"arn", a.partition, "kms", region, a.own} {
		if i > 0 {
			add(":")
		}
		add(text)
	}
	add(":key/")
	add("")
	return parts
}

// Limits of [fits]: a pattern beyond them is a Maybe. Patterns people write have under 200 characters and need under 1,000 states.
const (
	maxPattern = 1000
	maxStates  = 20000
)

// fresh stands for all characters that the pattern does not write.
const fresh = '\uFFFF'

// fits tells whether the pattern matches every text of the parts (Yes), none (No) or some. It walks all texts at once:
// a state is a place in the parts and the set of places in the pattern that a text so far leads to.
func fits(g glob, parts []part) verdict {
	if len(g) > maxPattern {
		return maybe(whySomeKeys)
	}
	type state struct {
		at int
		in places
	}
	start := make([]byte, len(g)+1)
	start[0] = 1
	todo := []state{{0, closure(g, start)}}
	seen := map[state]bool{todo[0]: true}
	letters := append(freeLetters(g), fresh)
	some, notAll := false, false
	for len(todo) > 0 && !(some && notAll) {
		if len(seen) > maxStates {
			return maybe(whySomeKeys)
		}
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s.at == len(parts) {
			some = some || s.in[len(g)] == 1
			notAll = notAll || s.in[len(g)] == 0
			continue
		}
		step := func(r rune, at int) {
			if next := (state{at, advance(g, s.in, r)}); !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
		if p := parts[s.at]; !p.free {
			step(p.r, s.at+1)
			continue
		}
		for _, r := range letters {
			step(r, s.at)
			step(r, s.at+1)
		}
	}
	if some && notAll {
		return maybe(whySomeKeys)
	}
	return sure(some)
}

// freeLetters returns the characters of the pattern that can stand in a free run.
func freeLetters(g glob) []rune {
	var letters []rune
	for _, e := range g {
		if e.kind == char && e.r != ':' && e.r != '/' && !slices.Contains(letters, e.r) {
			letters = append(letters, e.r)
		}
	}
	return letters
}

// places is a set of places in a pattern: a byte each, 1 for members. As a string it can be a key.
type places string

func advance(g glob, in places, r rune) places {
	next := make([]byte, len(in))
	for i, e := range g {
		switch {
		case in[i] == 0:
		case e.kind == anyRun:
			next[i] = 1
		case e.kind == anyOne || e.r == r:
			next[i+1] = 1
		}
	}
	return closure(g, next)
}

// closure adds the places that an empty run of a * leads to.
func closure(g glob, set []byte) places {
	for i, e := range g {
		if set[i] == 1 && e.kind == anyRun {
			set[i+1] = 1
		}
	}
	return places(set)
}
