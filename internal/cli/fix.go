package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/report"
	"github.com/kmsguard/kmsguard/internal/rules"
)

func fixCommand(s Streams) *cobra.Command {
	o := &options{}
	diff := false
	m := &mender{}
	c := &cobra.Command{
		Use:   "fix [PATH...]",
		Short: "apply the proved fixes in place",
		Long:  "fix writes every fix that is proved; what has none is listed with the reason. With --diff it prints a unified diff and writes nothing.",
		RunE: func(c *cobra.Command, args []string) error {
			for _, name := range m.only {
				if rules.Lookup(name) == nil {
					return fmt.Errorf("--rule %q is no rule; kmsguard rules lists them", name)
				}
			}
			switch {
			case m.alternative < 0 || m.alternative == 0 && c.Flags().Changed("alternative"):
				return fmt.Errorf("--alternative %d is no alternative; they are counted from 1", m.alternative)
			case m.alternative > 0 && len(m.only) == 0:
				return errors.New("--alternative needs --rule, since each rule has its own")
			}
			j, err := o.open(c.Context(), s, args)
			if err != nil {
				return err
			}
			defer j.tree.Close()
			m.scan = j.scan
			done := m.mend(j.files)
			if diff {
				for _, ch := range done.changes {
					if err := report.Diff(s.Out, ch.file, ch.before, ch.after, report.DiffOptions{Color: colored(s.Out, o.noColor), Shown: terminal(s.Out)}); err != nil {
						return err
					}
				}
				return status(done.left.Report, o.gated())
			}
			var failed []lint.Failure
			for _, ch := range done.changes {
				if err := j.tree.WriteFile(ch.file, ch.before, ch.after); err != nil {
					if inner := errors.Unwrap(err); inner != nil {
						err = inner // the file is named anyway
					}
					failed = append(failed, lint.Failure{File: ch.file, Message: err.Error()})
				}
			}
			done.summarize(s, failed)
			if len(failed) > 0 {
				return exit(unread)
			}
			return status(done.left.Report, o.gated())
		},
	}
	o.addBase(c)
	o.addInput(c, "text")
	c.Flags().BoolVar(&diff, "diff", false, "print a unified diff instead of writing")
	c.Flags().IntVar(&m.alternative, "alternative", 0, "apply the alternative of this `number`, from 1, instead of the fix; with --rule")
	c.Flags().StringSliceVar(&m.only, "rule", nil, "apply the fixes of these `rules` alone")
	return c
}

// summarize says what was fixed, what is left and why, and what went wrong.
func (d *mended) summarize(s Streams, failed []lint.Failure) {
	unwritten := map[string]bool{}
	for _, f := range failed {
		unwritten[f.File] = true
	}
	say := func(format string, args ...any) { fmt.Fprintf(s.Out, format+"\n", args...) }
	mended, left := 0, 0
	for _, ch := range d.changes {
		if unwritten[ch.file] {
			continue
		}
		for _, f := range ch.fixed {
			mended++
			say("%s:%d: fixed %s %s: %s", report.Plain(ch.file), f.line, f.rule, f.name, report.Plain(f.message))
		}
	}
	for _, f := range d.left.Report.Findings {
		if f.Suppressed == nil {
			left++
			say("%s:%d: left %s %s: %s", report.Plain(f.File), f.Range.Start.Line, f.Rule, f.Name, report.Plain(d.why(f)))
		}
	}
	for _, e := range d.left.Report.Errors {
		say("%s: not analysed: %s", report.Plain(placeOf(e)), report.Plain(e.Message))
	}
	for _, f := range failed {
		say("%s: not written: %s", report.Plain(f.File), report.Plain(f.Message))
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{mended, "fixed"}, {left, "left"}, {len(d.left.Report.Errors), "not analysed"}, {len(failed), "not written"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(parts) > 0 {
		say("%s", strings.Join(parts, ", "))
	}
}

// placeOf is where a failure is, with what is known of it.
func placeOf(f lint.Failure) string {
	switch {
	case f.File == "":
		return "kmsguard"
	case f.Line == 0:
		return f.File
	}
	return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
}
