package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/report"
)

func diffCommand(s Streams) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "diff OLD NEW | diff --base REF [PATH...]",
		Short: "list access that NEW gives and OLD did not, and the reverse",
		Long:  "diff compares the keys of two files, matched by logical id or place, with a request for each difference that shows it.\nWith --base it compares the work tree with a git ref.\nExit status: 0 nothing gained, 1 something gained, 2 bad usage, 3 undecided.",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.compared(c.Context(), s, args)
			if err != nil {
				return err
			}
			err = o.to(s.Out, func(out io.Writer) error {
				if o.format == "json" {
					return report.Indented(out, d)
				}
				return printDifference(out, d)
			})
			switch {
			case err != nil:
				return err
			case len(d.Undecided) > 0 || len(d.Errors) > 0:
				return exit(unread)
			case len(d.Gained) > 0:
				return exit(found)
			}
			return nil
		},
	}
	c.Flags().StringVar(&o.base, "base", "", "git `ref` to compare the work tree with")
	o.add(c, "text", "json")
	return c
}

// compared compares two files, or the work tree with a ref.
func (o *options) compared(ctx context.Context, s Streams, args []string) (*lint.Difference, error) {
	if o.base == "" {
		if len(args) != 2 {
			return nil, errors.New("diff needs two files, OLD and NEW, or --base REF")
		}
		return o.difference(args[0], args[1])
	}
	res, err := o.run(ctx, s, args)
	if err != nil {
		return nil, err
	}
	d := res.Difference
	for _, e := range res.Report.Errors {
		if e.Counts {
			d.Errors = append(d.Errors, e)
		}
	}
	return &d, nil
}

// difference compares two files.
func (o *options) difference(oldName, newName string) (*lint.Difference, error) {
	cfg, err := o.load(newName)
	if err != nil {
		return nil, err
	}
	with := cfn.Options{Account: func(path string) (string, string) {
		switch {
		case cfg.AccountOf(path) != "":
			return cfg.AccountOf(path), "accounts of the configuration"
		case o.account != "":
			return o.account, "--account"
		}
		return cfg.Account, "account of the configuration"
	}}
	newKeys, symbols, err := keysIn(newName, with)
	if err != nil {
		return nil, err
	}
	with.Symbols = symbols
	oldKeys, _, err := keysIn(oldName, with)
	if err != nil {
		return nil, err
	}
	d := &lint.Difference{}
	for _, p := range pairs(oldKeys, newKeys) {
		d.Compare(p[0], p[1])
	}
	d.Sort()
	return d, nil
}

// keysIn reads the keys of one file. A file without a key is an error: there is nothing to compare.
func keysIn(name string, with cfn.Options) ([]*cfn.Key, *policy.Symbols, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	if with.Symbols == nil {
		with.Symbols = &policy.Symbols{}
	}
	templates, err := cfn.Open(name, data, with)
	if err != nil {
		return nil, nil, err
	}
	var keys []*cfn.Key
	for _, t := range templates {
		keys = append(keys, t.Keys...)
	}
	if len(keys) == 0 {
		return nil, nil, fmt.Errorf("%s holds no key policy, so there is nothing to compare", name)
	}
	return keys, with.Symbols, nil
}

// pairs matches keys by what their ids say after the file; a single key on either side is matched with the other.
func pairs(old, now []*cfn.Key) [][2]*cfn.Key {
	if len(old) == 1 && len(now) == 1 {
		return [][2]*cfn.Key{{old[0], now[0]}}
	}
	name := func(k *cfn.Key) string { _, n, _ := strings.Cut(k.ID, "#"); return n }
	var all [][2]*cfn.Key
	left := slices.Clone(old)
	for _, k := range now {
		p := [2]*cfn.Key{nil, k}
		if i := slices.IndexFunc(left, func(o *cfn.Key) bool { return name(o) == name(k) }); i >= 0 {
			p[0] = left[i]
			left = slices.Delete(left, i, i+1)
		}
		all = append(all, p)
	}
	for _, k := range left {
		all = append(all, [2]*cfn.Key{k, nil})
	}
	return all
}

// printDifference writes one line a difference, as a diff does: + gained, - lost.
func printDifference(w io.Writer, d *lint.Difference) error {
	line := func(sign string, a lint.Access) {
		fmt.Fprintf(w, "%s %s  %s  %s (%s, statement %d)%s\n", sign, report.Plain(a.Principal), a.Action, report.Plain(conditions(a)), a.Access, a.Statement, report.Plain(environment(a.When)))
	}
	for _, a := range d.Gained {
		line("+", a)
	}
	for _, a := range d.Lost {
		line("-", a)
	}
	for _, u := range d.Undecided {
		fmt.Fprintf(w, "? %s: %s\n", report.Plain(u.Key), report.Plain(u.Construct))
	}
	_, err := fmt.Fprintf(w, "%d gained, %d lost, %d undecided\n", len(d.Gained), len(d.Lost), len(d.Undecided))
	return err
}

func conditions(a lint.Access) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(a.Context)) {
		if k != "aws:PrincipalType" {
			parts = append(parts, k+"="+strings.Join(a.Context[k], ","))
		}
	}
	return strings.Join(parts, " ")
}

func environment(when map[string]string) string {
	if len(when) == 0 {
		return ""
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(when)) {
		parts = append(parts, k+" = "+when[k])
	}
	return " when " + strings.Join(parts, ", ")
}
