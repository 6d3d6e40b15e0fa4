package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/report"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

func fixCommand(s Streams) *cobra.Command {
	o := &options{}
	diff := false
	var only []string
	alternative := 0
	c := &cobra.Command{
		Use:   "fix [PATH...]",
		Short: "apply the proved fixes in place",
		Long:  "fix writes every fix that is proved; what has none is listed with the reason. With --diff it prints a unified diff and writes nothing.",
		RunE: func(c *cobra.Command, args []string) error {
			for _, name := range only {
				if rules.Lookup(name) == nil {
					return fmt.Errorf("--rule %q is no rule; kmsguard rules lists them", name)
				}
			}
			if alternative > 0 && len(only) == 0 {
				return errors.New("--alternative needs --rule, since each rule has its own")
			}
			res, tree, err := o.run(c.Context(), args)
			if err != nil {
				return err
			}
			defer tree.Close()
			changes := changed(res, only, alternative)
			for _, ch := range changes {
				if diff {
					err = report.Diff(s.Out, ch.file, ch.before, ch.after, report.DiffOptions{Color: colored(s.Out, o.noColor), Shown: terminal(s.Out)})
				} else {
					err = tree.WriteFile(ch.file, ch.before, ch.after)
				}
				if err != nil {
					return err
				}
			}
			if !diff {
				summarize(s, res, changes)
			}
			return status(remaining(res, changes), o.gated())
		},
	}
	o.addBase(c)
	o.add(c, "text")
	c.Flags().BoolVar(&diff, "diff", false, "print a unified diff instead of writing")
	c.Flags().IntVar(&alternative, "alternative", 0, "apply the alternative of this `number`, from 1, instead of the fix; with --rule")
	c.Flags().StringSliceVar(&only, "rule", nil, "apply the fixes of these `rules` alone")
	return c
}

// change is one file with its fixes applied.
type change struct {
	file          string
	before, after []byte
	fixed         []int // findings, by index in the report
	alternative   int   // that was chosen, 0 for the fix
}

// changed applies the fixes file by file. Of fixes that overlap, the first stands; the others remain as findings.
func changed(res *scan.Result, only []string, alternative int) []change {
	edits := map[string][]syntax.Edit{}
	fixed := map[string][]int{}
	var files []string
	for i, f := range res.Report.Findings {
		chosen := chosenEdits(f, alternative)
		if chosen == nil || f.Suppressed != nil || len(only) > 0 && !slices.Contains(only, f.Rule) && !slices.Contains(only, f.Name) {
			continue
		}
		together := append(slices.Clone(edits[f.File]), chosen...)
		slices.SortStableFunc(together, func(a, b syntax.Edit) int { return a.Start - b.Start })
		if _, err := syntax.Apply(res.Sources[f.File], together); err != nil {
			continue
		}
		if _, ok := edits[f.File]; !ok {
			files = append(files, f.File)
		}
		edits[f.File] = together
		fixed[f.File] = append(fixed[f.File], i)
	}
	var all []change
	for _, name := range files {
		if after, err := syntax.Apply(res.Sources[name], edits[name]); err == nil {
			all = append(all, change{name, res.Sources[name], after, fixed[name], alternative})
		}
	}
	return all
}

// saidOf is the message of what was applied.
func saidOf(f lint.Finding, alternative int) string {
	if alternative > 0 {
		return f.Alternatives[alternative-1].Message
	}
	return f.Fix.Message
}

// chosenEdits are those of the fix, or of the alternative with the number; both are proved. nil where there are none.
func chosenEdits(f lint.Finding, alternative int) []syntax.Edit {
	switch {
	case alternative > len(f.Alternatives):
		return nil
	case alternative > 0:
		return f.Alternatives[alternative-1].Edits
	case f.Fix == nil:
		return nil
	}
	return f.Fix.Edits
}

// remaining is the report without what the changes fix.
func remaining(res *scan.Result, changes []change) *lint.Report {
	gone := map[int]bool{}
	for _, ch := range changes {
		for _, i := range ch.fixed {
			gone[i] = true
		}
	}
	rest := *res.Report
	rest.Findings = nil
	for i, f := range res.Report.Findings {
		if !gone[i] {
			rest.Findings = append(rest.Findings, f)
		}
	}
	rest.Count()
	return &rest
}

// summarize says what was fixed, and what was not and why.
func summarize(s Streams, res *scan.Result, changes []change) {
	for _, ch := range changes {
		for _, i := range ch.fixed {
			f := res.Report.Findings[i]
			fmt.Fprintf(s.Out, "%s:%d: fixed %s %s: %s\n", report.Plain(f.File), f.Range.Start.Line, f.Rule, f.Name, report.Plain(saidOf(f, ch.alternative)))
		}
	}
	for _, e := range res.Report.Errors {
		fmt.Fprintf(s.Out, "%s:%d:%d: not analysed: %s\n", report.Plain(e.File), e.Line, e.Column, report.Plain(e.Message))
	}
	for _, f := range remaining(res, changes).Findings {
		if f.Suppressed != nil {
			continue
		}
		why := "it has no fix"
		switch {
		case f.Fix != nil:
			why = "its fix overlaps another; run fix again"
		case f.Remedy != nil && f.Remedy.WhyNot != "":
			why = f.Remedy.WhyNot
		}
		fmt.Fprintf(s.Out, "%s:%d: left %s %s: %s\n", report.Plain(f.File), f.Range.Start.Line, f.Rule, f.Name, report.Plain(why))
	}
}
