package cli

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// slowly is a writer that tells when something was written.
type slowly struct {
	text  bytes.Buffer
	wrote chan string
}

func (s *slowly) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "2/3") {
		select {
		case s.wrote <- string(p):
		default:
		}
	}
	return s.text.Write(p)
}

// A scan that takes long says how far it is, and leaves nothing on the screen; one that does not says nothing.
func TestProgress(t *testing.T) {
	w := &slowly{wrote: make(chan string, 1)}
	done, end := showProgress(w, 3, 10*time.Millisecond)
	done()
	done()
	select {
	case line := <-w.wrote:
		if !strings.Contains(line, "scanning") {
			t.Errorf("the line is %q", line)
		}
	case <-time.After(20 * time.Second):
		t.Error("nothing is shown")
	}
	end()
	if text := w.text.String(); strings.Contains(text, "\n") || !strings.HasSuffix(text, " \r") {
		t.Errorf("a line is left: %q", text)
	}

	quick := &slowly{}
	done, end = showProgress(quick, 3, time.Hour)
	done()
	end()
	if quick.text.Len() > 0 {
		t.Errorf("a quick scan shows %q", quick.text.String())
	}
}

// What is no terminal gets no progress.
func TestProgressOfAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, out := range []io.Writer{&bytes.Buffer{}, w} {
		if done, _ := progress(out, 3); done != nil {
			t.Errorf("progress in %T", out)
		}
	}
}
