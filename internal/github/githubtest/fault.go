package githubtest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Fault is a way in which GitHub fails: it answers requests that fit in place of the stand-in.
type Fault struct {
	Method, Path string // of the requests that it hits: Path is a part of theirs; "" fits all
	Times        int    // how often it strikes; 0: always
	After        bool   // the request takes effect all the same, and only the answer is lost
	Status       int    // 0 cuts the connection
	Message      string
	Header       map[string]string
	Delay        time.Duration // before the answer
}

// Break adds a fault.
func (s *Server) Break(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Mend removes all faults.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// PrimaryLimit is the hourly limit, used up until reset.
func PrimaryLimit(status, times int, reset time.Time) Fault {
	return Fault{Status: status, Times: times, Message: "API rate limit exceeded for installation ID 1.",
		Header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "1000", "X-RateLimit-Reset": fmt.Sprint(reset.Unix())}}
}

// SecondaryLimit is the limit on too much at a time; seconds below 0 leave Retry-After out.
func SecondaryLimit(status, times, seconds int) Fault {
	f := Fault{Status: status, Times: times, Message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
	if seconds >= 0 {
		f.Header = map[string]string{"Retry-After": fmt.Sprint(seconds)}
	}
	return f
}

// fault returns the first fault that fits and has not struck often enough.
func (s *Server) fault(method, path string) *Fault {
	for _, f := range s.faults {
		if f.Times < 0 || f.Method != "" && f.Method != method || !strings.Contains(path, f.Path) {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				f.Times = -1
			}
		}
		return f
	}
	return nil
}

func (f *Fault) answer(w http.ResponseWriter) {
	time.Sleep(f.Delay)
	if f.Status == 0 {
		if h, ok := w.(http.Hijacker); ok {
			if conn, _, err := h.Hijack(); err == nil {
				conn.Close()
			}
		}
		return
	}
	for k, v := range f.Header {
		w.Header().Set(k, v)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(f.Status)
	fmt.Fprintf(w, `{"message": %q, "documentation_url": "https://docs.github.com/rest"}`, f.Message)
}
