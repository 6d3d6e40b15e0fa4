package cfn

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestProbe(t *testing.T) {
	dir := os.Getenv("PROBE")
	if dir == "" {
		t.Skip()
	}
	ts := openTree(t, os.DirFS(dir), ".", Options{})
	x := Join(ts...)
	fmt.Print(describe(x.Templates, nil))
	for _, k := range x.Keys {
		fmt.Println("uses", k.ID, uses(x, k))
		if p, _ := x.Primary(k); p != nil {
			fmt.Println("  primary", p.ID)
		}
	}
	for _, t := range x.Templates {
		for _, id := range t.Identities() {
			for _, b := range id.Boundaries {
				fmt.Println("boundary", t.Symbols.Show(id.ARN), b.Managed, b.When, b.Policy != nil)
			}
		}
	}
	for _, e := range x.Errors() {
		fmt.Println("index error", e)
	}
	_ = filepath.Join
}
