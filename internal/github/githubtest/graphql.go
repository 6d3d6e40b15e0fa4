package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// call is one GraphQL request.
type call struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
}

// graphqlName is how [Server.Requests] and [Fault] name a GraphQL request: QUERY or MUTATION.
func graphqlName(body []byte) string {
	var c call
	json.Unmarshal(body, &c)
	if strings.HasPrefix(strings.TrimSpace(c.Query), "mutation") {
		return "MUTATION"
	}
	return "QUERY"
}

// graphql knows the three calls that kmsguard makes: the threads of a pull request, resolve, minimise.
func (s *Server) graphql(body []byte) answer {
	var c call
	if err := json.Unmarshal(body, &c); err != nil {
		return fail(http.StatusBadRequest, "Problems parsing JSON")
	}
	text := func(name string) string { v, _ := c.Variables[name].(string); return v }
	switch {
	case strings.Contains(c.Query, "databaseId"):
		return graphqlError("undefinedField", "databaseId is of 32 bits, and comments have outgrown it")
	case strings.Contains(c.Query, "resolveReviewThread"):
		var id int64
		fmt.Sscanf(text("id"), "PRRT_%d", &id)
		t := s.find(id)
		if t == nil {
			return graphqlError("NOT_FOUND", "Could not resolve to a node")
		}
		if s.options.ReadOnly || !s.options.ContentsWrite {
			return graphqlError("FORBIDDEN", "Resource not accessible by integration")
		}
		t.Resolved, t.ResolvedBy = true, s.options.Login
		return data(map[string]any{"resolveReviewThread": map[string]any{"thread": map[string]any{"isResolved": true}}})
	case strings.Contains(c.Query, "minimizeComment"):
		var id int64
		_, short, _ := strings.Cut(text("id"), "_")
		fmt.Sscan(short, &id)
		t := s.find(id)
		if t == nil {
			return graphqlError("NOT_FOUND", "Could not resolve to a node")
		}
		if s.options.ReadOnly {
			return graphqlError("FORBIDDEN", "Resource not accessible by integration")
		}
		t.Minimized = text("why")
		return data(map[string]any{"minimizeComment": map[string]any{"minimizedComment": map[string]any{"isMinimized": true}}})
	case strings.Contains(c.Query, "reviewThreads"):
		return s.threads(c)
	case strings.Contains(c.Query, "viewer"):
		return data(map[string]any{"viewer": map[string]any{"login": strings.TrimSuffix(s.options.Login, "[bot]")}})
	}
	return graphqlError("undefinedField", "the stand-in does not know this query")
}

// threads lists 100 threads a page.
func (s *Server) threads(c call) answer {
	number, _ := c.Variables["number"].(float64)
	after, _ := c.Variables["after"].(string)
	var skip int
	fmt.Sscan(after, &skip)
	nodes, more := []any{}, false
	at := 0
	for _, t := range s.comments {
		if t.Number != int(number) || t.ReplyTo != 0 {
			continue
		}
		if at++; at <= skip {
			continue
		}
		if len(nodes) == 100 {
			more = true
			at--
			break
		}
		s.locate(t)
		first := map[string]any{"id": fmt.Sprintf("PRRC_%d", t.ID), "isMinimized": t.Minimized != "", "viewerCanMinimize": !s.options.ReadOnly}
		nodes = append(nodes, map[string]any{"id": fmt.Sprintf("PRRT_%d", t.ID), "isResolved": t.Resolved, "isOutdated": t.Outdated,
			"viewerCanResolve": s.options.ContentsWrite && !s.options.ReadOnly && !t.Resolved, "comments": map[string]any{"nodes": []any{first}}})
	}
	return data(map[string]any{"viewer": map[string]any{"login": strings.TrimSuffix(s.options.Login, "[bot]")},
		"repository": map[string]any{"pullRequest": map[string]any{"reviewThreads": map[string]any{"nodes": nodes,
			"pageInfo": map[string]any{"hasNextPage": more, "endCursor": fmt.Sprint(at)}}}}})
}

func data(v any) answer { return answer{status: http.StatusOK, body: map[string]any{"data": v}} }

// graphqlError is an error as GraphQL gives it: with status 200 and a type.
func graphqlError(kind, message string) answer {
	return answer{status: http.StatusOK, body: map[string]any{"data": nil, "errors": []any{map[string]any{"type": kind, "message": message}}}}
}
