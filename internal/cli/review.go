package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/report"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

func reviewCommand(s Streams) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "review --base REF",
		Short: "print the review that a pull request would get",
		Long:  "review compares the work tree with the merge base of REF and prints the same plan that the action would carry out on a pull request.",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.base == "" {
				return errors.New("review needs --base REF, such as origin/main")
			}
			res, plan, err := o.review(c.Context(), s)
			if err != nil {
				return err
			}
			if err := o.to(s.Out, func(out io.Writer) error { return printPlan(out, s.Err, plan) }); err != nil {
				return err
			}
			return status(res.Report, o.gated())
		},
	}
	o.addBase(c)
	o.add(c, "text")
	return c
}

// review plans as on GitHub: the base is the merge base, and only lines of the diff get comments.
func (o *options) review(ctx context.Context, s Streams) (*scan.Result, github.Plan, error) {
	var none github.Plan
	top := repo.Root(".")
	if top == "" {
		return nil, none, errors.New("this is no git repository, so there is nothing to compare with")
	}
	tree, err := repo.Open(top)
	if err != nil {
		return nil, none, err
	}
	defer tree.Close()
	merge, err := repo.MergeBase(ctx, top, o.base)
	if err != nil {
		return nil, none, err
	}
	cfg, err := o.load(filepath.Join(top, "."))
	if err != nil {
		return nil, none, err
	}
	ref, err := repo.OpenRef(ctx, top, merge)
	if err != nil {
		return nil, none, err
	}
	base, changes, err := compareWith(ctx, tree, ref, cfg)
	if err != nil {
		return nil, none, err
	}
	files, failures := tree.Candidates(ctx, cfg.Include, cfg.Exclude, nil, o.jobs)
	j := &job{tree: tree, failures: failures, log: s.Err, options: scan.Options{Config: cfg, Rules: rules.All, Files: tree.FS(), CDKRoot: o.cdkRoot,
		Account: o.account, Jobs: o.jobs, Version: version(), Today: time.Now(), Base: base}}
	res := j.scan(files)
	in := github.Input{Findings: res.Report.Findings, Sources: res.Sources, Head: merge, Options: planOptions(github.ModeReview, 0),
		Summary: summaryOf(res, status(res.Report, o.gated())), Together: together(files, res, j.options)}
	spoken := map[string]bool{} // files that a comment may stand on
	for _, f := range res.Report.Findings {
		spoken[f.File] = true
		if f.Source != nil {
			spoken[f.Source.File] = true
		}
	}
	for _, c := range changes {
		var then, now []byte
		if spoken[c.Path] {
			then, now = base.Changed[c.Path].Data, res.Sources[c.Path]
			if now == nil { // a source that no key policy stands in, such as the program that makes it
				then, now = sides(tree, ref, c)
			}
		}
		in.Files = append(in.Files, github.LocalFile(c.Path, c.Previous, c.Status, then, now))
	}
	return res, github.NewPlan(in), nil
}

// sides reads a changed file as it was and as it is. One that cannot be read gets no comment on its lines.
func sides(tree *repo.Tree, ref *repo.Ref, c repo.Change) (then, now []byte) {
	now, err := tree.ReadFile(c.Path)
	if err != nil {
		return nil, nil
	}
	old := c.Path
	if c.Previous != "" {
		old = c.Previous
	}
	if then, err = ref.ReadFile(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return then, now
}

// planOptions are the wishes that the plan of a review depends on.
func planOptions(mode github.Mode, most int) github.Options {
	return github.Options{Mode: mode, MaxComments: most, Rules: func(id string) (string, string) {
		if r := rules.Lookup(id); r != nil {
			return r.Title, r.Why
		}
		return "", ""
	}}
}

// summaryOf is what the summary comment says beside the findings.
func summaryOf(res *scan.Result, outcome error) github.Summary {
	s := github.Summary{Keys: res.Report.Keys, Undecided: res.Report.Summary.Undecided, Errors: res.Report.Errors, Conclusion: conclusion(outcome)}
	rows := func(all []lint.Access) []github.Access {
		var out []github.Access
		for _, a := range all {
			out = append(out, github.Access{Key: a.Key, Principal: a.Principal, Action: a.Action, Access: a.Access, When: a.When})
		}
		return out
	}
	s.Gained, s.Lost = rows(res.Difference.Gained), rows(res.Difference.Lost)
	var reach []*report.Access
	for _, k := range res.Changed {
		reach = append(reach, report.AccessOf(k))
	}
	if len(reach) > 0 {
		s.Mermaid = report.Mermaid(reach...)
	}
	return s
}

// printPlan writes the comments in the order in which the review would have them, then the summary.
func printPlan(out, log io.Writer, plan github.Plan) error {
	var text strings.Builder
	block := func(title, body string) {
		fmt.Fprintf(&text, "---- %s\n%s\n\n", report.Plain(title), report.Block(strings.TrimSpace(body)))
	}
	if plan.Review != nil {
		for _, c := range plan.Review.Comments {
			at := fmt.Sprintf("%s:%d", c.Path, c.Line)
			if c.StartLine > 0 {
				at = fmt.Sprintf("%s:%d-%d", c.Path, c.StartLine, c.Line)
			}
			block(at, c.Body)
		}
	}
	for _, c := range plan.OnFiles {
		block(c.Path, c.Body)
	}
	if plan.Sticky != nil {
		block("summary", plan.Sticky.Body)
	}
	if plan.Review == nil && len(plan.OnFiles) == 0 && plan.Sticky == nil {
		fmt.Fprintln(&text, "there is nothing to say on this change")
	}
	for _, line := range plan.Log {
		fmt.Fprintln(log, "kmsguard: "+report.Plain(line))
	}
	_, err := io.WriteString(out, text.String())
	return err
}
