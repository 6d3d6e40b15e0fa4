package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// MaxAnnotations is how many annotations of one level the runner takes from a step (github.md §6). It drops the rest
// without a word, so they are counted in the log instead.
const MaxAnnotations = 10

// GitHub writes the findings, and the inputs that could not be read, as workflow commands: annotations of the lines. It
// is the only text of kmsguard that the runner shall take for commands.
func GitHub(w io.Writer, rep *lint.Report) error {
	var b strings.Builder
	written, left := map[string]int{}, map[string]int{}
	add := func(command, file string, r lint.Range, title, message string) {
		if written[command] == MaxAnnotations {
			left[command]++
			return
		}
		written[command]++
		b.WriteString(Annotation(command, file, r, title, message) + "\n")
	}
	for _, f := range worstFirst(rep) {
		file, r, _ := shownAt(f)
		add(commandOf(f.Level), file, r, f.Rule+" "+f.Name, f.Message)
	}
	for _, e := range rep.Errors {
		command := "warning"
		if e.Counts {
			command = "error"
		}
		var r lint.Range
		r.Start.Line, r.Start.Column = e.Line, e.Column
		add(command, e.File, r, "not analysed", e.Message)
	}
	for _, command := range []string{"error", "warning", "notice"} {
		if n := left[command]; n > 0 {
			fmt.Fprintf(&b, "%d more of level %s have no annotation, since a step may make %d: see the summary\n", n, command, MaxAnnotations)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func commandOf(l lint.Level) string {
	switch l {
	case lint.Error:
		return "error"
	case lint.Warning:
		return "warning"
	}
	return "notice"
}

// Annotation returns one workflow command, without a line end: command is error, warning or notice. A range without
// lines is left out, as an empty file is; columns are for ranges on one line only.
func Annotation(command, file string, r lint.Range, title, message string) string {
	var props []string
	add := func(name, value string) { props = append(props, name+"="+CommandProperty(value)) }
	if file != "" {
		add("file", file)
		if r.Start.Line > 0 {
			add("line", strconv.Itoa(r.Start.Line))
			if r.End.Line >= r.Start.Line {
				add("endLine", strconv.Itoa(r.End.Line))
			}
			if r.Start.Column > 0 && (r.End.Line == r.Start.Line || r.End.Line == 0) {
				add("col", strconv.Itoa(r.Start.Column))
				if r.End.Column > r.Start.Column {
					add("endColumn", strconv.Itoa(r.End.Column))
				}
			}
		}
	}
	if title != "" {
		add("title", Plain(cut(title, maxName)))
	}
	return "::" + command + " " + strings.Join(props, ",") + "::" + CommandMessage(message)
}
