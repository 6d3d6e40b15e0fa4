package repo

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// start is where a walk begins: what a PATH argument names.
type start struct {
	path string // of a folder or file, slash-separated; "" is the opened folder
	file bool   // named as it is: read whatever the globs and the look say
	glob string // "" or the pattern, relative to the opened folder, that files below path must match
}

// within turns a PATH argument into a slash-separated path relative to dir.
func within(dir, arg string) (string, error) {
	if arg == "" {
		return "", fmt.Errorf("PATH is empty: name a file, a folder or a glob")
	}
	if strings.ContainsRune(arg, 0) {
		return "", fmt.Errorf("PATH %q has a null byte: no file has such a name", arg)
	}
	if filepath.IsAbs(arg) {
		rel, err := filepath.Rel(dir, arg)
		if err != nil {
			return "", fmt.Errorf("PATH %q is outside %q: run kmsguard in a folder that holds both", arg, dir)
		}
		arg = rel
	}
	p := path.Clean(filepath.ToSlash(arg))
	if p == ".." || strings.HasPrefix(p, "../") {
		return "", fmt.Errorf("PATH %q is outside the folder that is read: run kmsguard in a folder that holds it", arg)
	}
	if p == "." {
		p = ""
	}
	return p, nil
}

// resolve turns PATH arguments into starts, asking stat (of no symbolic link) what each name is.
func resolve(dir string, args []string, stat func(string) (fs.FileMode, error)) ([]start, []lint.Failure) {
	if len(args) == 0 {
		args = []string{"."}
	}
	if len(args) > MaxPaths {
		return nil, []lint.Failure{{Message: fmt.Sprintf("%d PATH arguments are more than %d: name a folder instead", len(args), MaxPaths), Counts: true}}
	}
	var starts []start
	var failures []lint.Failure
	for _, arg := range args {
		s, err := resolveOne(dir, arg, stat)
		if err != nil {
			failures = append(failures, lint.Failure{File: arg, Message: err.Error(), Counts: true})
			continue
		}
		starts = append(starts, s)
	}
	return starts, failures
}

func resolveOne(dir, arg string, stat func(string) (fs.FileMode, error)) (start, error) {
	p, err := within(dir, arg)
	if err != nil || p == "" {
		return start{}, err
	}
	if inGit(p) {
		return start{}, fmt.Errorf("PATH is inside .git: what git keeps there is never read; name files of the work tree")
	}
	mode, err := stat(p)
	switch {
	case err == nil && mode.IsDir():
		return start{path: p}, nil
	case err == nil && mode.IsRegular():
		return start{path: p, file: true}, nil
	case err == nil && mode&fs.ModeSymlink != 0:
		return start{}, fmt.Errorf("PATH is a symbolic link, which is not followed: name what it points to")
	case err == nil:
		return start{}, fmt.Errorf("PATH is neither a regular file nor a folder: it is not read")
	case !strings.ContainsAny(p, "*?[{"):
		return start{}, fmt.Errorf("PATH cannot be read: %w", reason(err))
	case !doublestar.ValidatePattern(p):
		return start{}, fmt.Errorf("PATH is no file, and malformed as a glob: see the patterns of doublestar, such as stacks/**/*.yaml")
	}
	base, _ := doublestar.SplitPattern(p)
	if base == "." {
		base = ""
	}
	if base != "" {
		if mode, err := stat(base); err != nil || !mode.IsDir() {
			return start{}, fmt.Errorf("PATH matches nothing: there is no folder %q", base)
		}
	}
	return start{path: base, glob: p}, nil
}

// inGit tells whether a path is .git or below one.
func inGit(p string) bool {
	for part := range strings.SplitSeq(p, "/") {
		if strings.EqualFold(part, ".git") { // file systems that fold case take .GIT for it
			return true
		}
	}
	return false
}
