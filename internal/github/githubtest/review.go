package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Review is one review as a person sees it.
type Review struct {
	ID            int64
	Number        int
	Author        string
	Body          string
	State, Commit string
}

// Comment is one comment as a person sees it: of a review, of a file, a reply, or of the conversation.
type Comment struct {
	ID                        int64
	Number                    int
	Review                    int64
	Author, Body              string
	Path, Commit, Subject     string
	StartLine, Line           int // where it was made, StartLine 0 for one line
	ReplyTo                   int64
	Minimized                 string // the classifier, "" while it shows
	Resolved                  bool   // of the thread, on its first comment
	ResolvedBy                string
	CurrentStart, CurrentLine int // where it stands in the head's diff
	Outdated                  bool
}

// bodyLimit is GitHub's, in characters (github.md section 2.3).
const bodyLimit = 65536

type draft struct {
	Path      string `json:"path"`
	Body      string `json:"body"`
	Position  *int   `json:"position"`
	Line      int    `json:"line"`
	Side      string `json:"side"`
	StartLine int    `json:"start_line"`
	StartSide string `json:"start_side"`
	Subject   string `json:"subject_type"`
	CommitID  string `json:"commit_id"`
	InReplyTo int64  `json:"in_reply_to"`
}

// The reasons of a 422, in GitHub's words (github.md sections 2.1 and 2.2).
const (
	offDiff   = "Pull request review thread line must be part of the diff"
	otherHunk = "Pull request review thread start line must be part of the same hunk as the line."
	blankHunk = "Pull request review thread diff hunk can't be blank"
	startLine = "Pull request review thread start line must precede the end line."
	noPath    = "Pull request review thread path is missing from diff"
	tooLong   = "body is too long (maximum is 65536 characters)"
)

// refuse returns why GitHub would not take the comment, "" where it does.
func (s *Server) refuse(p *pull, d draft) string {
	if utf8.RuneCountInString(d.Body) > bodyLimit {
		return tooLong
	}
	if d.Body == "" {
		return "Body can't be blank"
	}
	files := s.changed(p)
	i := slices.IndexFunc(files, func(e entry) bool { return e.name == d.Path })
	if i < 0 {
		return noPath
	}
	if d.Subject == "file" {
		return ""
	}
	hunks := files[i].right()
	if d.Side == "LEFT" || d.Line < 1 {
		return offDiff // the stand-in knows the right side only, as does kmsguard
	}
	at := slices.IndexFunc(hunks, func(h visible) bool { return h.first <= d.Line && d.Line <= h.last })
	if at < 0 {
		return offDiff + ", and " + blankHunk
	}
	if d.StartLine != 0 {
		if d.StartLine >= d.Line {
			return startLine
		}
		if d.StartLine < hunks[at].first {
			return otherHunk
		}
	} else if d.StartSide != "" {
		return startLine
	}
	return ""
}

func (s *Server) reviewCalls(r *http.Request, p *pull, id string, body []byte) answer {
	switch {
	case r.Method == http.MethodGet && id == "":
		out := []any{}
		for _, v := range s.reviews {
			if v.Number == p.number {
				out = append(out, s.reviewObject(v))
			}
		}
		return s.page(r, out)
	case r.Method == http.MethodPost && id == "":
		return s.createReview(p, body)
	case r.Method == http.MethodPut:
		n, _ := strconv.ParseInt(id, 10, 64)
		for _, v := range s.reviews {
			if v.ID == n {
				var in struct{ Body string }
				json.Unmarshal(body, &in)
				v.Body = in.Body
				return answer{status: http.StatusOK, body: s.reviewObject(v)}
			}
		}
	}
	return fail(http.StatusNotFound, "Not Found")
}

// createReview takes all comments or none (github.md section 2.2).
func (s *Server) createReview(p *pull, body []byte) answer {
	var in struct {
		CommitID string  `json:"commit_id"`
		Body     string  `json:"body"`
		Event    string  `json:"event"`
		Comments []draft `json:"comments"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return fail(http.StatusUnprocessableEntity, "Problems parsing JSON")
	}
	var reasons []string
	if !slices.Contains(p.heads, in.CommitID) {
		reasons = append(reasons, "commit_id is not part of the pull request")
	}
	if utf8.RuneCountInString(in.Body) > bodyLimit {
		reasons = append(reasons, tooLong)
	}
	for _, d := range in.Comments {
		if why := s.refuse(p, d); why != "" && !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
	}
	if len(reasons) > 0 {
		return fail(http.StatusUnprocessableEntity, "Unprocessable Entity", reasons...)
	}
	v := &Review{ID: s.id(), Number: p.number, Author: s.options.Login, Body: in.Body, State: "COMMENTED", Commit: in.CommitID}
	s.reviews = append(s.reviews, v)
	for _, d := range in.Comments {
		s.add(p, d, v.ID)
	}
	return answer{status: http.StatusOK, body: s.reviewObject(v)}
}

func (s *Server) add(p *pull, d draft, review int64) *Comment {
	c := &Comment{ID: s.id(), Number: p.number, Review: review, Author: s.options.Login, Body: d.Body, Path: d.Path,
		Commit: p.head, Subject: "line", StartLine: d.StartLine, Line: d.Line}
	if d.Subject == "file" {
		c.Subject, c.StartLine, c.Line = "file", 0, 1
	}
	s.comments = append(s.comments, c)
	return c
}

func (s *Server) reviewObject(v *Review) map[string]any {
	url := s.web(fmt.Sprintf("pull/%d#pullrequestreview-%d", v.Number, v.ID))
	return map[string]any{"id": v.ID, "node_id": fmt.Sprintf("PRR_%d", v.ID), "user": userObject(v.Author), "body": v.Body, "state": v.State,
		"commit_id": v.Commit, "html_url": url, "pull_request_url": s.api(fmt.Sprintf("pulls/%d", v.Number)), "submitted_at": stamp,
		"author_association": "NONE", "_links": map[string]any{"html": map[string]any{"href": url}, "pull_request": map[string]any{"href": url}}}
}

// locate works out where the comment stands today: GitHub moves it along while its lines stay as they were and are
// shown in the diff, else it is outdated and has no line (github.md section 2.4).
func (s *Server) locate(c *Comment) {
	p := s.pulls[c.Number]
	c.Outdated, c.CurrentStart, c.CurrentLine = false, 0, c.Line
	files := s.changed(p)
	i := slices.IndexFunc(files, func(e entry) bool { return e.name == c.Path })
	if i < 0 {
		c.Outdated, c.CurrentLine = true, 0
		return
	}
	if c.Subject == "file" {
		return
	}
	from := c.Line
	if c.StartLine > 0 {
		from = c.StartLine
	}
	first, last, same := follow(s.commits[c.Commit].tree[c.Path], files[i].after, from, c.Line)
	shown := slices.ContainsFunc(files[i].right(), func(h visible) bool { return h.first <= first && last <= h.last })
	if !same || !shown {
		c.Outdated, c.CurrentLine = true, 0
		return
	}
	c.CurrentLine = last
	if c.StartLine > 0 {
		c.CurrentStart = first
	}
}
