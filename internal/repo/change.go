package repo

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Change is one file that a work tree has otherwise than a commit.
type Change struct {
	Path     string // now; what it was for a removed file
	Previous string // of a renamed file
	Status   string // added, removed, modified, renamed: GitHub's words
}

// Diff returns what the work tree changes in the commit, sorted by path: tracked files with renames, and new files that
// git does not ignore. Both must have been opened on the same folder. Contents are compared byte for byte but for line
// ends, which git may convert on checkout; git itself runs no filter.
func Diff(ctx context.Context, base *Ref, tree *Tree) ([]Change, error) {
	out, err := base.git.run(ctx, "diff-index", "-z", "--raw", "--find-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--relative", base.Commit)
	if err != nil {
		return nil, err
	}
	changes, err := rawChanges(string(out))
	if err != nil {
		return nil, err
	}
	changes = slices.DeleteFunc(changes, func(c Change) bool { return c.Status == "modified" && unchanged(base, tree, c.Path) })
	out, err = base.git.run(ctx, "ls-files", "-z", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(string(out), "\x00") {
		if name != "" && !strings.HasSuffix(name, "/") { // a folder is another repository
			changes = append(changes, Change{Path: name, Status: "added"})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes, nil
}

// rawChanges reads records ":mode mode object object status", path, and for renames the new path, ended by null bytes.
func rawChanges(out string) ([]Change, error) {
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	if out == "" {
		return nil, nil
	}
	var changes []Change
	for i := 0; i < len(fields); {
		head := strings.Fields(fields[i])
		if len(head) != 5 || !strings.HasPrefix(head[0], ":") || i+1 >= len(fields) {
			return nil, fmt.Errorf("git diff-index gave %.100q, which kmsguard cannot read", fields[i])
		}
		status, path := head[4], fields[i+1]
		i += 2
		wasFile, isFile := strings.HasPrefix(head[0], ":100"), strings.HasPrefix(head[1], "100")
		c := Change{Path: path}
		if status[0] == 'R' || status[0] == 'C' {
			if i >= len(fields) {
				return nil, fmt.Errorf("git diff-index ended within a rename, which kmsguard cannot read")
			}
			c.Path, c.Previous = fields[i], path
			i++
		}
		switch {
		case status[0] == 'R' && wasFile && isFile:
			c.Status = "renamed"
		case isFile && (status[0] == 'A' || status[0] == 'C' || !wasFile):
			c.Status, c.Previous = "added", ""
		case wasFile && (status[0] == 'D' || !isFile):
			c.Status = "removed"
		case wasFile && isFile:
			c.Status = "modified"
		default:
			continue // symbolic links and submodules
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// unchanged tells whether a file that only looks modified, by its time, still has its content.
func unchanged(base *Ref, tree *Tree, p string) bool {
	now, err := tree.ReadFile(p)
	if err != nil {
		return false
	}
	was, err := base.ReadFile(p)
	lf := func(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) }
	return err == nil && bytes.Equal(lf(now), lf(was))
}
