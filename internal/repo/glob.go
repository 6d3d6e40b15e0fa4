package repo

import (
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// globs is a list of doublestar patterns. The two shapes that nearly every configuration consists of are compiled,
// because the general matcher would take longer than reading a small file.
type globs struct {
	suffixes map[string]bool // of "**/*.json" and "**/*.{json,yaml}", with the dot
	folders  map[string]bool // of "**/node_modules/**"
	others   []string
}

// compile reads patterns; a malformed one is an error.
func compile(patterns []string) (globs, error) {
	g := globs{suffixes: map[string]bool{}, folders: map[string]bool{}}
	for _, p := range patterns {
		p = strings.TrimPrefix(p, "./")
		if !doublestar.ValidatePattern(p) {
			return globs{}, fmt.Errorf("glob %q is malformed: see the patterns of doublestar, such as **/*.{json,yaml}", p)
		}
		switch exts, dir := suffixes(p), folder(p); {
		case exts != nil:
			for _, e := range exts {
				g.suffixes[e] = true
			}
		case dir != "":
			g.folders[dir] = true
		default:
			g.others = append(g.others, p)
		}
	}
	return g, nil
}

// suffixes returns the extensions of a pattern "**/*.ext" or "**/*.{a,b}" and nil for any other pattern.
func suffixes(pattern string) []string {
	rest, ok := strings.CutPrefix(pattern, "**/*.")
	if !ok {
		return nil
	}
	if inner, ok := strings.CutPrefix(rest, "{"); ok && strings.HasSuffix(inner, "}") {
		rest = inner[:len(inner)-1]
	} else if strings.Contains(rest, ",") {
		return nil
	}
	var exts []string
	for e := range strings.SplitSeq(rest, ",") {
		if e == "" || strings.ContainsAny(e, `*?[]{}\/.`) {
			return nil
		}
		exts = append(exts, "."+e)
	}
	return exts
}

// folder returns the name of a pattern "**/name/**", and "" for any other pattern.
func folder(pattern string) string {
	rest, ok := strings.CutPrefix(pattern, "**/")
	if !ok {
		return ""
	}
	name, ok := strings.CutSuffix(rest, "/**")
	if !ok || name == "" || strings.ContainsAny(name, `*?[]{}\/`) {
		return ""
	}
	return name
}

// match tells whether a pattern matches the path of a file.
func (g globs) match(name string) bool {
	if len(g.suffixes) > 0 && g.suffixes[path.Ext(name)] {
		return true
	}
	if len(g.folders) > 0 {
		for dir := range strings.SplitSeq(name, "/") {
			if g.folders[dir] {
				return true
			}
		}
	}
	for _, p := range g.others {
		if doublestar.MatchUnvalidated(p, name) {
			return true
		}
	}
	return false
}

// covers tells whether the patterns match everything below a folder, so that it need not be entered.
func (g globs) covers(dir string) bool {
	if dir == "" {
		return false
	}
	if g.folders[path.Base(dir)] {
		return true
	}
	for _, p := range g.others {
		if p == "**" || strings.HasSuffix(p, "/**") && doublestar.MatchUnvalidated(p, dir) {
			return true
		}
	}
	return false
}
