package repo

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// errLink and its kin say why the file system refuses a name.
var (
	errLink  = errors.New("is a symbolic link, which is not followed")
	errKind  = errors.New("is neither a regular file nor a folder")
	errGit   = errors.New("is inside .git, which is not read")
	errLarge = fmt.Errorf("is larger than %d bytes", MaxFile)
)

// FS returns the tree as a file system for what templates refer to: includes, nested templates, parameter files, source
// maps. It follows no symbolic link, opens regular files and folders only, and reads [MaxFile] bytes at most.
func (t *Tree) FS() fs.FS { return treeFS{t} }

type treeFS struct{ tree *Tree }

var (
	_ fs.ReadFileFS = treeFS{}
	_ fs.StatFS     = treeFS{}
)

func (s treeFS) Open(name string) (fs.File, error) {
	if err := s.allow(name); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f, err := s.tree.root.OpenFile(name, openFlags, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: reason(err)}
	}
	return f, nil
}

func (s treeFS) ReadFile(name string) ([]byte, error) {
	f, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(s.tree.limits.file)+1))
	if err == nil && len(data) > s.tree.limits.file {
		err = errLarge
	}
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: reason(err)}
	}
	return data, nil
}

func (s treeFS) Stat(name string) (fs.FileInfo, error) {
	if err := s.allow(name); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	st, err := s.tree.root.Lstat(name)
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: reason(err)}
	}
	return st, nil
}

// allow refuses names that are not of the tree, and whatever is no regular file or folder.
func (s treeFS) allow(name string) error {
	if !fs.ValidPath(name) {
		return fs.ErrInvalid
	}
	if inGit(name) {
		return errGit
	}
	if name == "." {
		return nil
	}
	mode, err := s.tree.mode(name)
	switch {
	case err != nil:
		return reason(err)
	case mode&fs.ModeSymlink != 0:
		return errLink
	case !mode.IsRegular() && !mode.IsDir():
		return errKind
	}
	return nil
}

// ReadFile reads one file of the tree by its raw name, which need not be UTF-8 as [Tree.FS] demands.
func (t *Tree) ReadFile(p string) ([]byte, error) {
	if mode, err := t.mode(p); err != nil {
		return nil, reason(err)
	} else if !mode.IsRegular() || inGit(p) {
		return nil, errKind
	}
	f, err := t.root.OpenFile(p, openFlags, 0)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(t.limits.file)+1))
	if err == nil && len(data) > t.limits.file {
		err = errLarge
	}
	return data, err
}
