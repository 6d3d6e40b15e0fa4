package cli_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// groups are the packages from the ones that import nothing to the one that imports everything. A package may import those of
// earlier groups, and none of its own (internal/README.md).
var groups = [][]string{
	{"internal/syntax", "internal/glob", "internal/kms"},
	{"internal/policy", "internal/config"},
	{"internal/eval", "internal/cfn", "internal/authz"},
	{"internal/lint"},
	{"internal/rules", "internal/report", "internal/repo"},
	{"internal/scan", "internal/github"},
	{"internal/cli"},
	{"cmd/kmsguard"},
}

// forTests are packages that only tests import.
var forTests = []string{"internal/github/githubtest"}

// reach says who may import what opens the network, files or processes. Packages that only take names apart are free.
var reach = []struct {
	imports  []string
	packages []string
	why      string
}{
	{[]string{"net", "net/http", "net/rpc", "net/smtp", "crypto/tls"}, []string{"internal/github"}, "only github opens the network"},
	{[]string{"github.com/google/go-github/v60/github", "github.com/gofri/go-github-ratelimit"}, []string{"internal/github"}, "only github talks to GitHub"},
	{[]string{"os", "io/ioutil"}, []string{"internal/repo", "internal/cli", "cmd/kmsguard"}, "only repo and cli open files; take an fs.FS or bytes"},
	{[]string{"os/exec", "syscall", "golang.org/x/sys"}, []string{"internal/repo"}, "only repo runs git and asks the system about files"},
	{[]string{"plugin", "unsafe", "net/http/pprof", "expvar"}, nil, "nothing here needs it"},
}

const module = "github.com/kmsguard/kmsguard/"

// TestImports fails on any arrow between packages that the design does not have, and on a package that it does not know.
func TestImports(t *testing.T) {
	rank := map[string]int{}
	for i, g := range groups {
		for _, p := range g {
			rank[p] = i
		}
	}
	seen := map[string]bool{}
	for file, imports := range imports(t, "../..") {
		from := path.Dir(file)
		if !slices.Contains(forTests, from) {
			seen[from] = true
			if _, ok := rank[from]; !ok {
				t.Errorf("%s: package %s is in no group; see internal/README.md", file, from)
				continue
			}
			for _, r := range reach {
				for _, name := range imports {
					if isOrBelow(name, r.imports) && !slices.Contains(r.packages, from) {
						t.Errorf("%s imports %s: %s", file, name, r.why)
					}
				}
			}
		}
		for _, name := range imports {
			to, ours := strings.CutPrefix(name, module)
			if !ours {
				continue
			}
			if slices.Contains(forTests, to) && from != to {
				t.Errorf("%s imports %s, which is for tests alone", file, to)
			} else if at, ok := rank[to]; slices.Contains(forTests, from) {
				if !ok || at > 0 {
					t.Errorf("%s imports %s: what tests share stands on the first group alone", file, to)
				}
			} else if ok && at >= rank[from] {
				t.Errorf("%s imports %s, which is not before it: %s", file, to, order())
			}
		}
	}
	for p := range rank {
		if !seen[p] {
			t.Errorf("there is no package %s", p)
		}
	}
}

func isOrBelow(name string, list []string) bool {
	return slices.ContainsFunc(list, func(s string) bool {
		return name == s || strings.Contains(s, ".") && strings.HasPrefix(name, s+"/")
	})
}

func order() string {
	var parts []string
	for _, g := range groups {
		var names []string
		for _, p := range g {
			names = append(names, path.Base(p))
		}
		parts = append(parts, strings.Join(names, " "))
	}
	return strings.Join(parts, " ← ")
}

// imports returns what the files that are no tests import, by their name below top.
func imports(t *testing.T, top string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, dir := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(top, dir), func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return fs.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(top, name)
			if err != nil {
				return err
			}
			rel = filepath.ToSlash(rel)
			all[rel] = []string{}
			for _, spec := range f.Imports {
				p, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				all[rel] = append(all[rel], p)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
