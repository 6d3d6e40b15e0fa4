package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"
)

const (
	// attemptTime is how long one request may take by default.
	attemptTime = 30 * time.Second
	// maxResponse bounds what is read of one answer: a page of 100 files with patches, or a blob.
	maxResponse = 64 << 20
	// maxTries is how often a request that changes nothing is made in all.
	maxTries = 4
	// limitHeader is set on answers that are a limit, for [diagnose].
	limitHeader = "X-Kmsguard-Limit"
)

func transport() http.RoundTripper {
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		t.MaxIdleConnsPerHost = 4
		return t
	}
	return http.DefaultTransport
}

// guard adds the token to requests to the API's host and makes no other request (github.md section 10).
type guard struct {
	api   *url.URL
	token string
	next  http.RoundTripper
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != g.api.Host || r.URL.Scheme != g.api.Scheme {
		return nil, fmt.Errorf("a request to %s: kmsguard speaks to %s only", r.URL.Host, g.api.Host)
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+g.token)
	return g.next.RoundTrip(r)
}

// sameHost follows redirects of renamed repositories, and none that leave the host or lose TLS.
func sameHost(api *url.URL) func(*http.Request, []*http.Request) error {
	return func(r *http.Request, via []*http.Request) error {
		switch {
		case len(via) >= 5:
			return errors.New("more than five redirects")
		case r.URL.Host != api.Host || r.URL.Scheme != api.Scheme:
			return fmt.Errorf("a redirect to %s: not followed, the token goes to %s only", r.URL.Host, api.Host)
		case r.Method != via[0].Method:
			return errors.New("the repository was renamed: GITHUB_REPOSITORY has its old name")
		}
		return nil
	}
}

// patient waits for limits, and tries requests that change nothing again after server errors and cut connections. All
// waiting together stays within a budget. A request that changes something is never repeated blindly: only a limit
// says for sure that it had no effect (github.md section 5).
type patient struct {
	next   http.RoundTripper
	config Config
	mu     sync.Mutex // of what follows
	left   time.Duration
	until  time.Time // GitHub asked not to be called before
}

// safeKey marks the context of a POST that changes nothing: a GraphQL query.
type safeKey struct{}

func (p *patient) RoundTrip(r *http.Request) (*http.Response, error) {
	safe := r.Method == http.MethodGet || r.Context().Value(safeKey{}) != nil
	backoff := time.Second
	for try := 1; ; try++ {
		if d := p.quiet(); d > 0 {
			if !p.wait(r.Context(), d, "GitHub's rate limit") {
				return limitAnswer(r), nil
			}
		}
		resp, err := p.once(r)
		again := try < maxTries && r.Context().Err() == nil
		switch {
		case err != nil && safe && again:
			if !p.wait(r.Context(), backoff, fmt.Sprintf("%s %s gave no answer", r.Method, r.URL.Path)) {
				return nil, err
			}
		case err != nil:
			return nil, err
		case isLimit(resp):
			resp.Header.Set(limitHeader, "1")
			d := limitTime(resp, p.config.Now(), try)
			hideLimit(resp)
			if left := p.rest(d); !again || left < d {
				p.config.Log(fmt.Sprintf("GitHub's rate limit would need a wait of %s: not waited for", d.Round(time.Second)))
				return resp, nil
			}
		case resp.StatusCode >= 500 && safe && again:
			if !p.wait(r.Context(), backoff, fmt.Sprintf("%s %s answered %d", r.Method, r.URL.Path, resp.StatusCode)) {
				return resp, nil
			}
		default:
			if resp.Header.Get("X-RateLimit-Remaining") == "0" {
				p.rest(resetTime(resp, p.config.Now()).Sub(p.config.Now()))
			}
			hideLimit(resp)
			return resp, nil
		}
		backoff *= 2
		if r.GetBody != nil {
			body, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			r = r.Clone(r.Context())
			r.Body = body
		}
	}
}

// quiet is how long GitHub asked not to be called.
func (p *patient) quiet() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until.Sub(p.config.Now())
}

// rest notes that GitHub is not to be called for a while, and returns what is left of the time to wait.
func (p *patient) rest(d time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = p.config.Now().Add(d)
	return p.left
}

// wait sleeps if the budget allows it, and tells what for.
func (p *patient) wait(ctx context.Context, d time.Duration, what string) bool {
	p.mu.Lock()
	enough := d <= p.left
	if enough {
		p.left -= d
	}
	p.mu.Unlock()
	if !enough {
		p.config.Log(fmt.Sprintf("%s: a wait of %s is more than is left of the time to wait", what, d.Round(time.Second)))
		return false
	}
	p.config.Log(fmt.Sprintf("%s: waiting %s", what, d.Round(time.Second)))
	return p.config.Sleep(ctx, d) == nil
}

// once makes the request and reads all of its answer, so that a cut connection is an error here.
func (p *patient) once(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), p.config.Timeout)
	defer cancel()
	resp, err := p.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxResponse {
		return nil, fmt.Errorf("%s %s: the answer is over %d MiB", r.Method, r.URL.Path, maxResponse>>20)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

var limitText = regexp.MustCompile(`(?i)rate limit`)

// isLimit tells whether an answer is a limit: by status, headers and message, since GitHub uses 403 and 429 for both
// kinds (github.md section 5 and 11.2).
func isLimit(resp *http.Response) bool {
	if resp.StatusCode == http.StatusTooManyRequests {
		return true
	}
	if resp.StatusCode != http.StatusForbidden {
		return false
	}
	if resp.Header.Get("Retry-After") != "" || resp.Header.Get("X-RateLimit-Remaining") == "0" {
		return true
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && limitText.Match(body)
}

// limitTime is how long to wait: Retry-After, else the reset, else a minute that doubles with each try.
func limitTime(resp *http.Response, now time.Time, try int) time.Duration {
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s >= 0 && s < 1<<20 {
		return time.Duration(s) * time.Second
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		if d := resetTime(resp, now).Sub(now); d > 0 {
			return d
		}
	}
	return time.Minute << (try - 1)
}

func resetTime(resp *http.Response, now time.Time) time.Time {
	if s, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil && s > 0 {
		return time.Unix(s, 0).Add(time.Second) // the reset is a whole second
	}
	return now
}

// hideLimit takes the limit away from go-github, which else refuses later calls by itself and by the real clock.
func hideLimit(resp *http.Response) {
	for _, h := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"} {
		resp.Header.Del(h)
	}
}

// limitAnswer stands for the answer that was not asked for.
func limitAnswer(r *http.Request) *http.Response {
	return &http.Response{StatusCode: http.StatusTooManyRequests, Status: "429 Too Many Requests", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{limitHeader: {"1"}}, Request: r, Body: io.NopCloser(bytes.NewReader([]byte(`{"message": "rate limit"}`)))}
}
