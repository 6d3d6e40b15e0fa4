package cli

import (
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/report"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

func commands(s Streams) []*cobra.Command {
	return []*cobra.Command{scanCommand(s), fixCommand(s), accessCommand(s), rulesCommand(s), diffCommand(s), reviewCommand(s), simulateCommand(s), actionCommand(s)}
}

func scanCommand(s Streams) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "scan [PATH...]",
		Short: "find keys and report who their policies let in",
		Long:  "scan reads files, folders and globs (default: the working directory) and reports every key policy that lets in more than it should.\nExit status: 0 clean, 1 findings, 2 bad usage or configuration, 3 something could not be read or decided.",
		RunE: func(c *cobra.Command, args []string) error {
			res, err := o.run(c.Context(), s, args)
			if err != nil {
				return err
			}
			if err := o.to(s.Out, func(out io.Writer) error { return o.write(out, res) }); err != nil {
				return err
			}
			return status(res.Report, o.gated())
		},
	}
	o.addBase(c)
	o.add(c, "text", "json", "sarif", "rdjson", "markdown", "html", "github")
	return c
}

// to calls write with the file of --output, else with standard output.
func (o *options) to(out io.Writer, write func(io.Writer) error) (err error) {
	if o.output == "" {
		return write(out)
	}
	f, err := os.Create(o.output)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return write(f)
}

// write prints the report in the chosen format.
func (o *options) write(out io.Writer, res *scan.Result) error {
	source := func(name string) []byte { return res.Sources[name] }
	switch o.format {
	case "json":
		return report.JSON(out, res.Report)
	case "sarif":
		return report.SARIF(out, res.Report, rules.All, source)
	case "rdjson":
		return report.RDJSON(out, res.Report, source)
	case "markdown":
		return report.Markdown(out, res.Report, source, report.MarkdownOptions{})
	case "html":
		return report.HTML(out, res.Report, source)
	case "github":
		return report.GitHub(out, res.Report)
	}
	return report.Text(out, res.Report, source, report.TextOptions{Color: colored(out, o.noColor)})
}
