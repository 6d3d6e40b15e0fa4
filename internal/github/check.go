package github

import (
	"context"

	gh "github.com/google/go-github/v60/github"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/report"
)

// Check is one check run, for workflows that may write checks. It shows every finding that counts on its line of the
// diff, which workflow commands do for ten only (github.md section 6).
type Check struct {
	Head       string
	Failed     bool
	Title      string
	Summary    string // Markdown, such as [Plan.StepSummary]; it is cut
	Findings   []lint.Finding
	DetailsURL string
}

const (
	checkName = "kmsguard"
	// maxCheckText is GitHub's limit on the summary, less a little.
	maxCheckText = 65_000
	// checkBatch is how many annotations one request takes; later requests add theirs.
	checkBatch = 50
	// maxAnnotations bounds the requests of one check: 20 of them.
	maxAnnotations = 1000
)

var checkLevel = map[lint.Level]string{lint.Error: "failure", lint.Warning: "warning", lint.Note: "notice"}

// Check makes a check run. A failure to make it is told in the log and changes nothing else.
func (c *Client) Check(ctx context.Context, k Check) Outcome {
	var o Outcome
	conclusion := "success"
	if k.Failed {
		conclusion = "failure"
	}
	annotations := checkAnnotations(k.Findings)
	if n := len(k.Findings) - len(annotations); n > 0 {
		o.say("%s not in the check: it takes %d", plural(n, "finding"), maxAnnotations)
	}
	output := func(from int) *gh.CheckRunOutput {
		return &gh.CheckRunOutput{Title: gh.String(report.Plain(k.Title)), Summary: gh.String(cut(k.Summary, maxCheckText)),
			Annotations: annotations[from:min(from+checkBatch, len(annotations))]}
	}
	options := gh.CreateCheckRunOptions{Name: checkName, HeadSHA: k.Head, Status: gh.String("completed"), Conclusion: gh.String(conclusion), Output: output(0)}
	if k.DetailsURL != "" {
		options.DetailsURL = gh.String(k.DetailsURL)
	}
	run, _, err := c.rest.Checks.CreateCheckRun(ctx, c.owner, c.name, options)
	if err != nil {
		o.say("the check run could not be made: %s; it needs the permission checks: write", explain(err))
		return o
	}
	for from := checkBatch; from < len(annotations); from += checkBatch {
		update := gh.UpdateCheckRunOptions{Name: checkName, Status: gh.String("completed"), Conclusion: gh.String(conclusion), Output: output(from)}
		if _, _, err := c.rest.Checks.UpdateCheckRun(ctx, c.owner, c.name, run.GetID(), update); err != nil {
			o.say("%s could not be added to the check run: %s", plural(len(annotations)-from, "annotation"), explain(err))
			return o
		}
	}
	o.say("made a check run with %s", plural(len(annotations), "annotation"))
	return o
}

// checkAnnotations writes findings as annotations: plain text, which GitHub does not render.
func checkAnnotations(findings []lint.Finding) []*gh.CheckRunAnnotation {
	out := []*gh.CheckRunAnnotation{}
	for _, f := range findings[:min(len(findings), maxAnnotations)] {
		at := where(f)
		out = append(out, &gh.CheckRunAnnotation{Path: gh.String(at.path), StartLine: gh.Int(max(at.first, 1)), EndLine: gh.Int(max(at.last, 1)),
			AnnotationLevel: gh.String(checkLevel[f.Level]), Title: gh.String(oneLine(f.Rule + " " + f.Name)), Message: gh.String(report.Plain(f.Message[:min(len(f.Message), maxProse)]))})
	}
	return out
}
