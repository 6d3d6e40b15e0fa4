package repo

import (
	"errors"
	"os"
	"path/filepath"
)

// errMoved is a folder that was exchanged while the tree was read.
var errMoved = errors.New("folder changed while it was read")

// openFolder opens a folder of the tree twice: as a root for its files, and as a file that lists it. A listing through
// an [os.Root] asks the type of each entry by a system call of its own, which takes as long as all the rest; so the
// listing is opened by its path, and must be the same folder.
func (t *Tree) openFolder(p string) (*os.Root, *os.File, error) {
	name := filepath.FromSlash(p)
	if p == "" {
		name = "."
	}
	root, err := t.root.OpenRoot(name)
	if err != nil {
		return nil, nil, err
	}
	f, err := os.Open(filepath.Join(t.dir, name))
	if err != nil {
		root.Close()
		return nil, nil, err
	}
	inside, err := root.Stat(".")
	listed, err2 := f.Stat()
	if err := errors.Join(err, err2); err != nil || !os.SameFile(inside, listed) {
		root.Close()
		f.Close()
		if err == nil {
			err = errMoved
		}
		return nil, nil, err
	}
	return root, f, nil
}
