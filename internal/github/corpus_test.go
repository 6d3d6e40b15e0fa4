package github_test

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

const administered = `version: 1
administrators: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/KMSAdminRole"]
deployers: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/KMSAdminRole"]
`

// judge runs the real rules over a tree, as the action does.
func judge(t *testing.T) func(githubtest.Tree) []lint.Finding {
	cfg, errs := config.Parse("kmsguard.yml", []byte(administered), rules.Names())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return func(tree githubtest.Tree) []lint.Finding {
		files := fstest.MapFS{}
		var names []string
		for name, text := range tree {
			files[name] = &fstest.MapFile{Data: []byte(text)}
			names = append(names, name)
		}
		picked, failures := repo.Pick(names, func(name string) ([]byte, error) { return fs.ReadFile(files, name) }, cfg.Include, cfg.Exclude)
		return scan.Scan(picked, failures, scan.Options{Config: cfg, Rules: rules.All, Files: files, Today: time.Now()}).Report.Findings
	}
}

// On real files: what is posted is accepted, says nothing that it should not, and all buttons pressed as one batch leave
// a file without the findings that they were for and with no other that counts.
func TestButtonsOnRealFiles(t *testing.T) {
	corpus := "../../testdata/corpus"
	if dir := os.Getenv("KMSGUARD_CORPUS"); dir != "" { // a larger one
		corpus = dir
	}
	find := judge(t)
	tried, pressed := 0, 0
	err := fs.WalkDir(os.DirFS(corpus), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".md" {
			return err
		}
		source, err := fs.ReadFile(os.DirFS(corpus), name)
		if err != nil || len(source) > 100_000 {
			return err
		}
		if tried++; testing.Short() && tried > 10 {
			return nil
		}
		t.Run(name, func(t *testing.T) {
			found := find(githubtest.Tree{name: string(source)})
			if len(found) == 0 {
				return
			}
			w := newWorld(t, githubtest.Tree{"README.md": "x\n"}, githubtest.Tree{"README.md": "x\n", name: string(source)}, githubtest.Options{PatchLines: -1})
			w.find, w.option.MaxComments = find, 1000
			w.run()
			var ids []int64
			gone := map[string]bool{}
			for _, c := range w.server.Comments(w.number) {
				inert(t, c.Body)
				if _, err := githubtest.Suggestion(c.Body); err == nil {
					ids = append(ids, c.ID)
					gone[lastLine.FindStringSubmatch(c.Body)[2]] = true
				}
			}
			if len(ids) == 0 {
				return
			}
			pressed += len(ids)
			if err := w.server.PressAll(ids...); err != nil {
				t.Fatal(err)
			}
			// The same rule on the same statement may judge other access now, and what stood in also comes forward.
			known := map[string]bool{}
			for _, f := range found {
				for _, rule := range append(f.Also, f.Rule) {
					known[rule+f.Key+f.Sid] = true
				}
			}
			_, tree := w.server.Head(w.number)
			for _, f := range find(tree) {
				if gone[f.Fingerprint] {
					t.Errorf("%s on %s is still there", f.Rule, f.Key)
				}
				if !known[f.Rule+f.Key+f.Sid] && f.Level != lint.Note {
					t.Errorf("%s on %s is new: %s", f.Rule, f.Key, f.Message)
				}
			}
			if t.Failed() {
				t.Log(strings.Join(w.log, "\n"))
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("pressed %d buttons on %d files", pressed, tried)
	if pressed == 0 {
		t.Error("no button was pressed")
	}
}
