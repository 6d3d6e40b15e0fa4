package github_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

// The token goes to the API's host only: redirects to other hosts are not followed, with or without it.
func TestTokenStaysOnTheHost(t *testing.T) {
	var asked atomic.Int32
	var leaked atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("Authorization") != "" || strings.Contains(r.URL.String(), "test-token") {
			leaked.Store(true)
		}
	}))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/x", status) }))
		c, err := github.NewClient(github.Config{API: api.URL, Token: "test-token", Repo: "o/r", Sleep: func(context.Context, time.Duration) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Pull(context.Background(), 1); err == nil {
			t.Errorf("a redirect with %d is followed", status)
		}
		p := github.Plan{Sticky: &github.Sticky{Body: "x"}}
		c.Execute(context.Background(), 1, p)
		api.Close()
	}
	if asked.Load() != 0 || leaked.Load() {
		t.Errorf("the other host was asked %d times, and saw the token: %v", asked.Load(), leaked.Load())
	}
}

// A renamed repository redirects on the same host: reading follows.
func TestRedirectOnTheHost(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/repos/") {
			http.Redirect(w, r, "/repositories/1/pulls/1", http.StatusMovedPermanently)
			return
		}
		if r.Header.Get("Authorization") != "Bearer test-token" {
			t.Errorf("no token on the same host")
		}
		w.Write([]byte(`{"number": 1, "state": "open", "head": {"sha": "abc"}}`))
	}))
	defer api.Close()
	c, err := github.NewClient(github.Config{API: api.URL, Token: "test-token", Repo: "o/r"})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := c.Pull(context.Background(), 1); err != nil || p.Head != "abc" {
		t.Errorf("got %+v, %v", p, err)
	}
}

// A wrong or missing permission gives one sentence, without the token and on one line.
func TestPermissionErrors(t *testing.T) {
	for status, want := range map[int]string{401: "the token may not do it", 403: "the token may not do it", 404: "GitHub does not know it, or the token may not see it", 500: "GitHub did not answer"} {
		w := newKey(t, 1, githubtest.Options{})
		w.server.Break(githubtest.Fault{Status: status, Message: "test-token\n::error::x"})
		_, err := w.client.Pull(context.Background(), w.number)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "test-token") {
			t.Errorf("%d: %v, want %q", status, err, want)
		}
	}
}

// When the hour's requests are used up, the next request waits before it is made.
func TestWaitsBeforeTheNextRequest(t *testing.T) {
	n := 0
	reset := time.Now().Add(40 * time.Second)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", fmt.Sprint(reset.Unix()))
		w.Write([]byte(`{"number": 1}`))
	}))
	defer api.Close()
	var waited time.Duration
	now := time.Now()
	c, err := github.NewClient(github.Config{API: api.URL, Token: "t", Repo: "o/r", Now: func() time.Time { return now },
		Sleep: func(_ context.Context, d time.Duration) error { waited += d; now = now.Add(d); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.Pull(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
	}
	if n != 2 || waited < 38*time.Second || waited > 42*time.Second {
		t.Errorf("made %d requests and waited %s", n, waited)
	}
}

// On GitHub Enterprise Server the API lives below a path, and GraphQL beside it.
func TestEnterpriseServer(t *testing.T) {
	var paths []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		switch {
		case r.URL.Path == "/api/v3/user":
			w.WriteHeader(http.StatusForbidden)
			w.Write([]byte(`{"message": "Resource not accessible by integration"}`))
		case r.URL.Path == "/api/graphql":
			w.Write([]byte(`{"data": {"viewer": {"login": "kmsguard-app"}}}`))
		default:
			w.Write([]byte(`{"number": 1}`))
		}
	}))
	defer api.Close()
	c, err := github.NewClient(github.Config{API: api.URL + "/api/v3", GraphQL: api.URL + "/api/graphql", Token: "t", Repo: "o/r"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pull(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	if got := c.Self(context.Background()); got != "kmsguard-app[bot]" {
		t.Errorf("we are %q", got)
	}
	if got := strings.Join(paths, " "); got != "/api/v3/repos/o/r/pulls/1 /api/v3/user /api/graphql" {
		t.Errorf("the paths are %s", got)
	}
}

// A request that takes too long is given up: reading is tried again, and a create is looked for first.
func TestSlowAnswers(t *testing.T) {
	w := newKey(t, 1, githubtest.Options{})
	c, err := github.NewClient(github.Config{API: w.server.URL(), Token: w.server.Token(), Repo: w.server.Repository(), Timeout: time.Second,
		Sleep: func(context.Context, time.Duration) error { return nil }, Log: func(s string) { w.log = append(w.log, s) }})
	if err != nil {
		t.Fatal(err)
	}
	w.client = c
	w.server.Break(githubtest.Fault{Method: "GET", Path: "/files", Times: 1, Delay: 3 * time.Second})
	w.server.Break(githubtest.Fault{Method: "POST", Path: "/reviews", Times: 1, After: true, Delay: 3 * time.Second})
	w.run()
	w.posted(1, 1)
	w.logged("/files gave no answer")
	w.logged("the review got no answer: looking whether it is there")
}
