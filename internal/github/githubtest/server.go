// Package githubtest is a stand-in for GitHub's API: stateful, aware of the diff, and refusing exactly what GitHub
// refuses, as far as reference/github.md tells it (section 12). It holds one repository with its pull requests, and
// checks every request and response against GitHub's own description ([contract]). Tests of other packages start it
// on loopback with [New] and look at what a person would see with [Server.Comments] and its kin.
package githubtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Options say what the stand-in is like. The zero value is a repository octo-org/keys to which the token of a
// workflow with pull-requests: write speaks.
type Options struct {
	Owner, Name string
	Token       string // that requests must carry: "test-token"
	Login       string // as REST spells it: "github-actions[bot]"
	Addr        string // "127.0.0.1:0"
	PatchLines  int    // a file with more changed lines gets no patch; 0: 2000; negative: every file has one
	MaxFiles    int    // of a pull request; 0: 3000
	TreeLimit   int    // entries of a recursive tree before it is cut; 0: 100,000
	// ReadOnly is the token of a fork's or Dependabot's workflow. ContentsWrite lets it resolve threads, which
	// pull-requests: write alone does not (github.md section 2.5).
	ReadOnly, ContentsWrite bool
	// Fail is told what breaks GitHub's description or the rules of the stand-in: t.Errorf.
	Fail func(format string, args ...any)
}

// Server is the stand-in.
type Server struct {
	options  Options
	server   *httptest.Server
	contract *contract
	mu       sync.Mutex

	commits     map[string]*commit
	trees       map[string]string // commit to root directory
	directories map[string][]object
	blobs       map[string]string

	diffs    map[string][]entry // of pull requests, by base and head
	pulls    map[int]*pull
	comments []*Comment // of reviews, replies included, by id
	reviews  []*Review
	notes    []*Comment // comments of the conversation
	checks   []*Check
	nextID   int64

	faults   []*Fault
	before   func(method, path string)
	requests []string
}

// New starts a stand-in. Close it.
func New(o Options) *Server {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&o.Owner, "octo-org")
	set(&o.Name, "keys")
	set(&o.Token, "test-token")
	set(&o.Login, "github-actions[bot]")
	set(&o.Addr, "127.0.0.1:0")
	if o.PatchLines == 0 {
		o.PatchLines = 2000
	}
	if o.MaxFiles == 0 {
		o.MaxFiles = 3000
	}
	if o.TreeLimit == 0 {
		o.TreeLimit = 100_000
	}
	if o.Fail == nil {
		o.Fail = func(string, ...any) {}
	}
	s := &Server{options: o, commits: map[string]*commit{}, trees: map[string]string{}, directories: map[string][]object{},
		blobs: map[string]string{}, pulls: map[int]*pull{}, diffs: map[string][]entry{}, nextID: 1000}
	s.contract = newContract(o.Fail)
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	if l, err := net.Listen("tcp", o.Addr); err == nil {
		s.server.Listener.Close()
		s.server.Listener = l
	} else {
		o.Fail("listen on %s: %v", o.Addr, err)
	}
	s.server.Start()
	return s
}

// Close stops the stand-in.
func (s *Server) Close() { s.server.Close() }

// URL is what GITHUB_API_URL holds; GITHUB_GRAPHQL_URL is URL + "/graphql".
func (s *Server) URL() string { return s.server.URL }

// Repository is "owner/name".
func (s *Server) Repository() string { return s.options.Owner + "/" + s.options.Name }

// Token is the token that requests must carry.
func (s *Server) Token() string { return s.options.Token }

// Before sets what runs before each request is looked at, without any lock: a test moves the head there.
func (s *Server) Before(f func(method, path string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// Requests lists "METHOD /path" of all requests so far. GraphQL requests carry their operation's name.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// Writes counts the requests so far that were to change something.
func (s *Server) Writes() int {
	n := 0
	for _, r := range s.Requests() {
		if !strings.HasPrefix(r, "GET ") && !strings.HasPrefix(r, "QUERY ") {
			n++
		}
	}
	return n
}

// answer is what a handler says.
type answer struct {
	status int
	body   any
	header http.Header
	raw    []byte // instead of body
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	name := r.Method
	if r.URL.Path == "/graphql" {
		name = graphqlName(body)
	}
	s.mu.Lock()
	s.requests = append(s.requests, name+" "+r.URL.Path)
	before := s.before
	s.mu.Unlock()
	if before != nil {
		before(name, r.URL.Path)
	}
	s.mu.Lock()
	fault := s.fault(name, r.URL.Path)
	if fault != nil && !fault.After {
		s.mu.Unlock()
		fault.answer(w)
		return
	}
	a := s.route(r, body)
	s.mu.Unlock()
	out := a.raw
	if out == nil && a.body != nil {
		if out, err = json.Marshal(a.body); err != nil {
			s.options.Fail("%s %s: %v", r.Method, r.URL.Path, err)
		}
	}
	if r.URL.Path != "/graphql" {
		s.contract.check(r, body, a, out)
	}
	if fault != nil {
		fault.answer(w)
		return
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-RateLimit-Limit", "1000")
	w.Header().Set("X-RateLimit-Remaining", "900")
	w.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))
	w.WriteHeader(a.status)
	io.Copy(w, bytes.NewReader(out))
}

// route answers one request under the lock.
func (s *Server) route(r *http.Request, body []byte) answer {
	if r.Header.Get("Authorization") != "Bearer "+s.options.Token {
		return fail(http.StatusUnauthorized, "Bad credentials")
	}
	switch {
	case r.URL.Path == "/graphql":
		return s.graphql(body)
	case r.URL.Path == "/user":
		return s.user()
	}
	prefix := "/repos/" + s.Repository() + "/"
	rest, ok := strings.CutPrefix(r.URL.Path, prefix)
	if !ok {
		return fail(http.StatusNotFound, "Not Found")
	}
	if r.Method != http.MethodGet && s.options.ReadOnly {
		return fail(http.StatusForbidden, "Resource not accessible by integration")
	}
	return s.repository(r, strings.Split(rest, "/"), body)
}

// fail is an error as GitHub writes it: documentation_url belongs to it, errors are strings.
func fail(status int, message string, errors ...string) answer {
	body := map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest", "status": fmt.Sprint(status)}
	if len(errors) > 0 {
		body["errors"] = errors
	}
	return answer{status: status, body: body}
}

// failObject is fail with the errors as objects: the shape depends on the call, and openapi.json knows which.
func failObject(errors ...string) answer {
	a := fail(http.StatusUnprocessableEntity, "Validation Failed")
	list := []any{}
	for _, e := range errors {
		list = append(list, map[string]any{"resource": "Comment", "code": "custom", "field": "body", "message": e})
	}
	a.body.(map[string]any)["errors"] = list
	return a
}

func (s *Server) id() int64 {
	s.nextID++
	return s.nextID
}
