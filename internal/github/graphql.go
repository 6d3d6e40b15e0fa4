package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// graphqlError is the first error of a GraphQL answer, with its type: the libraries lose it (github.md section 11.3).
type graphqlError struct {
	Kind    string `json:"type"`
	Message string `json:"message"`
}

func (e *graphqlError) Error() string { return "graphql: " + oneLine(e.Message) }

const (
	threadsQuery = `query threads($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { reviewThreads(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id isResolved viewerCanResolve comments(first: 1) { nodes { id isMinimized viewerCanMinimize } } } } } } }`
	resolveCall  = `mutation resolve($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }`
	minimizeCall = `mutation minimise($id: ID!, $why: ReportedContentClassifiers!) { minimizeComment(input: {subjectId: $id, classifier: $why}) { minimizedComment { isMinimized } } }`
	viewerQuery  = `query viewer { viewer { login } }`
)

// ask makes one GraphQL call and reads its data.
func (c *Client) ask(ctx context.Context, query string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	if strings.HasPrefix(query, "query") {
		ctx = context.WithValue(ctx, safeKey{}, true)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.graphql, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	switch {
	case resp.Header.Get(limitHeader) != "":
		return &graphqlError{"RATE_LIMITED", "rate limit"}
	case resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusUnauthorized:
		return &graphqlError{"FORBIDDEN", resp.Status}
	case resp.StatusCode >= 500:
		return errors.New("graphql: " + resp.Status)
	case resp.StatusCode != http.StatusOK:
		return &graphqlError{"", resp.Status}
	}
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors []graphqlError  `json:"errors"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return fmt.Errorf("graphql: %w", err)
	}
	if len(answer.Errors) > 0 {
		return &answer.Errors[0]
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer.Data, into)
}

// thread is what GraphQL alone knows of a review comment.
type thread struct {
	ID                                           string
	Resolved, Minimized, CanResolve, CanMinimize bool
}

// threads returns the threads of a pull request by the node id of their first comment. GraphQL's databaseId is of 32
// bits, which the ids of comments have outgrown (deprecated in @octokit/graphql-schema 15.26.1).
func (c *Client) threads(ctx context.Context, number int) (map[string]thread, error) {
	out := map[string]thread{}
	after := any(nil)
	for range maxPages {
		var data struct {
			Repository struct {
				PullRequest struct {
					ReviewThreads struct {
						PageInfo struct {
							HasNextPage bool
							EndCursor   string
						}
						Nodes []struct {
							ID                           string
							IsResolved, ViewerCanResolve bool
							Comments                     struct {
								Nodes []struct {
									ID                             string
									IsMinimized, ViewerCanMinimize bool
								}
							}
						}
					}
				}
			}
		}
		if err := c.ask(ctx, threadsQuery, map[string]any{"owner": c.owner, "name": c.name, "number": number, "after": after}, &data); err != nil {
			return nil, err
		}
		threads := data.Repository.PullRequest.ReviewThreads
		for _, n := range threads.Nodes {
			for _, first := range n.Comments.Nodes {
				out[first.ID] = thread{n.ID, n.IsResolved, first.IsMinimized, n.ViewerCanResolve, first.ViewerCanMinimize}
			}
		}
		if !threads.PageInfo.HasNextPage {
			break
		}
		after = threads.PageInfo.EndCursor
	}
	return out, nil
}

// Self returns who the token speaks for, as REST spells it. An installation's token may not ask GET /user, and GraphQL
// leaves [bot] out (github.md section 8.3). "" is unknown.
func (c *Client) Self(ctx context.Context) string {
	c.mu.Lock()
	self := c.self
	c.mu.Unlock()
	if self == "" {
		self = c.login(ctx)
		c.mu.Lock()
		c.self = self
		c.mu.Unlock()
	}
	return self
}

func (c *Client) login(ctx context.Context) string {
	user, _, err := c.rest.Users.Get(ctx, "")
	if err == nil {
		return user.GetLogin()
	}
	if diagnose(err) != forbidden {
		return ""
	}
	var data struct{ Viewer struct{ Login string } }
	if err := c.ask(ctx, viewerQuery, nil, &data); err == nil && data.Viewer.Login != "" {
		return strings.TrimSuffix(data.Viewer.Login, "[bot]") + "[bot]"
	}
	return "github-actions[bot]"
}
