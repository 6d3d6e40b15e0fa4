package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

const configName = ".github/kmsguard.yml"

// ruleCase is one archive: input files, what is expected of them (want), and the files as the fixes make them (NAME.fixed). A case
// that is compared with a base has it below base/, and in renames a line "OLD NEW" for each file that has another name now.
type ruleCase struct {
	name    string
	path    string
	archive *txtar.Archive
}

func cases(t *testing.T, folder string) []*ruleCase {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*ruleCase
	for _, path := range names {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &ruleCase{strings.TrimSuffix(filepath.Base(path), ".txtar"), path, archive})
	}
	return all
}

func (c *ruleCase) file(name string) (string, bool) {
	for _, f := range c.archive.Files {
		if f.Name == name {
			return string(f.Data), true
		}
	}
	return "", false
}

func (c *ruleCase) want() string { text, _ := c.file("want"); return text }

func (c *ruleCase) inputs() []txtar.File {
	var all []txtar.File
	for _, f := range c.archive.Files {
		if f.Name != "want" && f.Name != "renames" && f.Name != configName && !strings.HasPrefix(f.Name, baseDir) && !strings.HasSuffix(f.Name, ".fixed") {
			all = append(all, f)
		}
	}
	return all
}

const baseDir = "base/"

// base is what the case is compared with, nil where it is compared with nothing.
func (c *ruleCase) base(t *testing.T) *scan.Base {
	t.Helper()
	was := map[string]string{}
	for _, f := range c.archive.Files {
		if name, ok := strings.CutPrefix(f.Name, baseDir); ok {
			was[name] = string(f.Data)
		}
	}
	if len(was) == 0 {
		return nil
	}
	base := &scan.Base{Changed: map[string]scan.Before{}}
	names := map[string]string{}
	renames, _ := c.file("renames")
	for line := range strings.Lines(renames) {
		old, now, ok := strings.Cut(strings.TrimSpace(line), " ")
		if _, there := was[old]; !ok || !there {
			t.Fatalf("renames has the line %q", line)
		}
		names[now] = old
	}
	for _, f := range c.inputs() {
		old := f.Name
		if names[f.Name] != "" {
			old = names[f.Name]
		}
		text, there := was[old]
		delete(was, old)
		switch {
		case !there:
			base.Changed[f.Name] = scan.Before{}
		case old != f.Name || text != string(f.Data):
			base.Changed[f.Name] = scan.Before{Name: old, Data: []byte(text)}
		}
	}
	for _, name := range sortedKeys(was) {
		base.Removed = append(base.Removed, repo.File{Path: name, Data: []byte(was[name])})
	}
	return base
}

func (c *ruleCase) goldens() map[string]string {
	all := map[string]string{}
	for _, f := range c.archive.Files {
		if name, ok := strings.CutSuffix(f.Name, ".fixed"); ok {
			all[name] = string(f.Data)
		}
	}
	return all
}

func (c *ruleCase) config(t *testing.T) *config.Config {
	t.Helper()
	text, ok := c.file(configName)
	if !ok {
		return config.Default()
	}
	cfg, errs := config.Parse(configName, []byte(text), rules.Names())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return cfg
}

