package githubtest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// post sends a request to the stand-in and returns status and body.
func post(t *testing.T, s *Server, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Token())
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(out)
}

func standIn(t *testing.T, complaints *[]string) *Server {
	t.Helper()
	s := New(Options{Fail: func(format string, args ...any) { *complaints = append(*complaints, fmt.Sprintf(format, args...)) }})
	t.Cleanup(s.Close)
	base := s.Commit(Tree{"k.json": "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n"})
	s.Pull(base, s.Commit(Tree{"k.json": "1\n2\nX\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\nY\n19\n20\n"}, base), "")
	return s
}

// The contract sees what does not fit GitHub's description, in requests and in answers.
func TestContractComplains(t *testing.T) {
	var complaints []string
	s := standIn(t, &complaints)
	head, _ := s.Head(1)
	reviews := "/repos/octo-org/keys/pulls/1/reviews"
	bad := map[string]string{
		`{"commit_id": "` + head + `", "event": "SHOUT", "body": "x"}`:                                                      "request",
		`{"commit_id": "` + head + `", "event": "COMMENT", "body": "x", "comments": [{"path": 1, "line": 3, "body": "x"}]}`: "",
	}
	for body, want := range bad {
		complaints = nil
		post(t, s, "POST", reviews, body)
		if want != "" && (len(complaints) == 0 || !strings.Contains(complaints[0], want)) {
			t.Errorf("%s: complaints %v", body, complaints)
		}
	}
	complaints = nil
	s.mu.Lock()
	s.contract.check(mustRequest(t, "GET", reviews), nil, answer{status: 200}, []byte(`[{"id": 1}]`))
	s.mu.Unlock()
	if len(complaints) == 0 || !strings.Contains(complaints[0], "response") {
		t.Errorf("an answer without required fields: complaints %v", complaints)
	}
	complaints = nil
	post(t, s, "GET", "/repos/octo-org/keys/branches", "")
	if len(complaints) == 0 || !strings.Contains(complaints[0], "not in openapi.json") {
		t.Errorf("an unknown path: complaints %v", complaints)
	}
}

func mustRequest(t *testing.T, method, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, "http://x"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The stand-in refuses what GitHub refuses, in GitHub's words, and then keeps nothing of the review.
func TestRefusals(t *testing.T) {
	var complaints []string
	s := standIn(t, &complaints)
	head, _ := s.Head(1)
	tests := []struct{ comment, want string }{
		{`"path": "k.json", "line": 3, "side": "RIGHT"`, ""},
		{`"path": "k.json", "line": 6, "side": "RIGHT", "start_line": 1, "start_side": "RIGHT"`, ""},
		{`"path": "k.json", "line": 10, "side": "RIGHT"`, offDiff},
		{`"path": "k.json", "line": 999, "side": "RIGHT"`, offDiff},
		{`"path": "other.json", "line": 3, "side": "RIGHT"`, noPath},
		{`"path": "k.json", "line": 18, "side": "RIGHT", "start_line": 3, "start_side": "RIGHT"`, otherHunk},
		{`"path": "k.json", "line": 3, "side": "RIGHT", "start_line": 3, "start_side": "RIGHT"`, startLine},
		{`"path": "k.json", "line": 3, "side": "RIGHT", "start_line": 5, "start_side": "RIGHT"`, startLine},
	}
	want := 0
	for _, test := range tests {
		body := fmt.Sprintf(`{"commit_id": %q, "event": "COMMENT", "body": "x", "comments": [{"path": "k.json", "line": 3, "body": "good"}, {%s, "body": "x"}]}`, head, test.comment)
		status, out := post(t, s, "POST", "/repos/octo-org/keys/pulls/1/reviews", body)
		if test.want == "" {
			want += 2
		}
		if (status == 200) != (test.want == "") || test.want != "" && !strings.Contains(out, test.want) {
			t.Errorf("%s: %d %s, want %q", test.comment, status, out, test.want)
		}
		if n := len(s.Comments(1)); n != want {
			t.Errorf("%s: there are %d comments, want %d", test.comment, n, want)
		}
	}
	long := strings.Repeat("é", bodyLimit)
	if status, _ := post(t, s, "POST", "/repos/octo-org/keys/issues/1/comments", `{"body": "`+long+`"}`); status != 201 {
		t.Errorf("a body of the limit: %d", status)
	}
	if status, _ := post(t, s, "POST", "/repos/octo-org/keys/issues/1/comments", `{"body": "`+long+`x"}`); status != 422 {
		t.Errorf("a body over the limit: %d", status)
	}
	if len(complaints) > 0 {
		t.Errorf("complaints: %v", complaints)
	}
}

// The button does what GitHub's page does, and refuses in its words (github.md section 4).
func TestButton(t *testing.T) {
	tests := map[string]struct {
		line, start int
		body, want  string // want: the new line 3, or the refusal
	}{
		"replaces the line":       {3, 0, "```suggestion\nZ\n```", "Z"},
		"keeps blanks":            {3, 0, "````suggestion\n\t  ```\n````", "\t  ```"},
		"no change":               {3, 0, "```suggestion\nX\n```", "no changes were made"},
		"none":                    {3, 0, "hello", "exactly one suggestion"},
		"two":                     {3, 0, "```suggestion\na\n```\n```suggestion\nb\n```", "exactly one suggestion"},
		"inside another fence":    {3, 0, "~~~\n```suggestion\na\n```\n~~~", "exactly one suggestion"},
		"a fence that never ends": {3, 0, "```suggestion\na", "a fence that does not end"},
		"deletes the line":        {3, 0, "```suggestion\n```", "4"},
		"an empty line":           {3, 0, "```suggestion\n\n```", ""},
		"a range":                 {4, 2, "```suggestion\na\nb\nc\n```", "b"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var complaints []string
			s := standIn(t, &complaints)
			id := s.Forge(1, "x", "k.json", test.line, test.body)
			s.find(id).StartLine = test.start
			err := s.Press(id)
			_, tree := s.Head(1)
			got := strings.Split(tree["k.json"], "\n")[2]
			if err != nil {
				got = err.Error()
			}
			if got != test.want && (err == nil || !strings.Contains(got, test.want)) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	var complaints []string
	s := standIn(t, &complaints)
	id := s.Forge(1, "x", "k.json", 3, "```suggestion\nZ\n```")
	s.Push(1, Tree{"k.json": "1\n2\nchanged\n"})
	if err := s.Press(id); err == nil || !strings.Contains(err.Error(), "Outdated") {
		t.Errorf("an outdated suggestion: %v", err)
	}
	s.ClosePull(1)
	if err := s.Press(id); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("a closed pull request: %v", err)
	}
}

// Blobs have git's own names.
func TestBlobNames(t *testing.T) {
	if got := hash("blob", "hello\n"); got != "ce013625030ba8dba906f756967f9e9ca394464a" {
		t.Errorf("got %s", got)
	}
}
