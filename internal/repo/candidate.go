package repo

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// Candidates returns the files that may hold a key or an IAM policy ([Look]), sorted by path: those of PATH arguments
// (files, folders or globs; none means ".") that match an include glob and no exclude glob. A file that is named as it
// is, is read whatever the globs and the look say. jobs is the number of workers, 0 for one a processor.
func (t *Tree) Candidates(ctx context.Context, include, exclude, paths []string, jobs int) ([]File, []lint.Failure) {
	in, out, failures := compileBoth(include, exclude)
	if failures != nil {
		return nil, failures
	}
	starts, failures := resolve(t.dir, paths, t.mode)
	w := &walk{tree: t, include: in, exclude: out}
	w.idle.L = &w.mu
	for _, s := range starts {
		w.add(s)
	}
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	files, more := w.run(ctx, jobs)
	files, failures = settle(files, append(failures, more...), t.limits.total)
	return files, append(failures, unmatched(w.patterns, files)...)
}

func compileBoth(include, exclude []string) (in, out globs, failures []lint.Failure) {
	in, err := compile(include)
	if err == nil {
		out, err = compile(exclude)
	}
	if err != nil {
		failures = []lint.Failure{{Message: err.Error(), Counts: true}}
	}
	return in, out, failures
}

// mode tells what a path is, and fails where a folder above it is a symbolic link.
func (t *Tree) mode(p string) (fs.FileMode, error) {
	for i := range len(p) {
		if p[i] != '/' {
			continue
		}
		if st, err := t.root.Lstat(p[:i]); err != nil {
			return 0, err
		} else if st.Mode()&fs.ModeSymlink != 0 {
			return 0, fmt.Errorf("%q is a symbolic link, which is not followed: name what it points to", p[:i])
		}
	}
	st, err := t.root.Lstat(p)
	if err != nil {
		return 0, err
	}
	return st.Mode(), nil
}

// settle sorts and drops what overlapping PATH arguments found twice. Over the limit of bytes it gives up all files:
// which of them were read first depends on the machine, and the result must not.
func settle(files []File, failures []lint.Failure, limit int64) ([]File, []lint.Failure) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	files = slices.CompactFunc(files, func(a, b File) bool { return a.Path == b.Path })
	var total int64
	for _, f := range files {
		total += int64(len(f.Data))
	}
	if total > limit {
		files, failures = nil, append(failures, tooMuch(limit))
	}
	slices.SortStableFunc(failures, func(a, b lint.Failure) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return strings.Compare(a.Message, b.Message)
	})
	return files, slices.Compact(failures)
}

func tooMuch(limit int64) lint.Failure {
	return lint.Failure{Message: fmt.Sprintf("the candidates hold more than %d bytes, so none was read: narrow PATH or exclude generated files", limit), Counts: true}
}

// pattern is a glob of a PATH argument.
type pattern struct {
	globs
	text string
	met  atomic.Bool // a file matches, be it a candidate or not
}

// pattern returns that of a start, nil where it has none.
func (s start) pattern() *pattern {
	if s.glob == "" {
		return nil
	}
	g, err := compile([]string{s.glob})
	if err != nil { // the glob was validated
		return nil
	}
	return &pattern{globs: g, text: s.glob}
}

// meets tells whether the pattern, if any, matches a file, and notes that it does.
func (p *pattern) meets(name string) bool {
	if p == nil {
		return true
	}
	if !p.match(name) {
		return false
	}
	p.met.Store(true)
	return true
}

// unmatched reports the globs of PATH arguments that no candidate matches: one that is misspelt, so that no file at all
// matches, must not pass for clean.
func unmatched(patterns []*pattern, files []File) []lint.Failure {
	var failures []lint.Failure
	for _, p := range patterns {
		switch {
		case !p.met.Load():
			failures = append(failures, lint.Failure{File: p.text, Message: "PATH matches no file: check how it is written, and what the configuration excludes", Counts: true})
		case !slices.ContainsFunc(files, func(f File) bool { return p.match(f.Path) }):
			failures = append(failures, lint.Failure{File: p.text, Message: "PATH matches no file that may hold a key or an IAM policy"})
		}
	}
	return failures
}

// join appends a name to the path of a folder.
func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// split is [path.Split] without the slash.
func split(p string) (dir, name string) {
	dir, name = path.Split(p)
	return strings.TrimSuffix(dir, "/"), name
}