// rewrite writes the archive with what was found.
func (c *ruleCase) rewrite(t *testing.T, want string, fixed []txtar.File) {
	t.Helper()
	archive := &txtar.Archive{Comment: c.archive.Comment}
	for _, f := range c.archive.Files {
		if f.Name != "want" && !strings.HasSuffix(f.Name, ".fixed") {
			archive.Files = append(archive.Files, f)
		}
	}
	archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(want)})
	for _, f := range fixed {
		archive.Files = append(archive.Files, txtar.File{Name: f.Name + ".fixed", Data: f.Data})
	}
	if err := os.WriteFile(c.path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func scanFiles(t *testing.T, cfg *config.Config, files []txtar.File) *lint.Report {
	t.Helper()
	return scanAgainst(t, cfg, files, nil)
}

func scanAgainst(t *testing.T, cfg *config.Config, files []txtar.File, base *scan.Base) *lint.Report {
	t.Helper()
	tree := fstest.MapFS{}
	var candidates []repo.File
	for _, f := range files {
		tree[f.Name] = &fstest.MapFile{Data: f.Data}
		candidates = append(candidates, repo.File{Path: f.Name, Data: f.Data})
	}
	slices.SortFunc(candidates, func(a, b repo.File) int { return strings.Compare(a.Path, b.Path) })
	return scan.Scan(candidates, nil, scan.Options{Config: cfg, Rules: rules.All, Files: tree, Base: base, Jobs: 1}).Report
}

// describe writes the findings as a want section does.
func (c *ruleCase) describe(rep *lint.Report) string {
	var b strings.Builder
	for _, f := range rep.Findings {
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s [%s]\n", f.File, f.Range.Start.Line, f.Range.Start.Column, f.Level, f.Message, f.Rule)
		for _, line := range details(f) {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	for _, e := range rep.Errors {
		fmt.Fprintf(&b, "%s:%d:%d: failed: %s\n", e.File, e.Line, e.Column, e.Message)
	}
	return b.String()
}

func details(f lint.Finding) []string {
	var all []string
	add := func(name, text string) {
		if text != "" {
			all = append(all, name+": "+text)
		}
	}
	if w := f.Witness; w != nil {
		text := fmt.Sprintf("%s %s %s", w.Access, w.Principal, w.Action)
		for _, key := range sortedKeys(w.Context) {
			text += fmt.Sprintf(" %s=%s", key, strings.Join(w.Context[key], ","))
		}
		add("witness", text)
	}
	for _, name := range sortedKeys(f.When) {
		add("when", name+" = "+f.When[name])
	}
	if f.Undecided != nil {
		add("undecided", f.Undecided.Construct)
	}
	if f.Introduced != nil {
		add("introduced", fmt.Sprint(*f.Introduced))
	}
	add("also", strings.Join(f.Also, ", "))
	for _, a := range f.Affected {
		add("affected", a.Principal+" "+strings.Join(a.Actions, ", "))
	}
	if f.Fix != nil {
		add("fix", f.Fix.Message)
		for _, part := range []struct {
			name string
			all  []string
		}{{"  added", f.Fix.Proof.Added}, {"  kept", f.Fix.Proof.Kept}, {"  lost", f.Fix.Proof.Lost}} {
			for _, text := range part.all {
				add(part.name, text)
			}
		}
	}
	quote := func(text string) {
		for line := range strings.Lines(text) {
			all = append(all, strings.TrimRight("  | "+line, "\r\n "))
		}
	}
	if f.Remedy != nil {
		add("no fix", f.Remedy.WhyNot)
		quote(f.Remedy.Text)
	}
	for _, a := range f.Alternatives {
		if len(a.Edits) > 0 {
			add("or, proved", a.Message)
			continue
		}
		add("or", a.Message)
		quote(a.Text)
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func texts(files []txtar.File) map[string]string {
	all := map[string]string{}
	for _, f := range files {
		all[f.Name] = string(f.Data)
	}
	return all
}

// fix applies the fixes of a report until none is left, as runs of kmsguard fix do, and checks each. It returns the files that changed.
func (c *ruleCase) fix(t *testing.T, rep *lint.Report) []txtar.File {
	t.Helper()
	files := slices.Clone(c.inputs())
	for run := 1; ; run++ {
		edits := map[string][]syntax.Edit{}
		counts := tally(rep)
		for _, f := range rep.Findings {
			if f.Fix == nil {
				continue
			}
			if p := f.Fix.Proof; len(p.Added)+len(p.Kept)+len(p.Lost) == 0 {
				t.Errorf("the fix of %s at %s:%d says nothing of access in its proof", f.Rule, f.File, f.Range.Start.Line)
			}
			i := slices.IndexFunc(files, func(g txtar.File) bool { return g.Name == f.File })
			together := append(slices.Clone(edits[f.File]), f.Fix.Edits...)
			if _, err := syntax.Apply(files[i].Data, together); err != nil || touch(edits[f.File], f.Fix.Edits) {
				continue // it overlaps one before it: the next run's
			}
			edits[f.File] = together
			counts[f.Rule]--
		}
		if len(edits) == 0 {
			break
		}
		if run > 4 {
			t.Fatal("fixes go on after four runs")
		}
		for i, f := range files {
			if all := edits[f.Name]; all != nil {
				after, err := syntax.Apply(f.Data, all)
				if err != nil {
					t.Fatal(err)
				}
				outside(t, f.Data, after, all)
				files[i].Data = after
			}
		}
		rep = scanFiles(t, c.config(t), files)
		for _, e := range rep.Errors {
			t.Errorf("after run %d of fix: %s", run, e.Message)
		}
		for rule, n := range tally(rep) {
			if n > counts[rule] {
				t.Errorf("after run %d of fix: %d findings of %s, want %d", run, n, rule, counts[rule])
			}
		}
	}
	var changed []txtar.File
	for i, f := range c.inputs() {
		if string(files[i].Data) != string(f.Data) {
			changed = append(changed, files[i])
		}
	}
	return changed
}

// choose applies each proved alternative alone and checks that its finding is gone and no other came.
func (c *ruleCase) choose(t *testing.T, rep *lint.Report) {
	t.Helper()
	for _, f := range rep.Findings {
		for _, a := range f.Alternatives {
			if len(a.Edits) == 0 {
				continue
			}
			if a.Proof == nil {
				t.Errorf("the alternative %q of %s at %s:%d has edits without a proof", a.Message, f.Rule, f.File, f.Range.Start.Line)
			}
			files := slices.Clone(c.inputs())
			i := slices.IndexFunc(files, func(g txtar.File) bool { return g.Name == f.File })
			after, err := syntax.Apply(files[i].Data, a.Edits)
			if err != nil {
				t.Fatal(err)
			}
			outside(t, files[i].Data, after, a.Edits)
			files[i].Data = after
			counts := tally(rep)
			counts[f.Rule]--
			again := scanFiles(t, c.config(t), files)
			if len(again.Errors) > len(rep.Errors) {
				t.Errorf("the alternative %q of %s at %s:%d breaks the file: %s", a.Message, f.Rule, f.File, f.Range.Start.Line, again.Errors[0].Message)
			}
			for rule, n := range tally(again) {
				if n > counts[rule] {
					t.Errorf("the alternative %q of %s at %s:%d leaves %d findings of %s, want %d", a.Message, f.Rule, f.File, f.Range.Start.Line, n, rule, counts[rule])
				}
			}
		}
	}
}

// touch tells whether edits of two fixes begin or end at one place, so that they cannot be made together.
func touch(a, b []syntax.Edit) bool {
	return slices.ContainsFunc(a, func(x syntax.Edit) bool {
		return slices.ContainsFunc(b, func(y syntax.Edit) bool { return x.Start <= y.End && y.Start <= x.End })
	})
}

// tally counts the findings of each rule, those behind others included.
func tally(rep *lint.Report) map[string]int {
	n := map[string]int{}
	for _, f := range rep.Findings {
		n[f.Rule]++
		for _, also := range f.Also {
			n[also]++
		}
	}
	return n
}

// outside checks that the bytes between edits are as they were.
func outside(t *testing.T, before, after []byte, edits []syntax.Edit) {
	t.Helper()
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b syntax.Edit) int { return a.Start - b.Start })
	old, now := 0, 0
	for _, e := range append(edits, syntax.Edit{Start: len(before), End: len(before)}) {
		n := e.Start - old
		if now+n > len(after) || string(before[old:e.Start]) != string(after[now:now+n]) {
			t.Errorf("bytes %d to %d changed outside the edits", old, e.Start)
			return
		}
		old, now = e.End, now+n+len(e.Text)
	}
}
