package report

import (
	"io"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// The reviewdog diagnostic format; lines and columns count from 1, columns in bytes.
type (
	rdResult struct {
		Source      rdSource       `json:"source"`
		Severity    string         `json:"severity"`
		Diagnostics []rdDiagnostic `json:"diagnostics"`
	}
	rdSource struct {
		Name string `json:"name"`
	}
	rdDiagnostic struct {
		Message     string         `json:"message"`
		Location    rdLocation     `json:"location"`
		Severity    string         `json:"severity"`
		Code        *rdCode        `json:"code,omitempty"`
		Suggestions []rdSuggestion `json:"suggestions,omitempty"`
	}
	rdLocation struct {
		Path  string   `json:"path"`
		Range *rdRange `json:"range,omitempty"`
	}
	rdRange struct {
		Start rdPosition  `json:"start"`
		End   *rdPosition `json:"end,omitempty"`
	}
	rdPosition struct {
		Line   int `json:"line"`
		Column int `json:"column,omitempty"`
	}
	rdCode struct {
		Value string `json:"value"`
	}
	rdSuggestion struct {
		Range rdRange `json:"range"`
		Text  string  `json:"text"`
	}
)

// RDJSON writes the report in reviewdog's diagnostic format. Fixes are suggestions where sources knows the file.
func RDJSON(w io.Writer, rep *lint.Report, sources func(file string) []byte) error {
	result := rdResult{Source: rdSource{Name: "kmsguard"}, Severity: "INFO", Diagnostics: []rdDiagnostic{}}
	worst := 0
	for i := range rep.Findings {
		f := &rep.Findings[i]
		if f.Suppressed != nil {
			continue
		}
		file, r, made := shownAt(f)
		d := rdDiagnostic{Message: f.Message, Location: rdLocation{Path: file, Range: rdRangeOf(r)}, Severity: rdSeverity(f.Level), Code: &rdCode{f.Rule}}
		if f.Fix != nil && !made && sources != nil {
			d.Suggestions = rdSuggest(f.File, sources(f.File), f.Fix.Edits)
		}
		if rank := f.Level.Rank(); rank > worst {
			worst, result.Severity = rank, d.Severity
		}
		result.Diagnostics = append(result.Diagnostics, d)
	}
	for _, e := range rep.Errors {
		d := rdDiagnostic{Message: e.Message, Location: rdLocation{Path: e.File}, Severity: "WARNING", Code: &rdCode{"not-analysed"}}
		if e.Counts {
			d.Severity, result.Severity = "ERROR", "ERROR"
		}
		if e.Line > 0 {
			d.Location.Range = &rdRange{Start: rdPosition{e.Line, e.Column}}
		}
		result.Diagnostics = append(result.Diagnostics, d)
	}
	return writeJSON(w, result)
}

func rdSeverity(l lint.Level) string {
	switch l {
	case lint.Error:
		return "ERROR"
	case lint.Warning:
		return "WARNING"
	}
	return "INFO"
}

func rdRangeOf(r lint.Range) *rdRange {
	if r.Start.Line < 1 {
		return nil
	}
	out := &rdRange{Start: rdPosition{r.Start.Line, r.Start.Column}}
	if r.End.Line > 0 {
		out.End = &rdPosition{r.End.Line, r.End.Column}
	}
	return out
}

// rdSuggest makes one suggestion of all edits, from the first changed byte to the last: reviewdog takes each for a
// remedy of its own.
func rdSuggest(name string, src []byte, edits []syntax.Edit) []rdSuggestion {
	if src == nil || len(edits) == 0 {
		return nil
	}
	fixed, err := syntax.Apply(src, edits)
	if err != nil {
		return nil
	}
	first, last := len(src), 0
	for _, e := range edits {
		first, last = min(first, e.Start), max(last, e.End)
	}
	f := &syntax.File{Name: name, Source: src}
	return []rdSuggestion{{
		Range: *rdRangeOf(lint.Range{Start: f.Position(first), End: f.Position(last)}),
		Text:  string(fixed[first : len(fixed)-(len(src)-last)]),
	}}
}
