package report

import (
	"cmp"
	"slices"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// worstFirst returns the findings that are not suppressed: introduced ones first, then by level, else in order. It is the
// order in which a channel that holds only so many is filled.
func worstFirst(rep *lint.Report) []*lint.Finding {
	var list []*lint.Finding
	for i := range rep.Findings {
		if rep.Findings[i].Suppressed == nil {
			list = append(list, &rep.Findings[i])
		}
	}
	old := func(f *lint.Finding) int {
		if f.Introduced != nil && !*f.Introduced {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b *lint.Finding) int {
		return cmp.Or(cmp.Compare(old(a), old(b)), cmp.Compare(b.Level.Rank(), a.Level.Rank()))
	})
	return list
}

// shownAt returns where a person looks for the finding: the line that a person made, else the range in the analysed file.
func shownAt(f *lint.Finding) (file string, r lint.Range, made bool) {
	if f.Source != nil && f.Source.File != "" {
		r.Start.Line = max(1, f.Source.Line)
		r.End.Line = r.Start.Line
		return f.Source.File, r, true
	}
	return f.File, f.Range, false
}

func suppressedCount(rep *lint.Report) int {
	n := 0
	for i := range rep.Findings {
		if rep.Findings[i].Suppressed != nil {
			n++
		}
	}
	return n
}
