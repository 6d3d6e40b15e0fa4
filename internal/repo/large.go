package repo

import (
	"errors"
	"io"
)

// overlap is how many bytes two windows of a large file share, so that a word on the border is seen: longer than any
// word looked for, with room for the blanks after a continued line.
const overlap = 256

// lookFurther looks at a file over the limit, whose beginning is in window and whose rest it reads into the same bytes.
// A large file that is no candidate is nobody's concern; one that is must be reported.
func lookFurther(rest io.Reader, window []byte, named bool) (candidate, counts bool, err error) {
	candidate, counts = named || Look(window), Counts(window)
	for !candidate || !counts {
		n := copy(window, window[max(0, len(window)-overlap):])
		m, err := io.ReadFull(rest, window[n:cap(window)])
		if m == 0 {
			return candidate, counts, nil
		}
		window = window[:n+m]
		candidate, counts = candidate || Look(window), counts || Counts(window)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return candidate, counts, nil
		}
		if err != nil {
			return candidate, counts, err
		}
	}
	return candidate, counts, nil
}
