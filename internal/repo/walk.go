package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// batch is how many files of one folder a worker takes at once: few enough to share a flat folder, enough that the
// queue's lock does not show.
const batch = 128

// walk is one pass over a tree. Workers take tasks from a stack, so that the folders that are open at once are few.
type walk struct {
	tree             *Tree
	include, exclude globs
	patterns         []*pattern // of PATH arguments
	entries          atomic.Int64
	bytes            atomic.Int64

	mu    sync.Mutex
	idle  sync.Cond
	tasks []task
	busy  int  // workers that may still add tasks
	ended bool // cancelled, or over a limit
}

// task is a folder to list, or some of its files to read.
type task struct {
	path  string   // of the folder
	glob  *pattern // what files must match besides the include globs, or nil
	dir   *folderRoot
	names []string // nil: list the folder
	named bool     // the names are PATH arguments
}

// folderRoot is an open folder that the tasks with its files share. The last one closes it.
type folderRoot struct {
	root  *os.Root
	users atomic.Int32
}

func (f *folderRoot) release() {
	if f.users.Add(-1) == 0 {
		f.root.Close()
	}
}

func (w *walk) add(s start) {
	switch {
	case s.file:
		dir, name := split(s.path)
		w.tasks = append(w.tasks, task{path: dir, names: []string{name}, named: true})
	case s.glob != "":
		if p := s.pattern(); p != nil {
			w.patterns = append(w.patterns, p)
			w.tasks = append(w.tasks, task{path: s.path, glob: p})
		}
	default:
		w.tasks = append(w.tasks, task{path: s.path})
	}
}

// run walks with that many workers and returns what they found, in no order.
func (w *walk) run(ctx context.Context, jobs int) (files []File, failures []lint.Failure) {
	stop := context.AfterFunc(ctx, w.end)
	defer stop()
	workers := make([]worker, jobs)
	w.busy = jobs
	var wg sync.WaitGroup
	for i := range workers {
		workers[i].walk = w
		wg.Go(workers[i].run)
	}
	wg.Wait()
	for _, t := range w.tasks { // left over where the walk was ended
		if t.dir != nil {
			t.dir.release()
		}
	}
	limits := w.tree.limits
	switch {
	case ctx.Err() != nil:
		return nil, []lint.Failure{{Message: "the walk was cancelled: " + context.Cause(ctx).Error(), Counts: true}}
	case w.entries.Load() > limits.entries:
		return nil, []lint.Failure{{Message: fmt.Sprintf("the tree has more than %d files and folders, so none was read: narrow PATH or exclude some", limits.entries), Counts: true}}
	case w.bytes.Load() > 2*limits.total: // twice: overlapping PATH arguments find a file more than once
		return nil, []lint.Failure{tooMuch(limits.total)}
	}
	for i := range workers {
		files = append(files, workers[i].files...)
		failures = append(failures, workers[i].failures...)
	}
	return files, failures
}

// end makes the workers stop after the task in hand.
func (w *walk) end() {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.idle.Broadcast()
}

// next waits for a task. There is none once every worker waits.
func (w *walk) next() (task, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy--
	for len(w.tasks) == 0 && w.busy > 0 && !w.ended {
		w.idle.Wait()
	}
	if len(w.tasks) == 0 || w.ended {
		w.idle.Broadcast()
		return task{}, false
	}
	w.busy++
	last := len(w.tasks) - 1
	t := w.tasks[last]
	w.tasks[last] = task{}
	w.tasks = w.tasks[:last]
	return t, true
}

func (w *walk) push(tasks ...task) {
	w.mu.Lock()
	w.tasks = append(w.tasks, tasks...)
	w.mu.Unlock()
	w.idle.Broadcast()
}

// worker carries out tasks. What it finds is its own, so nothing is locked.
type worker struct {
	walk     *walk
	buffer   []byte
	files    []File
	failures []lint.Failure
}

func (k *worker) run() {
	for {
		t, ok := k.walk.next()
		if !ok {
			return
		}
		if t.names == nil {
			k.list(t)
		} else {
			k.readAll(t)
		}
	}
}

