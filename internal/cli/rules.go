package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/rules"
)

func rulesCommand(s Streams) *cobra.Command {
	schema := false
	c := &cobra.Command{
		Use:   "rules [RULE]",
		Short: "list the rules, or explain one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case schema:
				_, err := s.Out.Write(config.Schema())
				return err
			case len(args) == 0:
				for _, r := range rules.All {
					fmt.Fprintf(s.Out, "%s  %-24s %-8s %s\n", r.ID, r.Name, r.Level, r.Title)
				}
				return nil
			}
			r := rules.Lookup(args[0])
			if r == nil {
				return fmt.Errorf("%q is no rule; kmsguard rules lists them", args[0])
			}
			explain(s.Out, r)
			return nil
		},
	}
	c.Flags().BoolVar(&schema, "config-schema", false, "print the JSON Schema of .github/kmsguard.yml")
	return c
}

// explain prints all that a rule says of itself.
func explain(w io.Writer, r *lint.Rule) {
	fmt.Fprintf(w, "%s %s (%s by default)\n%s\n\n%s\n", r.ID, r.Name, r.Level, r.Title, strings.TrimSpace(r.Why))
	for _, part := range []struct{ title, text string }{
		{"Before", r.Before}, {"After", r.After}, {"When to ignore it", r.Ignore}, {"In AWS's documents", r.Page},
	} {
		if part.text != "" {
			fmt.Fprintf(w, "\n%s:\n  %s\n", part.title, part.text)
		}
	}
}
