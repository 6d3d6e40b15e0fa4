package repo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/lint"
)

var usual = []string{"**/*.{json,yaml,yml,template,snap}"}

// plant writes files into a new folder and opens it.
func plant(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree
}

func names(files []File) []string {
	var list []string
	for _, f := range files {
		list = append(list, f.Path)
	}
	return list
}

func messages(failures []lint.Failure) string {
	var b strings.Builder
	for _, f := range failures {
		fmt.Fprintf(&b, "%q %s %v\n", f.File, f.Message, f.Counts)
	}
	return b.String()
}

func TestCandidates(t *testing.T) {
	tree := plant(t, map[string]string{
		"a.json":                 `"kms:Decrypt"`,
		"b/c/d.yaml":             "Type: AWS::KMS::Key",
		"b/e.yml":                "Type: aws::iam::Role",
		"b/f.yml":                "Transform: AWS::Serverless-2016-10-31",
		"b/dull.yml":             "Type: AWS::S3::Bucket",
		"b/note.txt":             "kms:*",
		"node_modules/x/y.json":  "kms",
		"gen/out.json":           "kms",
		".git/config.json":       "kms",
		"sub/.GIT/config.json":   "kms",
		"sub/new\nline.json":     "kms",
		"sub/\xff.json":          "kms",
		"star/*.json":            "kms",
		"hidden/escaped.json":    `{"Action": "\u006bms:*"}`,
		"hidden/continued.yaml":  "Action: \"k\\\n  ms:*\"",
		"hidden/html.json":       `{"x": "\u003cb\u003e"}`,
		".github/workflows/a.md": "kms",
	})
	for _, test := range []struct {
		name                    string
		paths, exclude, include []string
		want                    []string
		failures                string
	}{
		{name: "all", exclude: []string{"**/node_modules/**", "gen/*.json"},
			want: []string{"a.json", "b/c/d.yaml", "b/e.yml", "b/f.yml", "hidden/continued.yaml", "hidden/escaped.json", "star/*.json", "sub/new\nline.json", "sub/\xff.json"}},
		{name: "folder", paths: []string{"./b/"}, want: []string{"b/c/d.yaml", "b/e.yml", "b/f.yml"}},
		{name: "file that the globs leave out", paths: []string{"b/note.txt"}, want: []string{"b/note.txt"}},
		{name: "file without a word of KMS", paths: []string{"b/dull.yml"}, want: []string{"b/dull.yml"}},
		{name: "glob", paths: []string{"b/**/*.yml"}, want: []string{"b/e.yml", "b/f.yml"}},
		{name: "glob with braces", paths: []string{"{a,zz}.json"}, want: []string{"a.json"}},
		{name: "name that looks like a glob", paths: []string{"star/*.json"}, want: []string{"star/*.json"}},
		{name: "overlap", paths: []string{"b", "b/e.yml", ".", "a.json"}, exclude: []string{"**/node_modules/**", "sub/**", "hidden/**", "star", "star/**", "gen/**"},
			want: []string{"a.json", "b/c/d.yaml", "b/e.yml", "b/f.yml"}},
		{name: "missing", paths: []string{"nowhere", "a.json"}, want: []string{"a.json"},
			failures: "\"nowhere\" PATH cannot be read: no such file or directory true\n"},
		{name: "outside", paths: []string{"../x"},
			failures: "\"../x\" PATH \"../x\" is outside the folder that is read: run kmsguard in a folder that holds it true\n"},
		{name: "git", paths: []string{".git/config.json"},
			failures: "\".git/config.json\" PATH is inside .git: what git keeps there is never read; name files of the work tree true\n"},
		{name: "glob without a match", paths: []string{"b/*.jsn"},
			failures: "\"b/*.jsn\" PATH matches no file: check how it is written, and what the configuration excludes true\n"},
		{name: "glob that matches nothing, at the top", paths: []string{"nothing*.json", "a*"}, want: []string{"a.json"},
			failures: "\"nothing*.json\" PATH matches no file: check how it is written, and what the configuration excludes true\n"},
		{name: "glob that matches what is no candidate", paths: []string{"b/d*.yml", "b/*.txt"},
			failures: "\"b/d*.yml\" PATH matches no file that may hold a key or an IAM policy false\n\"b/*.txt\" PATH matches no file that may hold a key or an IAM policy false\n"},
		{name: "malformed include", include: []string{"[a"},
			failures: "\"\" glob \"[a\" is malformed: see the patterns of doublestar, such as **/*.{json,yaml} true\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			include := test.include
			if include == nil {
				include = usual
			}
			for _, jobs := range []int{1, 4} {
				files, failures := tree.Candidates(t.Context(), include, test.exclude, test.paths, jobs)
				if got := names(files); !slices.Equal(got, test.want) {
					t.Errorf("%d jobs:\ngot  %q\nwant %q", jobs, got, test.want)
				}
				if got := messages(failures); got != test.failures {
					t.Errorf("%d jobs:\ngot  %swant %s", jobs, got, test.failures)
				}
			}
		})
	}
}

