package lint

// Report is all that a run has to say, in the order in which it is printed: keys and findings by file and offset,
// errors by file and position. It is the JSON document of DESIGN section 4.
type Report struct {
	Schema   int       `json:"schema"` // 1
	Tool     Tool      `json:"tool"`
	Keys     []Key     `json:"keys"`
	Findings []Finding `json:"findings"`
	Errors   []Failure `json:"errors"`
	Summary  Summary   `json:"summary"`
}

// Tool names the program that made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Key is one key of the report.
type Key struct {
	ID        string   `json:"id"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Kind      string   `json:"kind"`
	LogicalID string   `json:"logical_id,omitempty"`
	Path      string   `json:"path,omitempty"`
	Source    *Source  `json:"source,omitempty"`
	Copies    []string `json:"copies,omitempty"`
}

// Failure is an input that could not be read.
type Failure struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`   // from 1, 0 where there is none
	Column  int    `json:"column,omitempty"` // in bytes, from 1
	Message string `json:"message"`
	// Counts tells whether the failure alone makes exit status 3 (DESIGN section 4).
	Counts bool `json:"-"`
}

// Summary counts what is not suppressed.
type Summary struct {
	Files     int `json:"files"`
	Keys      int `json:"keys"`
	Errors    int `json:"errors"`
	Warnings  int `json:"warnings"`
	Notes     int `json:"notes"`
	Undecided int `json:"undecided"`
}

// Count fills in the summary's keys and what is not suppressed.
func (r *Report) Count() {
	r.Summary = Summary{Files: r.Summary.Files, Keys: len(r.Keys)}
	for _, f := range r.Findings {
		switch {
		case f.Suppressed != nil:
		case f.Certainty == Undecided:
			r.Summary.Undecided++
		case f.Level == Error:
			r.Summary.Errors++
		case f.Level == Warning:
			r.Summary.Warnings++
		default:
			r.Summary.Notes++
		}
	}
}

// Gate says which findings count for the exit status.
type Gate struct {
	FailOn Level // "never" lets nothing count
	// Introduced lets only findings count that the base does not have, where there is a base.
	Introduced bool
}

// Status is the exit status of the report: 0 nothing that counts, 1 findings, 3 something that would count could not be read or decided; 3 wins (DESIGN section 4).
func (r *Report) Status(g Gate) int {
	if g.FailOn.Rank() == 0 {
		return 0
	}
	status := 0
	for _, f := range r.Findings {
		if f.Suppressed != nil || f.Level.Rank() < g.FailOn.Rank() || g.Introduced && f.Introduced != nil && !*f.Introduced {
			continue
		}
		if f.Certainty == Undecided {
			return 3
		}
		status = 1
	}
	for _, e := range r.Errors {
		if e.Counts {
			return 3
		}
	}
	return status
}
