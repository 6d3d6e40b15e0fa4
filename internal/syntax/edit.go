package syntax

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// Edit puts Text in the place of the bytes from Start to End (half-open) of an unchanged source. Start equal to End inserts.
type Edit struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
}

// Apply returns a copy of the source with the edits made. Their order does not matter, but for insertions at one offset,
// which keep it. Edits that overlap or lie outside the source are an error, and nothing is changed.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b Edit) int {
		if c := cmp.Compare(a.Start, b.Start); c != 0 {
			return c
		}
		return cmp.Compare(a.End, b.End)
	})
	size, last := len(src), 0
	for _, e := range sorted {
		switch {
		case e.Start < 0 || e.End < e.Start || e.End > len(src):
			return nil, fmt.Errorf("the edit of bytes %d to %d is outside the source of %d bytes; parse the file again", e.Start, e.End, len(src))
		case e.Start < last:
			return nil, fmt.Errorf("the edits of bytes up to %d and from %d overlap; make them one after the other", last, e.Start)
		}
		last = e.End
		size += len(e.Text) - (e.End - e.Start)
	}
	var out bytes.Buffer
	out.Grow(size)
	last = 0
	for _, e := range sorted {
		out.Write(src[last:e.Start])
		out.WriteString(e.Text)
		last = e.End
	}
	out.Write(src[last:])
	return out.Bytes(), nil
}