func TestSymbolicLinksAreNotFollowed(t *testing.T) {
	tree := plant(t, map[string]string{"real/key.json": "kms"})
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.json"), []byte("kms"), 0o644); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"file.json": "real/key.json", "out.json": filepath.Join(outside, "secret.json"), "loop": ".", "folder": "real", "away": outside, "dangling.json": "no",
	} {
		if err := os.Symlink(target, filepath.Join(tree.Dir(), link)); err != nil {
			t.Skip(err)
		}
	}
	files, failures := tree.Candidates(t.Context(), usual, nil, nil, 2)
	if got := names(files); !slices.Equal(got, []string{"real/key.json"}) || failures != nil {
		t.Errorf("got %q, %v", got, failures)
	}
	for _, p := range []string{"file.json", "out.json", "folder/key.json", "away/secret.json", "loop/loop/real/key.json", "loop"} {
		files, failures := tree.Candidates(t.Context(), usual, nil, []string{p}, 2)
		if files != nil || !strings.Contains(messages(failures), "symbolic link") {
			t.Errorf("%s: got %q, %s", p, names(files), messages(failures))
		}
		if data, err := tree.ReadFile(p); err == nil {
			t.Errorf("%s was read: %q", p, data)
		}
		if f, err := tree.FS().Open(p); err == nil {
			f.Close()
			t.Errorf("%s was opened", p)
		}
	}
}

func TestLimits(t *testing.T) {
	files := map[string]string{
		"small.json":       "kms",
		"large.json":       strings.Repeat(" ", 2000) + "AWS::KMS::Key",
		"border.json":      strings.Repeat(" ", 999) + `kms:Decrypt` + strings.Repeat(" ", 999),
		"other.json":       strings.Repeat(" ", 5000),
		"mention.json":     strings.Repeat(" ", 5000) + "kms",
		"d/e/f/g/deep.yml": "kms",
	}
	tree := plant(t, files)
	tree.limits = limits{file: 1000, total: 1000, entries: 100, depth: 3}
	got, failures := tree.Candidates(t.Context(), usual, nil, nil, 2)
	if !slices.Equal(names(got), []string{"small.json"}) {
		t.Errorf("got %q", names(got))
	}
	want := `"border.json" file is larger than 1000 bytes and was not read: split it, or exclude it true
"d/e/f/g" folder is more than 3 deep and was not entered: exclude it true
"large.json" file is larger than 1000 bytes and was not read: split it, or exclude it true
"mention.json" file is larger than 1000 bytes and was not read: split it, or exclude it false
`
	if messages(failures) != want {
		t.Errorf("got %s", messages(failures))
	}
	tree.limits.entries = 5
	got, failures = tree.Candidates(t.Context(), usual, nil, nil, 2)
	if got != nil || messages(failures) != "\"\" the tree has more than 5 files and folders, so none was read: narrow PATH or exclude some true\n" {
		t.Errorf("got %q, %s", names(got), messages(failures))
	}
	tree.limits = limits{file: 10_000, total: 6000, entries: 100, depth: 10}
	got, failures = tree.Candidates(t.Context(), usual, nil, nil, 2)
	if got != nil || messages(failures) != "\"\" the candidates hold more than 6000 bytes, so none was read: narrow PATH or exclude generated files true\n" {
		t.Errorf("got %q, %s", names(got), messages(failures))
	}
}

func TestCancelled(t *testing.T) {
	tree := plant(t, map[string]string{"a.json": "kms"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	files, failures := tree.Candidates(ctx, usual, nil, nil, 2)
	if files != nil || len(failures) != 1 || !failures[0].Counts {
		t.Errorf("got %v, %v", files, failures)
	}
}

func TestFlatFolder(t *testing.T) {
	files := map[string]string{}
	for i := range 1000 {
		files[fmt.Sprintf("flat/%04d.json", i)] = "kms"
	}
	got, failures := plant(t, files).Candidates(t.Context(), usual, nil, nil, 4)
	if len(got) != 1000 || failures != nil {
		t.Errorf("got %d files, %v", len(got), failures)
	}
}
