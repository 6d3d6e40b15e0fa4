package eval

import "strings"

// expansion is a value of a policy after its variables are filled in (semantics.md §4.4).
type expansion struct {
	glob   glob
	null   bool   // a variable's key is absent and has no default: the value matches nothing
	doubt  string // what makes the whole value unreadable
	early  bool   // a variable stands before the fifth colon
	filled bool   // a variable with a key was there
}

// expand fills in ${key}, ${key, 'default'}, ${*}, ${?} and ${$}; only Version 2012-10-17 has them (semantics.md §1.1, §4.2 note 8).
func (a *ask) expand(text string) expansion {
	x := expansion{}
	if !a.variables || !strings.Contains(text, "${") {
		x.glob = globText(text)
		return x
	}
	for text != "" {
		before, after, found := strings.Cut(text, "${")
		x.glob = append(x.glob, globText(before)...)
		if !found {
			break
		}
		text = x.variable(a, after)
	}
	return x
}

// variable reads one variable, of which "${" is gone, and returns the text behind it.
func (x *expansion) variable(a *ask, text string) string {
	body, rest, ok := strings.Cut(text, "}")
	key, defaultText, hasDefault := strings.Cut(body, ", '")
	if hasDefault { // the default may hold a brace
		defaultText, rest, ok = strings.Cut(text[len(key)+len(", '"):], "'}")
	}
	switch {
	case !ok || key == "" || strings.ContainsAny(key, "${,' ") && key != "$" || strings.Contains(defaultText, "'"):
		x.doubt = "a policy variable is malformed"
		return ""
	case (key == "*" || key == "?" || key == "$") && !hasDefault:
		x.glob = append(x.glob, elem{r: rune(key[0])})
		return rest
	}
	x.filled = true
	x.early = x.early || strings.Count(x.glob.literal(), ":") < 5
	switch e := a.lookup(key); {
	case e.present == Maybe:
		x.doubt = e.why
	case e.present == No && hasDefault:
		x.data(defaultText)
	case e.present == No:
		x.null = true
	case multiValued(key) || len(e.values) != 1:
		x.doubt = "keys with several values cannot be policy variables: " + key
	default:
		x.data(e.values[0])
	}
	return rest
}

// data appends a value of the request, whose characters are themselves.
func (x *expansion) data(text string) {
	for _, r := range text {
		x.glob = append(x.glob, elem{r: r, data: true})
	}
}
