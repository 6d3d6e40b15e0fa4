package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/scan"
)

// both is a tree with a second one behind it, for files that the first does not have.
type both struct{ first, second fs.FS }

// Open implements [fs.FS].
func (b both) Open(name string) (fs.File, error) {
	f, err := b.first.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return b.second.Open(name)
	}
	return f, err
}

// addGenerated adds the CDK assemblies that the workflow made in the work tree and that no commit has. Other files of the
// work tree are not the head's: what is checked out may be a merge commit.
func (a *action) addGenerated(ctx context.Context, tree *repo.Tree, v *view, committed func(name string) bool) {
	local, failures := tree.Candidates(ctx, v.config.Include, v.config.Exclude, nil, 0)
	assembly := map[string]bool{}
	of := func(name string) bool {
		dir := path.Dir(name)
		known, ok := assembly[dir]
		if !ok {
			_, manifest := fs.Stat(tree.FS(), path.Join(dir, "manifest.json"))
			_, version := fs.Stat(tree.FS(), path.Join(dir, "cdk.out"))
			known = manifest == nil && version == nil
			assembly[dir] = known
		}
		return known
	}
	added := 0
	for _, f := range local {
		if !committed(f.Path) && of(f.Path) {
			v.files = append(v.files, f)
			added++
		}
	}
	for _, f := range failures {
		if !committed(f.File) && of(f.File) {
			v.failures = append(v.failures, f)
		}
	}
	if added > 0 {
		slices.SortFunc(v.files, func(x, y repo.File) int { return strings.Compare(x.Path, y.Path) })
		v.fs = both{v.fs, tree.FS()}
		a.note(fmt.Sprintf("%d files of CDK output in the work tree are judged; without base-cdk-root or baseline, a finding in them is introduced only if the source that made its key is part of the change", added))
	}
}

// addSynthesis reads the synthesis of the base that the workflow made, and keeps it out of what is judged.
func (a *action) addSynthesis(ctx context.Context, tree *repo.Tree, v *view) {
	dir := strings.Trim(path.Clean("/"+a.in.baseCDKRoot), "/")
	if a.in.baseCDKRoot == "" || dir == "" {
		return
	}
	files, failures := tree.Candidates(ctx, v.config.Include, v.config.Exclude, []string{dir}, 0)
	v.failures = append(v.failures, failures...)
	v.base.Synthesis = map[string]repo.File{}
	for _, f := range files {
		v.base.Synthesis[path.Base(f.Path)] = f
	}
	v.files = slices.DeleteFunc(v.files, func(f repo.File) bool { return strings.HasPrefix(f.Path, dir+"/") })
}

// addBaseline reads the report of the base, whose findings are not introduced.
func (a *action) addBaseline(tree *repo.Tree, v *view) error {
	if a.in.baseline == "" {
		return nil
	}
	data, err := tree.ReadFile(a.in.baseline)
	if err != nil {
		return fmt.Errorf("the baseline cannot be read: %w", err)
	}
	known, err := baseline(data)
	if err != nil {
		return fmt.Errorf("the baseline %s is no report of kmsguard: %w", a.in.baseline, err)
	}
	if v.base == nil {
		v.base = &scan.Base{}
	}
	v.base.Baseline = known
	return nil
}

// baseline returns the fingerprints of a report.
func baseline(data []byte) (map[string]bool, error) {
	var rep lint.Report
	if err := json.Unmarshal(data, &rep); err != nil {
		return nil, err
	}
	if rep.Schema != 1 {
		return nil, fmt.Errorf("schema %d is not known", rep.Schema)
	}
	known := map[string]bool{}
	for _, f := range rep.Findings {
		known[f.Fingerprint] = true
	}
	return known, nil
}
