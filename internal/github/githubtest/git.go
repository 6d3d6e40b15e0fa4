package githubtest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Tree is the files of one commit: slash-separated path to content.
type Tree map[string]string

// commit is one commit with the whole tree it stands for.
type commit struct {
	sha     string
	parents []string
	tree    Tree
	message string
}

// object is what git/trees lists of one directory.
type object struct {
	path, mode, kind, sha string
	size                  int
}

func hash(kind, content string) string {
	sum := sha1.Sum(fmt.Appendf(nil, "%s %d\x00%s", kind, len(content), content))
	return hex.EncodeToString(sum[:])
}

// Commit stores a commit of the tree on the parents and returns its sha. Blobs have the shas that git gives them.
func (s *Server) Commit(tree Tree, parents ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commit(tree, "change", parents...)
}

func (s *Server) commit(tree Tree, message string, parents ...string) string {
	root := s.store(tree)
	c := commit{parents: parents, tree: maps.Clone(tree), message: message}
	c.sha = hash("commit", fmt.Sprintf("tree %s parents %v number %d", root, parents, len(s.commits)))
	s.commits[c.sha] = &c
	s.trees[c.sha] = root
	return c.sha
}

// store files the tree's blobs and directories and returns the root's sha.
func (s *Server) store(tree Tree) string {
	return s.storeDirectory(tree, "")
}

func (s *Server) storeDirectory(tree Tree, dir string) string {
	var list []object
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		rest, ok := strings.CutPrefix(name, dir)
		if !ok {
			continue
		}
		first, _, deeper := strings.Cut(rest, "/")
		if seen[first] {
			continue
		}
		seen[first] = true
		if deeper {
			list = append(list, object{first, "040000", "tree", s.storeDirectory(tree, dir+first+"/"), 0})
			continue
		}
		content := tree[name]
		sha := hash("blob", content)
		s.blobs[sha] = content
		list = append(list, object{first, "100644", "blob", sha, len(content)})
	}
	sha := hash("tree", fmt.Sprint(list))
	s.directories[sha] = list
	return sha
}

// list returns the objects of a directory, with all below it where recursive is set.
func (s *Server) list(sha, prefix string, recursive bool) []object {
	var out []object
	for _, o := range s.directories[sha] {
		below := o.sha
		o.path = path.Join(prefix, o.path)
		out = append(out, o)
		if recursive && o.kind == "tree" {
			out = append(out, s.list(below, o.path, true)...)
		}
	}
	return out
}

// mergeBase returns the nearest commit that both have in their history, "" where there is none.
func (s *Server) mergeBase(a, b string) string {
	ours := map[string]bool{}
	for _, c := range s.history(a) {
		ours[c] = true
	}
	for _, c := range s.history(b) {
		if ours[c] {
			return c
		}
	}
	return ""
}

// history lists the commit and its ancestors, nearest first.
func (s *Server) history(sha string) []string {
	var out []string
	for queue := []string{sha}; len(queue) > 0; queue = queue[1:] {
		c := s.commits[queue[0]]
		if c == nil || slices.Contains(out, c.sha) {
			continue
		}
		out = append(out, c.sha)
		queue = append(queue, c.parents...)
	}
	return out
}
