package githubtest

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// Press presses "Commit suggestion" on a review comment: the lines of the comment become the suggestion's, in a new
// commit on the head. It refuses with the words of GitHub's page (github.md section 4).
func (s *Server) Press(id int64) error { return s.PressAll(id) }

// PressAll applies several suggestions as one batch.
func (s *Server) PressAll(ids ...int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	type change struct {
		first, last int
		text        []string
	}
	var p *pull
	var tree Tree
	edits := map[string][]change{}
	for _, id := range ids {
		c := s.find(id)
		if c == nil {
			return errors.New("no such comment")
		}
		if p == nil {
			p = s.pulls[c.Number]
			tree = maps.Clone(s.commits[p.head].tree)
		}
		if p.closed {
			return page("Suggestions cannot be applied while the pull request is closed")
		}
		text, err := Suggestion(c.Body)
		if err != nil {
			return err
		}
		s.locate(c)
		if c.Outdated || c.Subject == "file" {
			return page("Outdated suggestions cannot be applied")
		}
		first := c.CurrentStart
		if first == 0 {
			first = c.CurrentLine
		}
		for _, e := range edits[c.Path] {
			if first <= e.last && e.first <= c.CurrentLine {
				return page("Only one suggestion per line can be applied in a batch")
			}
		}
		edits[c.Path] = append(edits[c.Path], change{first, c.CurrentLine, text})
	}
	for path, list := range edits {
		all := splitLines(tree[path])
		replaced := map[int][]string{}
		gone := map[int]bool{}
		for _, e := range list {
			replaced[e.first] = e.text
			for i := e.first; i <= e.last; i++ {
				gone[i] = true
			}
		}
		var b strings.Builder
		for i, line := range all {
			if t, ok := replaced[i+1]; ok {
				for _, l := range t {
					b.WriteString(l + "\n")
				}
			}
			if !gone[i+1] {
				b.WriteString(line)
			}
		}
		if b.String() == tree[path] {
			return page("This suggestion is invalid because no changes were made to the code")
		}
		tree[path] = b.String()
	}
	s.push(p, tree, "Apply suggestions from code review")
	return nil
}

// page is what the pull request's page says.
func page(text string) error { return fmt.Errorf("the page says: %s", text) }

var fence = regexp.MustCompile("^ {0,3}(`{3,}|~{3,})([^`]*)$")

// Suggestion returns the lines of the one suggestion block in a comment, reading fences as CommonMark does.
func Suggestion(body string) ([]string, error) {
	var found [][]string
	var open, info string
	var text []string
	for line := range strings.SplitSeq(strings.ReplaceAll(body, "\r\n", "\n"), "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case open == "" && m != nil:
			open, info, text = m[1], strings.TrimSpace(m[2]), []string{}
		case open != "" && m != nil && strings.HasPrefix(m[1], open) && strings.TrimSpace(m[2]) == "":
			if info == "suggestion" {
				found = append(found, text)
			}
			open = ""
		case open != "":
			text = append(text, line)
		}
	}
	switch {
	case open != "":
		return nil, errors.New("the comment has a fence that does not end")
	case len(found) != 1:
		return nil, errors.New("the comment does not have exactly one suggestion")
	}
	return found[0], nil
}
