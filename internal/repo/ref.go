package repo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// Ref is the tree of a commit, as far as it lies below the folder that was opened. It reads objects, never the work tree.
type Ref struct {
	Commit  string // its name in hexadecimal
	git     *git
	context context.Context
	blobs   []blob // sorted by path
	limits  limits
}

// blob is one regular file of a commit.
type blob struct {
	path string // relative to the folder
	name string // of the object
}

// maxRecord is the size of one line of git's answers, in bytes: twice the longest path that Linux has.
const maxRecord = 64 << 10

// OpenRef opens the tree of a ref in the repository that dir is in. The context also ends later reads.
func OpenRef(ctx context.Context, dir, ref string) (*Ref, error) {
	g, err := newGit(ctx, dir)
	if err != nil {
		return nil, err
	}
	r := &Ref{git: g, context: ctx, limits: defaultLimits}
	if r.Commit, err = g.commit(ctx, ref); err != nil {
		return nil, err
	}
	if err := r.list(ctx); err != nil {
		return nil, fmt.Errorf("the files of ref %q cannot be listed: %w", ref, err)
	}
	return r, nil
}

// list reads the names of all regular files.
func (r *Ref) list(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := r.git.command(ctx, "ls-tree", "-r", "-z", r.Commit)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return gitError("ls-tree", err, "")
	}
	err = r.records(bufio.NewReaderSize(out, maxRecord))
	if err != nil {
		cancel()
		cmd.Wait()
		return err
	}
	if err := cmd.Wait(); err != nil {
		return gitError("ls-tree", err, stderr.String())
	}
	slices.SortFunc(r.blobs, func(a, b blob) int { return strings.Compare(a.path, b.path) })
	return nil
}

// records reads lines "mode type object<TAB>path", ended by null bytes. Sizes are not asked for: git would open every
// object.
func (r *Ref) records(in *bufio.Reader) error {
	for {
		line, err := in.ReadSlice(0)
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		head, name, _ := strings.Cut(string(line[:len(line)-1]), "\t")
		f := strings.Fields(head)
		if len(f) != 3 || !strings.HasPrefix(f[0], "100") || f[1] != "blob" || inGit(name) {
			continue // symbolic links and submodules
		}
		if int64(len(r.blobs)) == r.limits.entries {
			return fmt.Errorf("there are more than %d", r.limits.entries)
		}
		r.blobs = append(r.blobs, blob{path: name, name: f[2]})
	}
}

// find returns the file of that path.
func (r *Ref) find(p string) (blob, bool) {
	i, ok := slices.BinarySearchFunc(r.blobs, p, func(b blob, p string) int { return strings.Compare(b.path, p) })
	if !ok {
		return blob{}, false
	}
	return r.blobs[i], true
}

// below returns the files of a folder, "" for all.
func (r *Ref) below(dir string) []blob {
	if dir == "" {
		return r.blobs
	}
	first, _ := slices.BinarySearchFunc(r.blobs, dir+"/", func(b blob, p string) int { return strings.Compare(b.path, p) })
	last, _ := slices.BinarySearchFunc(r.blobs, dir+"0", func(b blob, p string) int { return strings.Compare(b.path, p) }) // "0" follows "/"
	return r.blobs[first:last]
}

// ReadFile reads one file of the commit.
func (r *Ref) ReadFile(p string) ([]byte, error) {
	b, ok := r.find(p)
	if !ok {
		return nil, fs.ErrNotExist
	}
	one := batchReader{ref: r, wishes: []wish{{b, true}}, bytes: new(atomic.Int64)}
	one.run(r.context)
	switch {
	case one.err != nil:
		return nil, one.err
	case len(one.failures) > 0:
		return nil, errors.New(one.failures[0].Message)
	}
	return one.files[0].Data, nil
}

// Candidates is [Tree.Candidates] for the commit.
func (r *Ref) Candidates(ctx context.Context, include, exclude, paths []string, jobs int) ([]File, []lint.Failure) {
	in, out, failures := compileBoth(include, exclude)
	if failures != nil {
		return nil, failures
	}
	starts, failures := resolve(r.git.dir, paths, r.mode)
	var wanted []wish
	var patterns []*pattern
	for _, s := range starts {
		if s.file {
			b, _ := r.find(s.path)
			wanted = append(wanted, wish{b, true})
			continue
		}
		glob := s.pattern()
		if glob != nil {
			patterns = append(patterns, glob)
		}
		for _, b := range r.below(s.path) {
			if glob.meets(b.path) && in.match(b.path) && !out.match(b.path) {
				wanted = append(wanted, wish{b, false})
			}
		}
	}
	files, more := r.read(ctx, wanted, jobs)
	files, failures = settle(files, append(failures, more...), r.limits.total)
	return files, append(failures, unmatched(patterns, files)...)
}

// mode tells what a path is.
func (r *Ref) mode(p string) (fs.FileMode, error) {
	if _, ok := r.find(p); ok {
		return 0, nil
	}
	if len(r.below(p)) > 0 {
		return fs.ModeDir, nil
	}
	return 0, fs.ErrNotExist
}

// FS returns the commit's files as a file system. Like [Tree.FS] it has no symbolic links.
func (r *Ref) FS() fs.FS { return refFS{r} }

type refFS struct{ ref *Ref }

func (s refFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if b, ok := s.ref.find(name); ok {
		data, err := s.ref.ReadFile(name)
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		return &refFile{info: refInfo{path.Base(b.path), int64(len(data)), 0o444}, Reader: bytes.NewReader(data)}, nil
	}
	dir := name
	if name == "." {
		dir = ""
	}
	below := s.ref.below(dir)
	if len(below) == 0 && dir != "" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &refFolder{info: refInfo{path.Base(name), 0, fs.ModeDir | 0o555}, entries: s.ref.children(dir, below)}, nil
}

func (s refFS) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	data, err := s.ref.ReadFile(name)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}
