// Package cli is the command line: it reads flags, opens files and the network through the other packages, and turns
// what they say into bytes and an exit status (DESIGN section 4).
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/report"
)

// Streams are where a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// The exit statuses (DESIGN section 4).
const (
	clean  = 0
	found  = 1
	usage  = 2 // bad usage or configuration
	unread = 3 // something that would count could not be read or decided
)

// exit is an outcome that is no failure of the program: a status without a message.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// Main runs the command and returns its exit status.
func Main(args []string, s Streams) int {
	root := &cobra.Command{
		Use:   "kmsguard",
		Short: "find AWS KMS key policies, decide who they let in, and prove the statements that harden them",
		Long: "kmsguard reads a repository, finds every AWS KMS key policy in it (JSON documents, CloudFormation templates, CDK output),\n" +
			"decides exactly and offline who those policies let in, and suggests hardened statements, each proved.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetArgs(args)
	root.CompletionOptions.DisableDefaultCmd = true
	root.DisableSuggestions = true // they take lines of their own, and a mistake is one sentence
	root.SetFlagErrorFunc(flagMistake)
	root.AddCommand(commands(s)...)
	ran, err := root.ExecuteC()
	switch {
	case err == nil:
	case strings.HasPrefix(err.Error(), "unknown command "):
		err = fmt.Errorf("%w; kmsguard --help lists the commands", err)
	case strings.HasPrefix(err.Error(), "accepts "):
		err = fmt.Errorf("%s takes other arguments; write kmsguard %s", ran.Name(), ran.Use)
	}
	var status exit
	switch {
	case err == nil:
		return clean
	case errors.As(err, &status):
		return int(status)
	}
	fmt.Fprintln(s.Err, "kmsguard: "+report.Plain(err.Error()))
	return usage
}

// badValue is what pflag says of a flag's value; the rest of it is the standard library's.
var badValue = regexp.MustCompile(`(?s)^invalid argument (".*") for "(?:-., )?--([a-z-]+)" flag: `)

// flagMistake says what is wrong with a flag.
func flagMistake(c *cobra.Command, err error) error {
	m := badValue.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("%w; %s --help lists the flags", err, c.CommandPath())
	}
	want := "another value"
	switch f := c.Flags().Lookup(m[2]); {
	case f == nil:
	case f.Value.Type() == "int":
		want = "a whole number"
	case f.Value.Type() == "bool":
		want = "true or false"
	}
	return fmt.Errorf("--%s %s is not understood; write %s", m[2], m[1], want)
}

// noArguments is for commands that take flags alone.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no argument, and %q is one; %s --help lists the flags", c.Name(), args[0], c.CommandPath())
	}
	return nil
}

// version returns the module's version as the build recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// colored tells whether a stream is a terminal that shows colors (no-color.org).
func colored(w io.Writer, off bool) bool {
	return !off && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && terminal(w)
}

// terminal tells whether a person sees what is written.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
