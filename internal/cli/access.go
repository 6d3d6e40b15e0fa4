package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/report"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

func accessCommand(s Streams) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "access FILE[#LOGICALID]",
		Short: "list who can do what with a key: direct, delegated, on which conditions",
		Long: "access reads one key policy and lists who it lets do what. LOGICALID names the key where FILE holds several; of a\n" +
			"document it is the pointer after # of the key's id, as scan prints it.\n" +
			"Exit status: 0 all decided, 2 bad usage, 3 something could not be read or decided.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := o.access(args[0])
			if err != nil {
				return err
			}
			if err := o.writeAccess(s.Out, a); err != nil {
				return err
			}
			if o.failOn != "never" && len(a.Undecided)+len(a.Errors) > 0 {
				return exit(unread)
			}
			return nil
		},
	}
	o.add(c, "text", "json", "markdown", "mermaid", "html")
	return c
}

// access reads the key that an argument names.
func (o *options) access(arg string) (*report.Access, error) {
	name, id := cutKey(arg)
	if name == "" {
		return nil, fmt.Errorf("%q names no file; write FILE or FILE#LOGICALID", arg)
	}
	at, err := locate([]string{name})
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(name); len(at.paths) == 0 || err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder; name a file", name)
	}
	file := filepath.ToSlash(filepath.Clean(at.paths[0]))
	cfg, err := o.load(filepath.Join(at.dir, file))
	if err != nil {
		return nil, err
	}
	tree, err := repo.Open(at.dir)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	data, err := tree.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	templates, err := cfn.Open(file, data, cfn.Options{Files: tree.FS(), CDKRoot: o.cdkRoot, Account: func(path string) (string, string) {
		switch {
		case cfg.AccountOf(path) != "":
			return cfg.AccountOf(path), "accounts of the configuration"
		case o.account != "":
			return o.account, "--account"
		}
		return cfg.Account, "account of the configuration"
	}})
	if err != nil {
		return nil, err
	}
	var keys []*cfn.Key
	var failures []*syntax.Error
	for _, t := range templates {
		keys = append(keys, t.Keys...)
		failures = append(failures, t.Errors...)
	}
	k, err := pick(keys, file, id)
	if err != nil {
		return nil, err
	}
	a := report.AccessOf(k)
	for _, e := range failures {
		a.Errors = append(a.Errors, lint.Failure{File: e.File, Line: e.Position.Line, Column: e.Position.Column, Message: e.Message, Counts: true})
	}
	return a, nil
}

// cutKey parts an argument into file and key. A file whose name has a # is found too.
func cutKey(arg string) (file, id string) {
	for i := len(arg); i > 0; i = strings.LastIndexByte(arg[:i], '#') {
		if _, err := os.Stat(arg[:i]); err == nil {
			return arg[:i], strings.TrimPrefix(arg[i:], "#")
		}
	}
	file, id, _ = strings.Cut(arg, "#")
	return file, id
}

// pick finds the key with the id, which may be left out of a file that holds one key.
func pick(keys []*cfn.Key, file, id string) (*cfn.Key, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s holds no key policy", file)
	}
	var fits []*cfn.Key
	var ids []string
	for _, k := range keys {
		local := strings.TrimPrefix(strings.TrimPrefix(k.ID, file), "#")
		ids = append(ids, "#"+local)
		if id == "" || id == local || id == k.LogicalID || k.Path != "" && id == k.Path {
			fits = append(fits, k)
		}
	}
	const shown = 20
	if len(ids) > shown {
		ids = append(slices.Clone(ids[:shown]), fmt.Sprintf("%d more", len(ids)-shown))
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) == 0:
		return nil, fmt.Errorf("%s holds no key %q; it has %s", file, id, strings.Join(ids, ", "))
	}
	return nil, fmt.Errorf("%s holds %d keys; add one of %s", file, len(fits), strings.Join(ids, ", "))
}

// writeAccess prints in the chosen format, to the chosen place.
func (o *options) writeAccess(out io.Writer, a *report.Access) (err error) {
	if o.output != "" {
		f, err := os.Create(o.output)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	switch o.format {
	case "json":
		return report.AccessJSON(out, a)
	case "markdown":
		return report.AccessMarkdown(out, a, report.MarkdownOptions{})
	case "mermaid":
		_, err := io.WriteString(out, report.Mermaid(a))
		return err
	case "html":
		return report.AccessHTML(out, a)
	}
	return report.AccessText(out, a, report.TextOptions{Color: colored(out, o.noColor)})
}
