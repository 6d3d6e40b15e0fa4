package githubtest

import (
	"encoding/json"
	"hash/fnv"
	"net/http"
	"strings"
)

func (s *Server) api(path string) string {
	return "https://api.github.com/repos/" + s.Repository() + "/" + path
}

func (s *Server) web(path string) string { return "https://github.com/" + s.Repository() + "/" + path }

// userObject is a "simple user"; an app's login ends in [bot].
func userObject(login string) map[string]any {
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	h := fnv.New32a()
	h.Write([]byte(login))
	url := "https://api.github.com/users/" + login
	return map[string]any{"login": login, "id": int(h.Sum32()), "node_id": "U_" + login, "avatar_url": url, "gravatar_id": "", "url": url,
		"html_url": url, "followers_url": url, "following_url": url, "gists_url": url, "starred_url": url, "subscriptions_url": url,
		"organizations_url": url, "repos_url": url, "events_url": url, "received_events_url": url, "type": kind, "site_admin": false}
}

// user answers GET /user: an installation's token may not ask (github.md section 8.3).
func (s *Server) user() answer {
	if strings.HasSuffix(s.options.Login, "[bot]") {
		return fail(http.StatusForbidden, "Resource not accessible by integration")
	}
	u := userObject(s.options.Login)
	for _, k := range []string{"bio", "blog", "company", "email", "hireable", "location", "name"} {
		u[k] = nil
	}
	u["blog"], u["user_view_type"] = "", "public"
	for _, k := range []string{"followers", "following", "public_gists", "public_repos"} {
		u[k] = 0
	}
	u["created_at"], u["updated_at"] = stamp, stamp
	return answer{status: http.StatusOK, body: u}
}

const stamp = "2026-11-25T12:00:00Z"

// exampleObject returns one object of the example event, to be changed at will.
func (s *Server) exampleObject(path ...string) map[string]any {
	var o map[string]any
	if err := json.Unmarshal(example, &o); err != nil {
		s.options.Fail("example event: %v", err)
	}
	for _, p := range path {
		o, _ = o[p].(map[string]any)
	}
	return o
}

func (s *Server) repositoryObject(name string) map[string]any {
	o := s.exampleObject("pull_request", "base", "repo")
	owner, short, _ := strings.Cut(name, "/")
	o["full_name"], o["name"], o["owner"] = name, short, userObject(owner)
	o["fork"] = name != s.Repository()
	return o
}

func (s *Server) pullObject(p *pull) map[string]any {
	o := s.exampleObject("pull_request")
	o["number"], o["user"], o["assignee"], o["assignees"] = p.number, userObject("author"), nil, []any{}
	o["state"], o["title"], o["body"] = "open", "A change of keys", nil
	if p.closed {
		o["state"] = "closed"
	}
	repo := s.Repository()
	if p.fork != "" {
		repo = p.fork
	}
	owner, _, _ := strings.Cut(repo, "/")
	o["head"] = map[string]any{"label": owner + ":change", "ref": "change", "sha": p.head, "user": userObject(owner), "repo": s.repositoryObject(repo)}
	o["base"] = map[string]any{"label": s.options.Owner + ":main", "ref": "main", "sha": p.base, "user": userObject(s.options.Owner), "repo": s.repositoryObject(s.Repository())}
	o["changed_files"] = len(s.changed(p))
	return o
}

func (s *Server) commitObject(sha string) map[string]any {
	c := s.commits[sha]
	person := map[string]any{"name": "A", "email": "a@example.com", "date": stamp}
	parents := []any{}
	for _, p := range c.parents {
		parents = append(parents, map[string]any{"sha": p, "url": s.api("commits/" + p)})
	}
	return map[string]any{"sha": sha, "node_id": "C_" + sha, "url": s.api("commits/" + sha), "html_url": s.web("commit/" + sha),
		"comments_url": s.api("commits/" + sha + "/comments"), "author": userObject("author"), "committer": userObject("author"), "parents": parents,
		"commit": map[string]any{"url": s.api("git/commits/" + sha), "author": person, "committer": person, "message": c.message,
			"comment_count": 0, "tree": map[string]any{"sha": s.trees[sha], "url": s.api("git/trees/" + s.trees[sha])}}}
}
