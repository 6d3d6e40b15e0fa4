package rules_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// corpusFindings lists what every rule finds in every file of testdata/corpus; go test -update rewrites it.
const corpusFindings = "../../testdata/corpus-findings.tsv"

// corpusDir is the tree of real files: testdata/corpus, or what KMSGUARD_CORPUS names.
func corpusDir() string {
	if dir := os.Getenv("KMSGUARD_CORPUS"); dir != "" {
		return dir
	}
	return "../../testdata/corpus"
}

// corpus reads the tree into memory, and picks what a scan of it would read.
func corpus(t testing.TB) (fstest.MapFS, []repo.File) {
	t.Helper()
	tree, err := repo.Open(corpusDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tree.Close() }()
	cfg := config.Default()
	files, failures := tree.Candidates(t.Context(), cfg.Include, cfg.Exclude, nil, 2)
	for _, f := range failures {
		t.Logf("not read: %s: %s", f.File, f.Message)
	}
	all := fstest.MapFS{}
	disk := os.DirFS(corpusDir())
	if err := fs.WalkDir(disk, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := fs.ReadFile(disk, name)
		all[name] = &fstest.MapFile{Data: data}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all, files
}

func scanCorpus(tree fs.FS, files []repo.File) *lint.Report {
	return scan.Scan(files, nil, scan.Options{Config: config.Default(), Rules: rules.All, Files: tree, Jobs: 2}).Report
}

// TestCorpus scans real files, applies every fix until none is left, and checks after each run that the files parse, that
// no finding came that was not there, that the bytes between the edits are as they were, and that nobody whom the
// templates let use a key lost anything.
func TestCorpus(t *testing.T) {
	if testing.Short() && os.Getenv("KMSGUARD_CORPUS") != "" {
		t.Skip("another tree is not short")
	}
	tree, files := corpus(t)
	before := slices.Clone(files)
	rep := scanCorpus(tree, files)
	for _, e := range rep.Errors {
		if strings.Contains(e.Message, "internal error") {
			t.Errorf("%s: %s", e.File, e.Message)
		}
	}
	checkTable(t, rep)
	fixes := 0
	for run := 1; ; run++ {
		changed := applyAll(t, rep, files)
		if len(changed) == 0 {
			break
		}
		if run > 5 {
			t.Fatal("fixes go on after five runs")
		}
		want := tallyKeys(rep)
		for i, f := range files {
			if after, ok := changed[f.Path]; ok {
				files[i].Data, tree[f.Path] = after.data, &fstest.MapFile{Data: after.data}
				fixes += len(after.fixed)
				for _, k := range after.fixed {
					want[k]--
				}
			}
		}
		failed := len(rep.Errors)
		copies := map[string]bool{} // what the report showed once for two files it shows for the other, where only one is fixed
		for _, k := range rep.Keys {
			for _, name := range k.Copies {
				copies[name] = true
			}
		}
		rep = scanCorpus(tree, files)
		if len(rep.Errors) > failed {
			t.Errorf("after run %d of fix %d files fail, %d did before", run, len(rep.Errors), failed)
		}
		for k, n := range tallyKeys(rep) {
			file, _, _ := strings.Cut(strings.SplitN(k, " of ", 2)[1], "#")
			if n > want[k] && !copies[file] {
				t.Errorf("after run %d of fix: %d findings %s, want %d", run, n, k, want[k])
			}
		}
	}
	t.Logf("%d fixes in %d files of %d", fixes, differing(before, files), len(files))
	keepsUses(t, tree, before, files)
}

// fixedFile is a file as the fixes make it, and the findings that they mend.
type fixedFile struct {
	data  []byte
	fixed []string
}

// applyAll makes the edits of all fixes that do not overlap, as one run of kmsguard fix does.
func applyAll(t *testing.T, rep *lint.Report, files []repo.File) map[string]fixedFile {
	t.Helper()
	edits := map[string][]syntax.Edit{}
	fixed := map[string][]string{}
	source := map[string][]byte{}
	for _, f := range files {
		source[f.Path] = f.Data
	}
	for _, f := range rep.Findings {
		if f.Fix == nil || touch(edits[f.File], f.Fix.Edits) {
			continue
		}
		together := append(slices.Clone(edits[f.File]), f.Fix.Edits...)
		if _, err := syntax.Apply(source[f.File], together); err != nil {
			continue
		}
		edits[f.File] = together
		fixed[f.File] = append(fixed[f.File], tallyKey(f.Key, f.Rule))
	}
	all := map[string]fixedFile{}
	for name, together := range edits {
		after, err := syntax.Apply(source[name], together)
		if err != nil {
			t.Fatal(err)
		}
		outside(t, source[name], after, together)
		all[name] = fixedFile{after, fixed[name]}
	}
	return all
}

func tallyKey(key, rule string) string { return rule + " of " + key }

// tallyKeys counts the findings of each rule on each key, those behind others included.
func tallyKeys(rep *lint.Report) map[string]int {
	n := map[string]int{}
	for _, f := range rep.Findings {
		for _, rule := range append([]string{f.Rule}, f.Also...) {
			n[tallyKey(f.Key, rule)]++
		}
	}
	return n
}

func differing(before, after []repo.File) (n int) {
	for i := range before {
		if string(before[i].Data) != string(after[i].Data) {
			n++
		}
	}
	return n
}

// keepsUses checks that every identity of the templates reaches by the changed keys what it reached before, as far as its
// IAM policies allow it.
func keepsUses(t *testing.T, tree fs.FS, before, after []repo.File) {
	t.Helper()
	var templates []*cfn.Template
	for _, f := range before {
		if opened, err := cfn.Open(f.Path, f.Data, cfn.Options{Files: tree}); err == nil {
			templates = append(templates, opened...)
		}
	}
	index := cfn.Join(templates...)
	asked := 0
	for _, f := range after {
		for _, old := range templates {
			if old.File.Name != f.Path || string(old.File.Source) == string(f.Data) {
				continue
			}
			again, err := cfn.Open(f.Path, f.Data, cfn.Options{Files: tree, Symbols: old.Symbols})
			if err != nil {
				t.Error(err)
				continue
			}
			for _, k := range old.Keys {
				asked += keptBy(t, index, k, again)
			}
		}
	}
	t.Logf("%d uses of changed keys asked", asked)
}

func keptBy(t *testing.T, index *cfn.Index, k *cfn.Key, again []*cfn.Template) (asked int) {
	t.Helper()
	for _, template := range again {
		for _, now := range template.Keys {
			if now.ID != k.ID {
				continue
			}
			both := authz.New(k.Policy, now.Policy)
			for _, u := range index.Uses(k) {
				if u.Identity.ARN == "" || u.Statement.Effect != policy.Allow || u.Statement.Inert != "" {
					continue
				}
				var actions kms.ActionSet
				for _, a := range u.Statement.Actions {
					actions |= kms.Expand(a.Text)
				}
				if actions &= kms.Effective; actions == 0 || u.Statement.NotAction {
					continue
				}
				asked++
				q := authz.Query{Principal: u.Identity.ARN, Actions: actions}
				if a := both.Find(q, both.Reach(0).Less(both.Reach(1))); a.Verdict != authz.No {
					t.Errorf("%s: the fixes take %s from %s, which its IAM policy allows (%v)", k.ID, a.Request.Action, k.Policy.Symbols.Show(u.Identity.ARN), a.Because)
				}
			}
		}
	}
	return asked
}

// checkTable compares the findings of each rule in each file with the table in testdata.
func checkTable(t *testing.T, rep *lint.Report) {
	t.Helper()
	if os.Getenv("KMSGUARD_CORPUS") != "" {
		return
	}
	type row struct{ file, rule string }
	type count struct{ findings, fixes, undecided int }
	counts := map[row]count{}
	for _, f := range rep.Findings {
		c := counts[row{f.File, f.Rule}]
		c.findings++
		if f.Fix != nil {
			c.fixes++
		}
		if f.Certainty == lint.Undecided {
			c.undecided++
		}
		counts[row{f.File, f.Rule}] = c
	}
	var b strings.Builder
	b.WriteString("file\trule\tfindings\tfixes\tundecided\n")
	for _, r := range slices.SortedFunc(maps.Keys(counts), func(a, b row) int { return strings.Compare(a.file+"\x00"+a.rule, b.file+"\x00"+b.rule) }) {
		c := counts[r]
		fmt.Fprintf(&b, "%s\t%s\t%d\t%d\t%d\n", path.Clean(r.file), r.rule, c.findings, c.fixes, c.undecided)
	}
	if *update {
		if err := os.WriteFile(corpusFindings, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(corpusFindings)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("findings in testdata/corpus (-want +got; go test -update rewrites the table):\n%s", diff)
	}
}