// list reads a folder's names, pushes its folders, and its files in batches.
func (k *worker) list(t task) {
	w := k.walk
	if t.path != "" && strings.Count(t.path, "/") >= w.tree.limits.depth {
		k.failures = append(k.failures, lint.Failure{File: t.path, Message: fmt.Sprintf("folder is more than %d deep and was not entered: exclude it", w.tree.limits.depth), Counts: true})
		return
	}
	root, f, err := w.tree.openFolder(t.path)
	if err != nil {
		k.failures = append(k.failures, unread(t.path, err))
		return
	}
	defer f.Close()
	dir := &folderRoot{root: root}
	dir.users.Add(1)
	defer dir.release()
	var names []string
	for {
		entries, err := f.ReadDir(1024)
		if w.entries.Add(int64(len(entries))) > w.tree.limits.entries {
			w.end()
			return
		}
		var folders []task
		for _, e := range entries {
			p := join(t.path, e.Name())
			switch mode := e.Type(); {
			case strings.EqualFold(e.Name(), ".git"):
			case mode.IsDir() && !w.exclude.covers(p):
				folders = append(folders, task{path: p, glob: t.glob})
			case mode.IsRegular() && w.wanted(p, t.glob):
				names = append(names, e.Name())
			}
		}
		w.tree.seen.Add(int64(len(entries)))
		if len(folders) > 0 {
			w.push(folders...)
		}
		for len(names) >= batch {
			dir.users.Add(1)
			w.push(task{path: t.path, dir: dir, names: names[:batch:batch]})
			names = names[batch:]
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				k.failures = append(k.failures, unread(t.path, err))
			}
			break
		}
	}
	for _, name := range names {
		k.read(root, t.path, name, false)
	}
}

func (w *walk) wanted(p string, glob *pattern) bool {
	return glob.meets(p) && w.include.match(p) && !w.exclude.match(p)
}

func (k *worker) readAll(t task) {
	root := k.walk.tree.root
	prefix := t.path + "/"
	if t.dir != nil {
		root, prefix = t.dir.root, ""
		defer t.dir.release()
	} else if t.path == "" {
		prefix = ""
	}
	for _, name := range t.names {
		k.readAt(root, prefix+name, join(t.path, name), t.named)
	}
}

func (k *worker) read(root *os.Root, dir, name string, named bool) {
	k.readAt(root, name, join(dir, name), named)
}

// readAt reads the file that is called name in root and p in the tree, and keeps it if it is a candidate.
func (k *worker) readAt(root *os.Root, name, p string, named bool) {
	w := k.walk
	f, err := root.OpenFile(name, openFlags, 0)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) { // removed since the folder was listed
			return
		}
		k.failures = append(k.failures, unread(p, err))
		return
	}
	defer f.Close()
	data, err := k.fill(f)
	switch {
	case err != nil:
		k.failures = append(k.failures, unread(p, err))
	case len(data) > w.tree.limits.file:
		candidate, counts, err := lookFurther(f, data, named)
		switch {
		case err != nil:
			k.failures = append(k.failures, unread(p, err))
		case candidate:
			k.failures = append(k.failures, overLimit(p, w.tree.limits.file, counts))
		}
	case named || Look(data):
		if w.bytes.Add(int64(len(data))) > 2*w.tree.limits.total {
			w.end()
			return
		}
		k.files = append(k.files, File{Path: p, Data: append(make([]byte, 0, len(data)), data...)})
	}
}

// fill reads up to one byte more than the limit into the worker's buffer.
func (k *worker) fill(f *os.File) ([]byte, error) {
	limit := k.walk.tree.limits.file + 1
	if k.buffer == nil {
		k.buffer = make([]byte, min(limit, 64<<10))
	}
	n := 0
	for {
		m, err := f.Read(k.buffer[n:])
		n += m
		if errors.Is(err, io.EOF) || n == limit {
			return k.buffer[:n], nil
		}
		if err != nil {
			return nil, err
		}
		if n == len(k.buffer) {
			k.buffer = append(k.buffer, make([]byte, min(limit-n, 3*n))...)
		}
	}
}
