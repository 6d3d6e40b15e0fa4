package githubtest

import (
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

//go:embed testdata/pull_request.json
var example []byte

// pull is one pull request.
type pull struct {
	number     int
	base, head string
	fork       string // "owner/name" of the head's repository, "" for the same
	closed     bool
	heads      []string // every head it had
}

// Pull opens a pull request between two commits and returns its number. fork is the repository of the head,
// "" for the same.
func (s *Server) Pull(base, head, fork string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.pulls) + 1
	s.pulls[n] = &pull{number: n, base: base, head: head, fork: fork, heads: []string{head}}
	return n
}

// Push adds a commit of the tree to the pull request and returns its sha.
func (s *Server) Push(number int, tree Tree) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.push(s.pulls[number], tree, "change")
}

func (s *Server) push(p *pull, tree Tree, message string) string {
	p.head = s.commit(tree, message, p.head)
	p.heads = append(p.heads, p.head)
	return p.head
}

// ForcePush replaces the commits of the pull request by one of the tree on its base.
func (s *Server) ForcePush(number int, tree Tree) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pulls[number]
	p.head = s.commit(tree, "forced", s.mergeBase(p.base, p.head))
	p.heads = append(p.heads, p.head)
	return p.head
}

// Close closes the pull request.
func (s *Server) ClosePull(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pulls[number].closed = true
}

// Head returns the sha and the files of the pull request's head.
func (s *Server) Head(number int) (string, Tree) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sha := s.pulls[number].head
	return sha, maps.Clone(s.commits[sha].tree)
}

// Event is the payload of a pull_request event, for GITHUB_EVENT_PATH.
func (s *Server) Event(number int, action string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var e map[string]any
	if err := json.Unmarshal(example, &e); err != nil {
		s.options.Fail("example event: %v", err)
	}
	e["action"], e["number"], e["pull_request"] = action, number, s.pullObject(s.pulls[number])
	e["repository"] = s.repositoryObject(s.Repository())
	out, err := json.Marshal(e)
	if err != nil {
		s.options.Fail("example event: %v", err)
	}
	return out
}

// MergeGroup is the payload of a merge_group event: the queue asks for checks of the commit head, made on base.
func (s *Server) MergeGroup(head, base string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, err := json.Marshal(map[string]any{
		"action": "checks_requested",
		"merge_group": map[string]any{"head_sha": head, "head_ref": "refs/heads/gh-readonly-queue/main/pr-1-" + base, "base_sha": base, "base_ref": "refs/heads/main",
			"head_commit": map[string]any{"id": head, "message": "merge"}},
		"repository": s.repositoryObject(s.Repository()),
	})
	if err != nil {
		s.options.Fail("merge_group event: %v", err)
	}
	return out
}

func (s *Server) changed(p *pull) []entry {
	key := p.base + p.head
	if _, ok := s.diffs[key]; !ok {
		s.diffs[key] = s.changes(s.commits[s.mergeBase(p.base, p.head)].tree, s.commits[p.head].tree)
	}
	return s.diffs[key]
}

// repository answers what lies below /repos/owner/name/.
func (s *Server) repository(r *http.Request, parts []string, body []byte) answer {
	part := func(i int) string {
		if i < len(parts) {
			return parts[i]
		}
		return ""
	}
	switch {
	case part(0) == "compare" && len(parts) == 2:
		return s.compare(parts[1])
	case part(0) == "git" && part(1) == "blobs" && len(parts) == 3:
		content, ok := s.blobs[parts[2]]
		if !ok {
			return fail(http.StatusNotFound, "Not Found")
		}
		return answer{status: http.StatusOK, body: map[string]any{"sha": parts[2], "node_id": "B_" + parts[2], "size": len(content),
			"url": s.api("git/blobs/" + parts[2]), "content": base64.StdEncoding.EncodeToString([]byte(content)), "encoding": "base64"}}
	case part(0) == "git" && part(1) == "trees" && len(parts) == 3:
		return s.tree(r, parts[2])
	case part(0) == "commits" && part(2) == "pulls":
		return s.listPulls(func(p *pull) bool { return slices.Contains(s.history(p.head), parts[1]) && p.fork == "" }, r)
	case part(0) == "check-runs":
		return s.checkRuns(r.Method, part(1), body)
	case part(0) == "issues":
		return s.conversation(r, parts, body)
	case part(0) == "pulls" && part(1) == "":
		return s.listPulls(func(p *pull) bool { return !p.closed }, r)
	case part(0) == "pulls" && part(1) == "comments":
		return s.comment(r, part(2), body)
	case part(0) == "pulls":
		number, _ := strconv.Atoi(part(1))
		p := s.pulls[number]
		if p == nil {
			return fail(http.StatusNotFound, "Not Found")
		}
		switch part(2) {
		case "":
			return answer{status: http.StatusOK, body: s.pullObject(p)}
		case "files":
			return s.files(r, p)
		case "reviews":
			return s.reviewCalls(r, p, part(3), body)
		case "comments":
			return s.pullComments(r, p, parts[3:], body)
		}
	}
	return fail(http.StatusNotFound, "Not Found")
}

