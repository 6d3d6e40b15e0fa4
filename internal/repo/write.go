package repo

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrChanged is a file that is no longer what the fix was made for.
var ErrChanged = errors.New("file changed since it was read: run kmsguard fix again")

// WriteFile puts new content in the place of old in a file of the tree, all or nothing: the content goes to a new file
// in the same folder, which then takes the name. The permissions stay. It fails with [ErrChanged] where the file does
// not hold old.
func (t *Tree) WriteFile(p string, old, content []byte) error {
	if err := t.replace(p, old, content); err != nil {
		return fmt.Errorf("file %q was not changed: %w", p, err)
	}
	return nil
}

func (t *Tree) replace(p string, old, content []byte) (err error) {
	mode, err := t.mode(p)
	if err != nil {
		return reason(err)
	}
	if !mode.IsRegular() || inGit(p) {
		return errKind
	}
	now, err := t.ReadFile(p)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, old) {
		return ErrChanged
	}
	dir, _ := split(p)
	temp := join(dir, ".kmsguard-"+rand.Text()+".tmp")
	f, err := t.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("no file can be made beside it: %w", reason(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(t.root.Remove(temp)))
		}
	}()
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode&fs.ModePerm), f.Sync(), f.Close())
	if err != nil {
		return reason(err)
	}
	if err := t.root.Rename(temp, p); err != nil {
		return reason(err)
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
