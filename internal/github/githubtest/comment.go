package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Comments lists the review comments of a pull request as a person sees them, replies included.
func (s *Server) Comments(number int) []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Comment
	for _, c := range s.comments {
		if c.Number == number {
			s.locate(c)
			out = append(out, *c)
		}
	}
	return out
}

// Conversation lists the comments of the pull request's conversation.
func (s *Server) Conversation(number int) []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Comment
	for _, c := range s.notes {
		if c.Number == number {
			out = append(out, *c)
		}
	}
	return out
}

// Reviews lists the reviews of a pull request.
func (s *Server) Reviews(number int) []Review {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Review
	for _, v := range s.reviews {
		if v.Number == number {
			out = append(out, *v)
		}
	}
	return out
}

// Say adds a comment of a person to the conversation, and Reply one to a review comment.
func (s *Server) Say(number int, login, body string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Comment{ID: s.id(), Number: number, Author: login, Body: body}
	s.notes = append(s.notes, c)
	return c.ID
}

// Reply answers a review comment as a person.
func (s *Server) Reply(id int64, login, body string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	root := s.find(id)
	c := *root
	c.ID, c.Author, c.Body, c.ReplyTo = s.id(), login, body, id
	s.comments = append(s.comments, &c)
	return c.ID
}

// Forge adds a review comment of another author, as one who wants to pass for kmsguard would.
func (s *Server) Forge(number int, login, path string, line int, body string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.add(s.pulls[number], draft{Path: path, Line: line, Body: body}, s.id())
	c.Author = login
	return c.ID
}

// Resolve resolves the comment's thread as a person; Rewrite changes a comment's text as one with write access can.
func (s *Server) Resolve(id int64, login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.find(id)
	c.Resolved, c.ResolvedBy = true, login
}

// Rewrite changes a comment's text.
func (s *Server) Rewrite(id int64, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.find(id).Body = body
}

func (s *Server) find(id int64) *Comment {
	for _, c := range slices.Concat(s.comments, s.notes) {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// pullComments answers pulls/N/comments and below.
func (s *Server) pullComments(r *http.Request, p *pull, rest []string, body []byte) answer {
	if r.Method == http.MethodGet {
		out := []any{}
		for _, c := range s.comments {
			if c.Number == p.number {
				out = append(out, s.commentObject(c))
			}
		}
		return s.page(r, out)
	}
	var d draft
	if err := json.Unmarshal(body, &d); err != nil {
		return fail(http.StatusUnprocessableEntity, "Problems parsing JSON")
	}
	if len(rest) == 2 && rest[1] == "replies" {
		id, _ := strconv.ParseInt(rest[0], 10, 64)
		root := s.find(id)
		if root == nil || root.ReplyTo != 0 {
			return fail(http.StatusNotFound, "Not Found")
		}
		c := *root
		c.ID, c.Author, c.Body, c.ReplyTo = s.id(), s.options.Login, d.Body, id
		s.comments = append(s.comments, &c)
		return answer{status: http.StatusCreated, body: s.commentObject(&c)}
	}
	if !slices.Contains(p.heads, d.CommitID) {
		return failObject("commit_id is not part of the pull request")
	}
	if why := s.refuse(p, d); why != "" {
		return failObject(why)
	}
	return answer{status: http.StatusCreated, body: s.commentObject(s.add(p, d, s.id()))}
}

// comment answers pulls/comments/ID.
func (s *Server) comment(r *http.Request, id string, body []byte) answer {
	n, _ := strconv.ParseInt(id, 10, 64)
	c := s.find(n)
	if c == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	switch r.Method {
	case http.MethodPatch:
		if a, ok := edit(c, body); !ok {
			return a
		}
	case http.MethodDelete:
		s.comments = slices.DeleteFunc(s.comments, func(x *Comment) bool { return x == c })
		return answer{status: http.StatusNoContent}
	}
	return answer{status: http.StatusOK, body: s.commentObject(c)}
}

func edit(c *Comment, body []byte) (answer, bool) {
	var in struct{ Body string }
	if err := json.Unmarshal(body, &in); err != nil || in.Body == "" || utf8.RuneCountInString(in.Body) > bodyLimit {
		return failObject(tooLong), false
	}
	c.Body = in.Body
	return answer{}, true
}

// conversation answers issues/N/comments and issues/comments/ID.
func (s *Server) conversation(r *http.Request, parts []string, body []byte) answer {
	if len(parts) != 3 {
		return fail(http.StatusNotFound, "Not Found")
	}
	if parts[1] == "comments" {
		id, _ := strconv.ParseInt(parts[2], 10, 64)
		c := s.find(id)
		if c == nil {
			return fail(http.StatusNotFound, "Not Found")
		}
		switch r.Method {
		case http.MethodPatch:
			if a, ok := edit(c, body); !ok {
				return a
			}
		case http.MethodDelete:
			s.notes = slices.DeleteFunc(s.notes, func(x *Comment) bool { return x == c })
			return answer{status: http.StatusNoContent}
		}
		return answer{status: http.StatusOK, body: s.noteObject(c)}
	}
	number, _ := strconv.Atoi(parts[1])
	if s.pulls[number] == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	if r.Method == http.MethodPost {
		c := &Comment{ID: s.id(), Number: number, Author: s.options.Login}
		if a, ok := edit(c, body); !ok {
			return a
		}
		s.notes = append(s.notes, c)
		return answer{status: http.StatusCreated, body: s.noteObject(c)}
	}
	out := []any{}
	for _, c := range s.notes {
		if c.Number == number {
			out = append(out, s.noteObject(c))
		}
	}
	return s.page(r, out)
}

func (s *Server) noteObject(c *Comment) map[string]any {
	url := s.web(fmt.Sprintf("issues/%d#issuecomment-%d", c.Number, c.ID))
	return map[string]any{"id": c.ID, "node_id": fmt.Sprintf("IC_%d", c.ID), "url": url, "html_url": url, "issue_url": url,
		"user": userObject(c.Author), "body": c.Body, "created_at": stamp, "updated_at": stamp, "author_association": "NONE"}
}

func (s *Server) commentObject(c *Comment) map[string]any {
	s.locate(c)
	url := s.web(fmt.Sprintf("pull/%d#discussion_r%d", c.Number, c.ID))
	o := map[string]any{"id": c.ID, "node_id": fmt.Sprintf("PRRC_%d", c.ID), "pull_request_review_id": c.Review, "diff_hunk": "@@", "path": c.Path,
		"commit_id": c.Commit, "original_commit_id": c.Commit, "user": userObject(c.Author), "body": c.Body, "created_at": stamp, "updated_at": stamp,
		"url": url, "html_url": url, "pull_request_url": s.api(fmt.Sprintf("pulls/%d", c.Number)), "author_association": "NONE",
		"original_line": c.Line, "side": "RIGHT", "subject_type": c.Subject,
		"_links": map[string]any{"self": map[string]any{"href": url}, "html": map[string]any{"href": url}, "pull_request": map[string]any{"href": url}}}
	if !c.Outdated {
		o["line"] = c.CurrentLine
		if c.CurrentStart > 0 {
			o["start_line"], o["start_side"] = c.CurrentStart, "RIGHT"
		}
	}
	if c.StartLine > 0 {
		o["original_start_line"] = c.StartLine
	}
	if c.ReplyTo != 0 {
		o["in_reply_to_id"] = c.ReplyTo
	}
	return o
}
