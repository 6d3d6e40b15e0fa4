package github

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	// maxBlobs is how many files are fetched in one run: a workflow's token has 1,000 requests an hour for the whole
	// repository (github.md section 5).
	maxBlobs = 700
	// maxBlob is the size above which a file is not fetched; the scan has its own, lower limit.
	maxBlob = 8 << 20
	// maxTreeCalls bounds the walk of a tree that GitHub does not list at once.
	maxTreeCalls = 200
)

// Snapshot is the tree of one commit, read through the API as data: nothing is checked out, and files are fetched when
// they are opened. Links and submodules are not in it. It is an [fs.FS].
type Snapshot struct {
	ctx    context.Context
	client *Client
	files  map[string]treeFile
	names  []string // sorted
	dirs   map[string][]fs.DirEntry
}

type treeFile struct {
	sha  string
	size int64
}

// Snapshot lists the tree of a commit.
func (c *Client) Snapshot(ctx context.Context, commit string) (*Snapshot, error) {
	s := &Snapshot{ctx: ctx, client: c, files: map[string]treeFile{}, dirs: map[string][]fs.DirEntry{".": nil}}
	complete, err := s.read(commit, "", true)
	if err == nil && !complete {
		// GitHub cuts long lists: walk the directories one by one.
		clear(s.files)
		s.names = nil
		calls := 0
		err = s.walk(commit, "", &calls)
	}
	if err != nil {
		return nil, fmt.Errorf("the files of commit %s could not be listed: %s", abbreviate(commit), explain(err))
	}
	slices.Sort(s.names)
	s.index()
	return s, nil
}

var errTree = errors.New("the repository has too many directories to list")

// read lists one tree, and tells whether GitHub listed all of it.
func (s *Snapshot) read(sha, prefix string, recursive bool) (bool, error) {
	tree, _, err := s.client.rest.Git.GetTree(s.ctx, s.client.owner, s.client.name, sha, recursive)
	if err != nil {
		return false, err
	}
	for _, e := range tree.Entries {
		if mode := e.GetMode(); mode == "100644" || mode == "100755" {
			name := path.Join(prefix, e.GetPath())
			if fs.ValidPath(name) {
				s.files[name] = treeFile{e.GetSHA(), int64(e.GetSize())}
				s.names = append(s.names, name)
			}
		}
	}
	return !tree.GetTruncated(), nil
}

func (s *Snapshot) walk(sha, prefix string, calls *int) error {
	if *calls++; *calls > maxTreeCalls {
		return errTree
	}
	tree, _, err := s.client.rest.Git.GetTree(s.ctx, s.client.owner, s.client.name, sha, false)
	if err != nil {
		return err
	}
	for _, e := range tree.Entries {
		name := path.Join(prefix, e.GetPath())
		switch mode := e.GetMode(); {
		case !fs.ValidPath(name):
		case mode == "040000":
			if err := s.walk(e.GetSHA(), name, calls); err != nil {
				return err
			}
		case mode == "100644" || mode == "100755":
			s.files[name] = treeFile{e.GetSHA(), int64(e.GetSize())}
			s.names = append(s.names, name)
		}
	}
	return nil
}

// index makes the directories.
func (s *Snapshot) index() {
	for _, name := range s.names {
		entry := fs.DirEntry(fileInfo{path.Base(name), s.files[name].size, 0o444})
		for dir := path.Dir(name); ; dir = path.Dir(dir) {
			_, known := s.dirs[dir]
			s.dirs[dir] = append(s.dirs[dir], entry)
			if known || dir == "." {
				break
			}
			entry = fileInfo{path.Base(dir), 0, fs.ModeDir | 0o555}
		}
	}
	for _, list := range s.dirs {
		slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
}

// Names lists the files, sorted.
func (s *Snapshot) Names() []string { return s.names }

// ReadFile implements [fs.ReadFileFS]. A blob that both sides of a change have is fetched once.
func (s *Snapshot) ReadFile(name string) ([]byte, error) {
	f, ok := s.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	body, err := s.client.blob(s.ctx, f)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return slices.Clone(body), nil
}

func (c *Client) blob(ctx context.Context, f treeFile) ([]byte, error) {
	c.mu.Lock()
	body, ok := c.blobs[f.sha]
	c.fetched++
	spent := c.fetched > maxBlobs
	if ok {
		c.fetched--
	}
	c.mu.Unlock()
	switch {
	case ok:
		return body, nil
	case f.size > maxBlob:
		return nil, fmt.Errorf("over %d MiB: not fetched", maxBlob>>20)
	case spent:
		return nil, fmt.Errorf("more than %d files to fetch from GitHub: check the head commit out for kmsguard instead", maxBlobs)
	}
	blob, _, err := c.rest.Git.GetBlob(ctx, c.owner, c.name, f.sha)
	if err != nil {
		return nil, errors.New(explain(err))
	}
	body = []byte(blob.GetContent())
	if blob.GetEncoding() == "base64" {
		if body, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(blob.GetContent(), "\n", "")); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	c.blobs[f.sha] = body
	c.mu.Unlock()
	return body, nil
}

// Open implements [fs.FS].
func (s *Snapshot) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if list, ok := s.dirs[name]; ok {
		return &openDir{info: fileInfo{path.Base(name), 0, fs.ModeDir | 0o555}, rest: list}, nil
	}
	body, err := s.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &openFile{fileInfo{path.Base(name), int64(len(body)), 0o444}, strings.NewReader(string(body))}, nil
}

// ReadDir implements [fs.ReadDirFS].
func (s *Snapshot) ReadDir(name string) ([]fs.DirEntry, error) {
	list, ok := s.dirs[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return slices.Clone(list), nil
}

// Stat implements [fs.StatFS] without fetching anything.
func (s *Snapshot) Stat(name string) (fs.FileInfo, error) {
	if f, ok := s.files[name]; ok {
		return fileInfo{path.Base(name), f.size, 0o444}, nil
	}
	if _, ok := s.dirs[name]; ok {
		return fileInfo{path.Base(name), 0, fs.ModeDir | 0o555}, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

// fileInfo is both [fs.FileInfo] and [fs.DirEntry].
type fileInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i fileInfo) Name() string               { return i.name }
func (i fileInfo) Size() int64                { return i.size }
func (i fileInfo) Mode() fs.FileMode          { return i.mode }
func (i fileInfo) ModTime() time.Time         { return time.Time{} }
func (i fileInfo) IsDir() bool                { return i.mode.IsDir() }
func (i fileInfo) Sys() any                   { return nil }
func (i fileInfo) Type() fs.FileMode          { return i.mode.Type() }
func (i fileInfo) Info() (fs.FileInfo, error) { return i, nil }

type openFile struct {
	info fileInfo
	*strings.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	info fileInfo
	rest []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: errors.New("is a directory")}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		out := d.rest
		d.rest = nil
		return out, nil
	}
	if len(d.rest) == 0 {
		return nil, io.EOF
	}
	out := d.rest[:min(n, len(d.rest))]
	d.rest = d.rest[len(out):]
	return out, nil
}
