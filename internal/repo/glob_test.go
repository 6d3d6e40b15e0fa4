package repo

import (
	"testing"

	"github.com/bmatcuk/doublestar/v4"
)

// Compiled patterns agree with doublestar.
func TestGlobsAgreeWithDoublestar(t *testing.T) {
	patterns := []string{"**/*.{json,yaml,yml,template,snap}", "**/*.json", "**/node_modules/**", "a/**", "**", "*.json", "**/*.{a,}", "**/*.d.ts", "a/*/c.json", "**/{a,b}/**"}
	files := []string{"a", "a.json", "a/b.json", "a/b/c.json", "node_modules", "x/node_modules/y/z.json", "x/node_modulesy/z", ".json", "x.json/y", "x.d.ts", "A.JSON", "a/b.", "b/x"}
	for _, p := range patterns {
		g, err := compile([]string{p})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if got, want := g.match(f), doublestar.MatchUnvalidated(p, f); got != want {
				t.Errorf("%s on %s: got %v, want %v", p, f, got, want)
			}
			if g.covers(f) && !doublestar.MatchUnvalidated(p, f+"/q/r") {
				t.Errorf("%s does not cover %s", p, f)
			}
		}
	}
}
