package cfn

import (
	"regexp"
	"strconv"
	"strings"
)

// frame is one line of a stack trace.
type frame struct {
	file         string // slash-separated, without the file:// scheme
	line, column int
}

var (
	// frameForm and skipped are the prototype's expressions (cdk.md §3, step 4), with directories that have parentheses and file:///C:/ handled in parseFrame.
	frameForm = regexp.MustCompile(`^(?:at )?(?:.*? \()?((?:file://)?/?(?:[A-Za-z]:)?[^:]+?):(\d+)(?::(\d+))?\)?$`)
	skipped   = regexp.MustCompile(`(^node:|/node_modules/|/site-packages/|/dist-packages/|jsii-kernel-|/jsii-runtime|/internal/modules/|^internal/|aws-cdk-lib|/\.venv/|^<|^\.\.\.)`)
)

// maxFrame is the length of a frame that is looked at: path lengths end at 4,096.
const maxFrame = 8_192

// parseFrame reads a frame; ok is false for markers, for frames of Node, libraries and jsii, and for what is no frame.
func parseFrame(s string) (f frame, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) > maxFrame || strings.HasPrefix(s, "...") {
		return frame{}, false
	}
	m := frameForm.FindStringSubmatch(s)
	if m == nil {
		return frame{}, false
	}
	f.file = strings.ReplaceAll(m[1], `\`, "/")
	if scheme, rest, found := strings.Cut(f.file, "://"); found && scheme == "file" {
		f.file = rest
	}
	f.line, _ = strconv.Atoi(m[2])
	f.column, _ = strconv.Atoi(m[3])
	if f.line < 1 || skipped.MatchString(f.file) || !strings.Contains(f.file, ".") {
		return frame{}, false
	}
	return f, true
}
