package kms

import "strings"

// Nearest returns the known action whose name is nearest to a misspelt one, "" where none is near. A name that begins
// several actions, as kms:ReEncrypt does, is taken for one without its *.
func Nearest(name string) string {
	lower := strings.ToLower(name)
	if _, ok := actionIndex[lower]; ok {
		return ""
	}
	if Expand(lower+"*").Len() > 1 && len(lower) > len("kms:ge") {
		return name + "*"
	}
	var names []string
	for _, a := range actions {
		names = append(names, a.Name)
	}
	return nearest(name, names)
}

// NearestKey is [Nearest] for condition keys. The part of a prefix key that the policy chooses is kept.
func NearestKey(name string) string {
	if _, ok := ConditionKey(name); ok {
		return ""
	}
	if len(name) > maxName {
		return ""
	}
	var names []string
	for _, k := range keys {
		if !k.prefix() {
			names = append(names, k.Name)
			continue
		}
		for i := range name { // each part that the policy may have meant to choose
			sign := k.base[len(k.base)-1]
			if full := k.base + name[i:]; i > 0 && (name[i-1] == sign || k.registers > 0) && known(full) {
				names = append(names, full)
			}
		}
	}
	return nearest(name, names)
}

func known(key string) bool {
	_, ok := ConditionKey(key)
	return ok
}

// NearestService is [Nearest] for service principals in the table of [Services].
func NearestService(name string) string {
	if _, ok := Service(name); ok {
		return ""
	}
	var names []string
	for _, f := range services {
		if !f.Regional {
			names = append(names, f.Name)
		}
	}
	return nearest(name, names)
}

// maxName is the length of names, in bytes, over which no guess is made: hostile ones are as long as the file.
const maxName = 256

// nearest returns the first of the names with the least edit distance, if that is at most one in four letters.
func nearest(name string, names []string) string {
	if len(name) > maxName {
		return ""
	}
	name = strings.ToLower(name)
	best, least := "", 1+min(3, max(1, len(name)/4))
	for _, n := range names {
		if d := distance(name, strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into b. Cost: the
// product of the lengths.
func distance(a, b string) int {
	row, last, before := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			d := last[j-1]
			if a[i-1] != b[j-1] {
				d++
			}
			d = min(d, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
		}
	}
	return row[len(b)]
}
