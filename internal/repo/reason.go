package repo

import (
	"errors"
	"io/fs"
	"os"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// reason strips the operation and the path from an error of the file system: failures name the file themselves, and
// the path of an error is raw text of the repository.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// unread is the failure of a file that could not be read. It counts: what it holds is not known.
func unread(path string, err error) lint.Failure {
	return lint.Failure{File: path, Message: "cannot be read: " + reason(err).Error() + "; make it readable or exclude it", Counts: true}
}
