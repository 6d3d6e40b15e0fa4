package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Config is the text of a configuration file and where it was found.
type Config struct {
	Dir  string // absolute path of the folder that has it, whose paths its globs mean
	Data []byte
}

// FindConfig returns the configuration of the nearest folder at or above path that has one, up to the repository's root
// (the folder that has .git). Outside a repository only the folder itself is asked: files of strangers lie above it, in
// /tmp for one. It returns nil where there is none.
func FindConfig(path string) (*Config, error) {
	dir, err := folderOf(path)
	if err != nil {
		return nil, err
	}
	top := Root(dir)
	for {
		c, err := configOf(dir)
		if c != nil || err != nil {
			return c, err
		}
		if parent := filepath.Dir(dir); top != "" && dir != top && parent != dir {
			dir = parent
			continue
		}
		return nil, nil
	}
}

// Root returns the nearest folder at or above dir that has a .git, or "".
func Root(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// folderOf returns the absolute path of a folder, or of the folder that a file or the first wildcard of a glob is in.
func folderOf(path string) (string, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("PATH %q cannot be read: %w", path, reason(err))
	}
	for {
		if st, err := os.Stat(dir); err == nil && st.IsDir() {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("PATH %q cannot be read: none of its folders exists", path)
		}
		dir = parent
	}
}

func configOf(dir string) (*Config, error) {
	t, err := Open(dir)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	data, err := t.ReadFile(ConfigName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("configuration %q cannot be read: %w", filepath.Join(dir, ConfigName), err)
	}
	return &Config{Dir: dir, Data: data}, nil
}
