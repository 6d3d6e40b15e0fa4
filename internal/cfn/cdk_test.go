package cfn

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// readTree opens every file of a tree that may hold a key.
func openTree(t *testing.T, files fs.FS, root string, opt Options) []*Template {
	t.Helper()
	opt.Files, opt.Repository = files, &Repository{}
	var all []*Template
	err := fs.WalkDir(files, root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch path.Ext(p) {
		case ".json", ".yaml", ".yml", ".template", ".snap":
		default:
			return nil
		}
		src, err := fs.ReadFile(files, p)
		if err != nil {
			return err
		}
		templates, err := Open(p, src, opt)
		if err != nil {
			t.Errorf("%v", err)
		}
		all = append(all, templates...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// expectedAnchors reads the table of anchors in the sample data's README.
func expectedAnchors(t *testing.T) map[string]int {
	t.Helper()
	src, err := os.ReadFile(shared + "/cdk/README.md")
	if err != nil {
		t.Skip("no CDK samples here: ", err)
	}
	all := map[string]int{}
	for _, m := range regexp.MustCompile("(?m)^\\| `((?:lib|bin)/[a-z]+\\.ts):(\\d+):\\d+` \\| (\\d+) \\|").FindAllStringSubmatch(string(src), -1) {
		n, _ := strconv.Atoi(m[3])
		all[m[1]+":"+m[2]] += n
	}
	return all
}

// TestAnchors finds the source lines that the sample app's keys come from, in every assembly that was made of it.
func TestAnchors(t *testing.T) {
	want := expectedAnchors(t)
	for _, out := range []string{"out-default", "out-debug", "out-recflags"} {
		t.Run(out, func(t *testing.T) {
			got := map[string]int{}
			keys := 0
			for _, tmpl := range openTree(t, os.DirFS(shared+"/cdk"), out, Options{CDKRoot: "/build/app"}) {
				for _, k := range tmpl.Keys {
					keys++
					if k.Source == nil {
						t.Errorf("%s (%s): no source", k.ID, k.Path)
						continue
					}
					at := strings.TrimPrefix(k.Source.File, "app/") + ":" + strconv.Itoa(k.Source.Line)
					got[at]++
					if enclosing := at == "bin/app.ts:65"; (k.Source.Kind == Enclosing) != enclosing {
						t.Errorf("%s: the anchor %s is %s", k.ID, at, k.Source.Kind)
					}
				}
			}
			for at, n := range want {
				if got[at] != n && !(out == "out-debug" && (at == "lib/keys.ts:159")) {
					t.Errorf("%d keys at %s, want %d", got[at], at, n)
				}
			}
			t.Logf("%d keys, %d places", keys, len(got))
		})
	}
}
