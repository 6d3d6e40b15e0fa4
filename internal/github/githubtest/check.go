package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// Check is one check run as a person sees it.
type Check struct {
	ID                     int64
	Name, Head, Conclusion string
	Title, Summary         string
	Annotations            int
}

// Checks lists the check runs.
func (s *Server) Checks() []Check {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Check
	for _, c := range s.checks {
		out = append(out, *c)
	}
	return out
}

// checkRuns makes and changes check runs: 50 annotations a request, later ones are added (github.md section 6).
func (s *Server) checkRuns(method, id string, body []byte) answer {
	var in struct {
		Name       string `json:"name"`
		HeadSHA    string `json:"head_sha"`
		Conclusion string `json:"conclusion"`
		Output     struct {
			Title, Summary string
			Annotations    []json.RawMessage
		} `json:"output"`
	}
	if method != http.MethodGet {
		if err := json.Unmarshal(body, &in); err != nil || len(in.Output.Annotations) > 50 {
			return fail(http.StatusUnprocessableEntity, "Validation Failed", "too many annotations")
		}
	}
	var c *Check
	status := http.StatusOK
	switch {
	case method == http.MethodPost && id == "":
		status = http.StatusCreated
		c = &Check{ID: s.id(), Name: in.Name, Head: in.HeadSHA}
		s.checks = append(s.checks, c)
	default:
		n, _ := strconv.ParseInt(id, 10, 64)
		for _, x := range s.checks {
			if x.ID == n {
				c = x
			}
		}
	}
	if c == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	if method != http.MethodGet {
		c.Conclusion, c.Title, c.Summary = in.Conclusion, in.Output.Title, in.Output.Summary
		c.Annotations += len(in.Output.Annotations)
	}
	url := s.api("check-runs/" + fmt.Sprint(c.ID))
	conclusion := any(nil)
	if c.Conclusion != "" {
		conclusion = c.Conclusion
	}
	return answer{status: status, body: map[string]any{"id": c.ID, "node_id": fmt.Sprintf("CR_%d", c.ID), "head_sha": c.Head, "name": c.Name,
		"url": url, "html_url": url, "details_url": url, "status": "completed", "conclusion": conclusion, "started_at": stamp, "completed_at": stamp,
		"external_id": "", "check_suite": map[string]any{"id": 1}, "app": nil, "pull_requests": []any{},
		"output": map[string]any{"title": c.Title, "summary": c.Summary, "text": nil, "annotations_count": c.Annotations, "annotations_url": url + "/annotations"}}}
}
