package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// Config says where GitHub is and how long to wait for it.
type Config struct {
	API     string // GITHUB_API_URL, "" is https://api.github.com
	GraphQL string // GITHUB_GRAPHQL_URL, "" is API + "/graphql"
	Token   string
	Repo    string // "owner/name"
	// Wait is how long all waiting for limits and failures may take together; 0 is three minutes.
	Wait time.Duration
	// Timeout is how long one request may take; 0 is half a minute.
	Timeout time.Duration
	// Now and Sleep are the clock; nil is the real one.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	// Log is told, in one sentence each, what was waited for and tried again. nil drops it.
	Log func(string)
}

// Client talks to one repository. It makes no decisions about findings.
type Client struct {
	owner, name string
	rest        *gh.Client
	http        *http.Client
	graphql     string
	mu          sync.Mutex        // of what follows: files are read in parallel
	blobs       map[string][]byte // by sha
	fetched     int
	self        string
}

// ErrNoToken is what [NewClient] returns without a token.
var ErrNoToken = errors.New("no token: set the input token, or GITHUB_TOKEN, so that kmsguard can read the pull request")

// NewClient checks the configuration; it makes no request.
func NewClient(c Config) (*Client, error) {
	if c.Token == "" {
		return nil, ErrNoToken
	}
	owner, name, ok := strings.Cut(c.Repo, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("repository %q: want owner/name, as GITHUB_REPOSITORY has it", c.Repo)
	}
	if c.API == "" {
		c.API = "https://api.github.com"
	}
	if c.GraphQL == "" {
		c.GraphQL = strings.TrimSuffix(c.API, "/") + "/graphql"
	}
	api, err := parseURL("GITHUB_API_URL", c.API)
	if err != nil {
		return nil, err
	}
	graphql, err := parseURL("GITHUB_GRAPHQL_URL", c.GraphQL)
	if err != nil {
		return nil, err
	}
	if graphql.Host != api.Host || graphql.Scheme != api.Scheme {
		return nil, fmt.Errorf("GITHUB_GRAPHQL_URL is on %s and GITHUB_API_URL on %s: the token goes to one host only", graphql.Host, api.Host)
	}
	if c.Wait == 0 {
		c.Wait = 3 * time.Minute
	}
	if c.Timeout == 0 {
		c.Timeout = attemptTime
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Log == nil {
		c.Log = func(string) {}
	}
	client := &http.Client{
		Transport:     &patient{next: &guard{api: api, token: c.Token, next: transport()}, config: c, left: c.Wait},
		CheckRedirect: sameHost(api),
	}
	rest := gh.NewClient(client)
	// Not WithEnterpriseURLs, which appends /api/v3/ to hosts that it does not know (github.md section 11.2).
	rest.BaseURL = api.JoinPath("/")
	rest.UserAgent = "kmsguard"
	return &Client{owner: owner, name: name, rest: rest, http: client, graphql: graphql.String(), blobs: map[string][]byte{}}, nil
}

func parseURL(name, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%s %q: not the address of a server", name, text)
	}
	if host := u.Hostname(); u.Scheme == "http" && strings.HasSuffix(host, "github.com") {
		return nil, fmt.Errorf("%s %q: the token is not sent without TLS", name, text)
	}
	return u, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// trouble is why a call failed, as far as it decides what to do next.
type trouble int

const (
	none      trouble = iota
	forbidden         // the token may not
	limited           // a limit that the budget of waiting does not outlast
	invalid           // GitHub refuses what was sent
	missing           // there is no such thing, or the token may not see it
	lost              // no answer, or a server error: what was sent may have taken effect
)

// diagnose classifies an error of a call. A 403 or 429 with the signs of a limit is a limit (github.md section 5).
func diagnose(err error) trouble {
	if err == nil {
		return none
	}
	var g *graphqlError
	if errors.As(err, &g) {
		switch g.Kind {
		case "FORBIDDEN", "INSUFFICIENT_SCOPES":
			return forbidden
		case "RATE_LIMITED":
			return limited
		case "NOT_FOUND":
			return missing
		}
		return invalid
	}
	var rate *gh.RateLimitError
	var abuse *gh.AbuseRateLimitError
	if errors.As(err, &rate) || errors.As(err, &abuse) {
		return limited
	}
	var response *gh.ErrorResponse
	if !errors.As(err, &response) || response.Response == nil {
		return lost
	}
	switch code := response.Response.StatusCode; {
	case code == http.StatusTooManyRequests, response.Response.Header.Get(limitHeader) != "":
		return limited
	case code == http.StatusForbidden, code == http.StatusUnauthorized:
		return forbidden
	case code == http.StatusNotFound, code == http.StatusGone:
		return missing
	case code >= 500:
		return lost
	}
	return invalid
}

// explain says in a sentence's part why a call failed.
func explain(err error) string {
	switch diagnose(err) {
	case forbidden:
		return "the token may not do it (pull requests from forks and of Dependabot get a read-only token; else add the permission to the workflow)"
	case limited:
		return "GitHub's rate limit is used up, and waiting for it would take longer than allowed"
	case missing:
		return "GitHub does not know it, or the token may not see it"
	case lost:
		return "GitHub did not answer"
	}
	return oneLine(err.Error())
}
