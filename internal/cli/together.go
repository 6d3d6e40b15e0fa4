package cli

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/scan"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// together tells of fixes in one file whether all of them can be made: that takes another scan of the file, with what the others
// say about its keys.
func together(files []repo.File, res *scan.Result, opt scan.Options) func(name string, findings []lint.Finding) bool {
	return func(name string, findings []lint.Finding) bool {
		next := slices.Clone(files)
		i := slices.IndexFunc(next, func(f repo.File) bool { return f.Path == name })
		if i < 0 {
			return false
		}
		var edits []syntax.Edit
		for _, f := range findings {
			edits = append(edits, f.Fix.Edits...)
		}
		var err error
		if next[i].Data, err = syntax.Apply(next[i].Data, edits); err != nil {
			return false
		}
		opt.Only, opt.Base, opt.Done = name, nil, nil
		return unproved(res, scan.Scan(next, nil, opt), name, &round{findings: findings}) == ""
	}
}

// unproved says why the fixes of a file cannot be written, "" where they can.
func unproved(before, after *scan.Result, name string, r *round) string {
	if was, is := troubles(before, name), troubles(after, name); len(is) > len(was) {
		return "its fix failed its proof, since the file could then not be read: " + is[len(is)-1]
	}
	if keysOf(after, name) != keysOf(before, name) {
		return "its fix failed its proof, since the file would then hold other keys"
	}
	type kind struct{ key, rule string }
	count := func(res *scan.Result) map[kind]int {
		n := map[kind]int{}
		for _, f := range res.Report.Findings {
			if f.File == name {
				n[kind{f.Key, f.Rule}]++
			}
		}
		return n
	}
	was, is := count(before), count(after)
	stood := map[kind]bool{} // findings that the fixed ones explained stand by themselves now
	for _, f := range r.findings {
		was[kind{f.Key, f.Rule}]--
		for _, rule := range f.Also {
			stood[kind{f.Key, rule}] = true
		}
	}
	for _, f := range r.findings {
		if k := (kind{f.Key, f.Rule}); is[k] > was[k] {
			return fmt.Sprintf("its fix failed its proof, since %s would still be found", f.Rule)
		}
	}
	for _, f := range after.Report.Findings {
		if k := (kind{f.Key, f.Rule}); f.File == name && is[k] > was[k] && !stood[k] {
			return fmt.Sprintf("its fix failed its proof, since %s would be found then", f.Rule)
		}
	}
	return ""
}

// troubles are what could not be read in a file.
func troubles(res *scan.Result, name string) (all []string) {
	for _, e := range res.Report.Errors {
		if e.File == name && e.Counts {
			all = append(all, e.Message)
		}
	}
	return all
}

func keysOf(res *scan.Result, name string) (n int) {
	for _, k := range res.Report.Keys {
		if k.File == name {
			n++
		}
	}
	return n
}
