package repo

import (
	"fmt"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// Matches tells whether a path matches an include glob and no exclude glob. Malformed globs match nothing: the
// configuration refuses them.
func Matches(name string, include, exclude []string) bool {
	in, out, failures := compileBoth(include, exclude)
	return failures == nil && in.match(name) && !out.match(name) && !inGit(name)
}

// Pick returns the candidates among names whose content read gives: what [Tree.Candidates] is to a folder, for a source
// of another kind. It is sorted by path.
func Pick(names []string, read func(name string) ([]byte, error), include, exclude []string) ([]File, []lint.Failure) {
	in, out, failures := compileBoth(include, exclude)
	if failures != nil {
		return nil, failures
	}
	var files []File
	var total int64
	for _, name := range names {
		if !in.match(name) || out.match(name) || inGit(name) {
			continue
		}
		data, err := read(name)
		switch {
		case err != nil:
			failures = append(failures, unread(name, err))
		case !Look(data):
		case len(data) > MaxFile:
			failures = append(failures, overLimit(name, MaxFile, Counts(data)))
		default:
			files = append(files, File{Path: name, Data: data})
			total += int64(len(data))
		}
		if total > MaxTotal {
			break
		}
	}
	return settle(files, failures, MaxTotal)
}

func overLimit(name string, limit int, counts bool) lint.Failure {
	return lint.Failure{File: name, Message: fmt.Sprintf("file is larger than %d bytes and was not read: split it, or exclude it", limit), Counts: counts}
}
