package repo

import (
	"bytes"
	"io"
	"io/fs"
	"strings"
	"time"
)

// refInfo describes a file or folder of a commit. Commits know no times of files.
type refInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i refInfo) Name() string       { return i.name }
func (i refInfo) Size() int64        { return i.size }
func (i refInfo) Mode() fs.FileMode  { return i.mode }
func (i refInfo) ModTime() time.Time { return time.Time{} }
func (i refInfo) IsDir() bool        { return i.mode.IsDir() }
func (i refInfo) Sys() any           { return nil }

// refEntry is an entry of a folder. The size of a file is known once it is read.
type refEntry struct {
	ref  *Ref
	name string
	file string // path, "" for a folder
}

func (e refEntry) Name() string { return e.name }
func (e refEntry) IsDir() bool  { return e.file == "" }

func (e refEntry) Type() fs.FileMode {
	if e.IsDir() {
		return fs.ModeDir
	}
	return 0
}

func (e refEntry) Info() (fs.FileInfo, error) {
	if e.IsDir() {
		return refInfo{e.name, 0, fs.ModeDir | 0o555}, nil
	}
	data, err := e.ref.ReadFile(e.file)
	if err != nil {
		return nil, err
	}
	return refInfo{e.name, int64(len(data)), 0o444}, nil
}

// refFile is an open file of a commit.
type refFile struct {
	info refInfo
	*bytes.Reader
}

func (f *refFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *refFile) Close() error               { return nil }

// refFolder is an open folder of a commit.
type refFolder struct {
	info    refInfo
	entries []fs.DirEntry // not yet read
}

func (f *refFolder) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *refFolder) Close() error               { return nil }

func (f *refFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.info.name, Err: fs.ErrInvalid}
}

func (f *refFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 || n > len(f.entries) {
		if n > 0 && len(f.entries) == 0 {
			return nil, io.EOF
		}
		n = len(f.entries)
	}
	list := f.entries[:n]
	f.entries = f.entries[n:]
	return list, nil
}

// children returns the entries of a folder by the sorted files below it.
func (r *Ref) children(dir string, below []blob) []fs.DirEntry {
	seen := map[string]bool{}
	var list []fs.DirEntry
	for _, b := range below {
		rest := strings.TrimPrefix(b.path, dir+"/")
		if dir == "" {
			rest = b.path
		}
		name, _, isFolder := strings.Cut(rest, "/")
		if seen[name] {
			continue
		}
		seen[name] = true
		e := refEntry{ref: r, name: name, file: b.path}
		if isFolder {
			e.file = ""
		}
		list = append(list, e)
	}
	return list
}