func (s *Server) listPulls(fits func(*pull) bool, r *http.Request) answer {
	out := []any{}
	for _, n := range slices.Sorted(maps.Keys(s.pulls)) {
		if fits(s.pulls[n]) {
			out = append(out, s.pullObject(s.pulls[n]))
		}
	}
	return s.page(r, out)
}

func (s *Server) files(r *http.Request, p *pull) answer {
	out := []any{}
	for _, e := range s.changed(p) {
		if len(out) < s.options.MaxFiles {
			out = append(out, s.fileObject(e, p.head))
		}
	}
	return s.page(r, out)
}

func (s *Server) fileObject(e entry, sha string) map[string]any {
	content := e.after
	if e.status == "removed" {
		content = e.before
	}
	o := map[string]any{"sha": hash("blob", content), "filename": e.name, "status": e.status, "additions": e.added,
		"deletions": e.deleted, "changes": e.added + e.deleted, "blob_url": s.web("blob/" + sha + "/x"),
		"raw_url": s.web("raw/" + sha + "/x"), "contents_url": s.api("contents/x?ref=" + sha)}
	if e.patch != "" {
		o["patch"] = e.patch
	}
	if e.previous != "" {
		o["previous_filename"] = e.previous
	}
	return o
}

func (s *Server) compare(spec string) answer {
	a, b, _ := strings.Cut(spec, "...")
	base, head := s.commits[a], s.commits[b]
	if base == nil || head == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	merge := s.mergeBase(a, b)
	if merge == "" {
		return fail(http.StatusNotFound, "No common ancestor between "+a+" and "+b+".")
	}
	files := []any{}
	for _, e := range s.changes(s.commits[merge].tree, head.tree) {
		if len(files) < 300 {
			files = append(files, s.fileObject(e, b))
		}
	}
	commits := []any{}
	return answer{status: http.StatusOK, body: map[string]any{"url": s.api("compare"), "html_url": s.web("compare"), "permalink_url": s.web("compare"),
		"diff_url": s.web("compare.diff"), "patch_url": s.web("compare.patch"), "base_commit": s.commitObject(a),
		"merge_base_commit": s.commitObject(merge), "status": "ahead", "ahead_by": 1, "behind_by": 0, "total_commits": 1,
		"commits": commits, "files": files}}
}

func (s *Server) tree(r *http.Request, sha string) answer {
	root, ok := s.trees[sha]
	if !ok {
		root = sha
	}
	if _, ok := s.directories[root]; !ok {
		return fail(http.StatusNotFound, "Not Found")
	}
	list := s.list(root, "", r.URL.Query().Get("recursive") != "")
	out, truncated := []any{}, false
	for _, o := range list {
		if len(out) >= s.options.TreeLimit && r.URL.Query().Get("recursive") != "" {
			truncated = true
			break
		}
		e := map[string]any{"path": o.path, "mode": o.mode, "type": o.kind, "sha": o.sha, "url": s.api("git/trees/" + o.sha)}
		if o.kind == "blob" {
			e["size"] = o.size
		}
		out = append(out, e)
	}
	return answer{status: http.StatusOK, body: map[string]any{"sha": root, "url": s.api("git/trees/" + root), "tree": out, "truncated": truncated}}
}

// page cuts a list as the query says: 30 a page by default, 100 at most.
func (s *Server) page(r *http.Request, all []any) answer {
	q := r.URL.Query()
	size, page := 30, 1
	if n, err := strconv.Atoi(q.Get("per_page")); err == nil && n > 0 {
		size = min(n, 100)
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 {
		page = n
	}
	from := min((page-1)*size, len(all))
	to := min(from+size, len(all))
	header := http.Header{}
	if to < len(all) {
		q.Set("page", strconv.Itoa(page+1))
		header.Set("Link", fmt.Sprintf("<%s%s?%s>; rel=\"next\"", s.URL(), r.URL.Path, q.Encode()))
	}
	return answer{status: http.StatusOK, body: append([]any{}, all[from:to]...), header: header}
}
