// Package repo reads the files of a work tree or of a git ref, and writes the ones that a fix changes.
//
// A repository is hostile. Files are opened inside an [os.Root], symbolic links are not followed, only regular files are
// read, and .git is never entered. Names are carried raw, separated by slashes and relative to the folder that was
// opened; whoever prints one escapes it. Over a limit is an entry in the failures, never a silent skip.
//
// git is asked by plumbing commands with everything off that could run a program or open the network.
package repo

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
)

// ConfigName is the configuration's name, from the folder that has it.
const ConfigName = ".github/kmsguard.yml"

// File is one candidate.
type File struct {
	Path string // raw, slash-separated, relative to the opened folder
	Data []byte
}

// Tree is a folder of the file system.
type Tree struct {
	root   *os.Root
	dir    string // absolute
	limits limits
	seen   atomic.Int64
}

// Open opens a folder. Close the tree after use.
func Open(dir string) (*Tree, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("folder %q cannot be opened: %w", dir, err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("folder %q cannot be opened: %w", dir, reason(err))
	}
	return &Tree{root: root, dir: abs, limits: defaultLimits}, nil
}

// Close releases the folder.
func (t *Tree) Close() error { return t.root.Close() }

// Dir returns the absolute path of the opened folder.
func (t *Tree) Dir() string { return t.dir }

// Seen returns how many files have been looked at so far; it may be called while a walk runs.
func (t *Tree) Seen() int { return int(t.seen.Load()) }
