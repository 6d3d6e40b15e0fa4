package github

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// replacement is whole lines of a file, First to Last, and the lines that a fix puts in their place: what a suggestion
// block can say (github.md section 4).
type replacement struct {
	First, Last int
	Lines       []string // without their ends
}

// text is what stands between the fences.
func (r replacement) text() string {
	if len(r.Lines) == 0 {
		return ""
	}
	return strings.Join(r.Lines, "\n") + "\n"
}

// overlaps tells whether two replacements of one file touch the same line.
func (r replacement) overlaps(o replacement) bool { return r.First <= o.Last && o.First <= r.Last }

func (r replacement) equal(o replacement) bool {
	return r.First == o.First && r.Last == o.Last && slices.Equal(r.Lines, o.Lines)
}

// Reasons why a fix cannot be a button.
var (
	errNoChange = errors.New("it changes nothing that a suggestion can say")
	errLineEnds = errors.New("the file has line ends other than \\n, which the button may change")
	errHidden   = errors.New("the lines hold characters that do not show")
)

// replacements returns the smallest whole-line replacement that does what the edits do. An insertion between two lines
// must repeat one of them, so there may be two ways to say it.
func replacements(source []byte, edits []syntax.Edit) ([]replacement, error) {
	after, err := syntax.Apply(source, edits)
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(source, '\r') >= 0 || bytes.IndexByte(after, '\r') >= 0 {
		return nil, errLineEnds
	}
	from, oldTo, newTo, ok := window(source, after, edits)
	if !ok {
		return nil, errNoChange
	}
	above := bytes.Count(source[:from], []byte{'\n'}) // lines before the window
	old, new := textLines(source[from:oldTo]), textLines(after[from:newTo])
	head := 0
	for head < len(old) && head < len(new) && old[head] == new[head] {
		head++
	}
	tail := 0
	for tail < len(old)-head && tail < len(new)-head && old[len(old)-1-tail] == new[len(new)-1-tail] {
		tail++
	}
	last := len(old) - tail
	if head == last && len(new)-tail == head {
		return nil, errNoChange
	}
	at := func(first, last int) replacement {
		return replacement{above + first + 1, above + last, new[first : len(new)-(len(old)-last)]}
	}
	var out []replacement
	if head < last {
		out = append(out, at(head, last))
	} else {
		if head > 0 {
			out = append(out, at(head-1, last))
		}
		if last < len(old) {
			out = append(out, at(head, last+1))
		}
	}
	for _, r := range out {
		if !honest(r.text()) {
			return nil, errHidden
		}
	}
	return out, nil
}

// window returns the bytes around the edits that are looked at: the lines that they touch, and one line on either side,
// which an insertion may have to repeat. oldTo and newTo are its end before and after the edits.
func window(source, after []byte, edits []syntax.Edit) (from, oldTo, newTo int, ok bool) {
	if len(edits) == 0 {
		return 0, 0, 0, false
	}
	from, oldTo = len(source), 0
	for _, e := range edits {
		from, oldTo = min(from, e.Start), max(oldTo, e.End)
	}
	for range 2 {
		from = bytes.LastIndexByte(source[:max(from-1, 0)], '\n') + 1
		if i := bytes.IndexByte(source[oldTo:], '\n'); i >= 0 {
			oldTo += i + 1
		} else {
			oldTo = len(source)
		}
	}
	return from, oldTo, oldTo + len(after) - len(source), true
}

// textLines splits a file into lines without their ends, as GitHub counts them.
func textLines(source []byte) []string {
	if len(source) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(source), "\n"), "\n")
}

// statementAfter returns the lines of [start, end) as they read after the edits, and false where the edits reach
// beyond them.
func statementAfter(source []byte, edits []syntax.Edit, start, end int) (string, bool) {
	after, err := syntax.Apply(source, edits)
	if err != nil || start < 0 || end > len(source) || start > end {
		return "", false
	}
	grown := 0
	for _, e := range edits {
		if e.Start < start || e.End > end {
			return "", false
		}
		grown += len(e.Text) - (e.End - e.Start)
	}
	from := bytes.LastIndexByte(after[:start], '\n') + 1
	to := end + grown
	if i := bytes.IndexByte(after[to:], '\n'); i >= 0 {
		to += i
	} else {
		to = len(after)
	}
	return string(after[from:to]), true
}
