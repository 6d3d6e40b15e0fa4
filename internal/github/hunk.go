package github

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Hunk is what one hunk of a patch shows of the head's file: its lines First to Last, both included. They are
// contiguous, context and added lines alike, and only they can carry a review comment (github.md section 2.2).
type Hunk struct{ First, Last int }

// holds tells whether all lines first to last are shown by the hunk.
func (h Hunk) holds(first, last int) bool { return h.First <= first && last <= h.Last }

var hunkHeader = regexp.MustCompile(`^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@`)

var errPatch = errors.New("the patch does not add up")

// ParsePatch reads the patch field of a changed file: hunks without a file header. A patch whose lines do not add up to
// what its headers say is an error, so that no comment is placed by guess (github.md section 10.9).
func ParsePatch(patch string) ([]Hunk, error) {
	var hunks []Hunk
	lines := strings.Split(strings.TrimSuffix(patch, "\n"), "\n")
	if patch == "" {
		return nil, nil
	}
	for i := 0; i < len(lines); {
		m := hunkHeader.FindStringSubmatch(lines[i])
		if m == nil {
			return nil, fmt.Errorf("line %d: %w", i+1, errPatch)
		}
		left, right, first := count(m[2]), count(m[4]), count(m[3])
		last := first + right - 1
		for i++; left > 0 || right > 0; i++ {
			if i >= len(lines) {
				return nil, fmt.Errorf("line %d: %w", i+1, errPatch)
			}
			switch mark(lines[i]) {
			case ' ':
				left, right = left-1, right-1
			case '-':
				left--
			case '+':
				right--
			case '\\': // "\ No newline at end of file" is no line
			default:
				left = -1
			}
			if left < 0 || right < 0 {
				return nil, fmt.Errorf("line %d: %w", i+1, errPatch)
			}
		}
		if i < len(lines) && mark(lines[i]) == '\\' {
			i++
		}
		if last < first {
			continue // only deletions: nothing of the head is shown
		}
		if n := len(hunks); first < 1 || n > 0 && first <= hunks[n-1].Last {
			return nil, fmt.Errorf("line %d: %w", i+1, errPatch)
		}
		hunks = append(hunks, Hunk{first, last})
	}
	return hunks, nil
}

// count reads a number of a hunk header, which is 1 where it is left out.
func count(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 1
	}
	return n
}

// mark returns what a line of a hunk begins with. Some proxies strip the blank of empty context lines.
func mark(line string) byte {
	if line == "" {
		return ' '
	}
	return line[0]
}
