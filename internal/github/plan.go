// Package github says on a pull request what the findings are: [NewPlan] decides what to say, as a pure function of
// the findings, the diff and what is there already, and [Client.Execute] says it without deciding anything. Neither
// knows of the exit status, which was fixed before (DESIGN section 7; reference/github.md).
package github

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// Mode is how much is said on the pull request.
type Mode string

// The modes of the input comment.
const (
	ModeReview  Mode = "review"  // review comments and the summary
	ModeSummary Mode = "summary" // the summary alone
	ModeNone    Mode = "none"
)

// ChangedFile is one file of the pull request (github.md section 3).
type ChangedFile struct {
	Name     string
	Previous string // of a renamed file
	Status   string // added, removed, modified, renamed, copied, changed, unchanged
	SHA      string // of the blob
	Patch    string
	HasPatch bool // GitHub gives none for binary and for large files
}

// Comment is a comment that is there already.
type Comment struct {
	ID              int64
	NodeID          string
	Author          string // as REST spells it
	Body            string
	Path            string
	StartLine, Line int  // in the head's diff; StartLine is 0 for a single line
	OnFile          bool // it is about the whole file
	Outdated        bool
	InReplyTo       int64
	Review          int64
	// Of the thread that the comment begins, where GitHub tells.
	Resolved, Minimized, CanResolve, CanMinimize bool
	Thread                                       string
}

// Options are the wishes of whoever runs kmsguard.
type Options struct {
	Mode        Mode
	MaxComments int // on the pull request, 0: 25
	// Rules gives title and reason of a rule.
	Rules func(id string) (title, why string)
	// NoButtons shows every fix as text.
	NoButtons bool
}

// Input is all that a plan depends on.
type Input struct {
	Findings []lint.Finding
	Sources  map[string][]byte // the head's content of the files that findings are in
	Files    []ChangedFile     // of the pull request; nil where there is none
	Existing []Comment         // review comments, replies included
	Notes    []Comment         // comments of the conversation
	Self     string            // our own login as REST spells it; "" where it is unknown, and then no comment counts as ours
	Head     string            // the commit that the findings are of
	Summary  Summary
	Options  Options
	// Together tells whether what the fixes of several findings in one file are proved for also holds where all are made. nil
	// asks only whether the file can still be read.
	Together func(file string, findings []lint.Finding) bool
}

// Plan is what to say, and on what. Its zero value says nothing.
type Plan struct {
	Head     string
	Review   *Review
	OnFiles  []Draft // comments on whole files: no review can hold them (github.md section 2.1)
	Rewrites []Rewrite
	Closings []Closing
	Sticky   *Sticky
	// Unplaced are the findings that count and have no comment, worst first: they are to be annotated.
	Unplaced []lint.Finding
	// Declined are findings whose comment a person closed: nothing is said again, but they count.
	Declined []lint.Finding
	// StepSummary is Markdown for GITHUB_STEP_SUMMARY: all findings with their remedies, below the limit of 1 MiB.
	StepSummary string
	Log         []string // one sentence for each thing that was degraded, and why
}

// Review is one review with its comments, event COMMENT.
type Review struct {
	Body     string
	Comments []Draft // lower lines first
}

// Draft is a comment to make.
type Draft struct {
	Path            string
	StartLine, Line int // StartLine 0 for a single line; both 0 on a file
	Body            string
	Suggestion      bool   // the body holds a button
	Fallback        string // the body without the button, for where GitHub refuses the lines
	Finding         lint.Finding
	name            string // of the finding in markers: its fingerprint, numbered where several have the same
}

// Rewrite gives a comment of ours another text.
type Rewrite struct {
	ID   int64
	Body string
	Why  string
}

// Closing hides what is settled: the thread is resolved where that is allowed, else the comment is minimised.
type Closing struct {
	ID         int64
	Thread     string // to resolve, "" where it must not be tried
	Node       string // to minimise, "" where it must not be: people answered
	Classifier string // OUTDATED, RESOLVED or DUPLICATE
}

// Sticky is the one summary comment: made where ID is 0, else rewritten.
type Sticky struct {
	ID   int64
	Body string
}

const (
	// maxComments keeps a review readable: 46 findings of which 20 are noise help nobody (github.md section 2.3).
	maxComments = 25
	// maxOnFiles is low since each comment on a file is a notification of its own (github.md section 2.4).
	maxOnFiles = 10
	// maxLog keeps a repository full of findings from flooding the log.
	maxLog = 100
)

// NewPlan decides what to say. The same input gives the same plan.
func NewPlan(in Input) Plan {
	if in.Options.MaxComments <= 0 {
		in.Options.MaxComments = maxComments
	}
	if in.Options.Rules == nil {
		in.Options.Rules = func(string) (string, string) { return "", "" }
	}
	p := Plan{Head: in.Head}
	counted := counting(in.Findings)
	var drafts []Draft
	if in.Options.Mode == ModeReview || in.Options.Mode == "" {
		drafts, p.Unplaced, p.Log = place(in, counted)
		said := reconcile(in, drafts, &p)
		p.Review = review(in, said, p.Unplaced)
	} else {
		p.Unplaced = counted // annotated: nothing else shows where they are
	}
	if in.Options.Mode != ModeNone {
		p.Sticky = sticky(in, &p)
	}
	p.StepSummary = stepSummary(in, counted)
	if n := len(p.Log) - maxLog; n > 0 {
		p.Log = append(p.Log[:maxLog:maxLog], fmt.Sprintf("and %d more of the kind", n))
	}
	return p
}

// counting returns the findings that get a comment or an annotation: introduced, not suppressed, no notes; worst first.
func counting(all []lint.Finding) []lint.Finding {
	var out []lint.Finding
	for _, f := range all {
		if introduced(f) && f.Suppressed == nil && f.Level.Rank() >= lint.Warning.Rank() {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b lint.Finding) int {
		return cmp.Or(b.Level.Rank()-a.Level.Rank(), cmp.Compare(a.File, b.File), a.Range.Start.Offset-b.Range.Start.Offset, cmp.Compare(a.Rule, b.Rule))
	})
	return out
}

// introduced tells whether the change is to blame. Without a base everything is (DESIGN section 7).
func introduced(f lint.Finding) bool { return f.Introduced == nil || *f.Introduced }
