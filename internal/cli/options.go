package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

// options are the flags that several commands share.
type options struct {
	config  string
	account string
	format  string
	failOn  string
	output  string
	jobs    int
	noColor bool
	cdkRoot string
	// Of commands that compare with a git ref.
	base string
	gate string
}

// add declares the shared flags.
func (o *options) add(c *cobra.Command, formats ...string) {
	o.addInput(c, formats...)
	c.Flags().StringVar(&o.output, "output", "", "write to a `file` instead of standard output")
}

// addInput declares the shared flags but --output, for commands that write files themselves.
func (o *options) addInput(c *cobra.Command, formats ...string) {
	f := c.Flags()
	f.StringVar(&o.config, "config", "", "configuration `file` (default: the nearest .github/kmsguard.yml)")
	f.StringVar(&o.account, "account", "", "`id` of the account that owns the keys, where nothing nearer tells it")
	f.StringVar(&o.format, "format", formats[0], "output: "+strings.Join(formats, ", "))
	f.StringVar(&o.failOn, "fail-on", "error", "exit 1 from this level on: error, warning, note or never")
	f.IntVar(&o.jobs, "jobs", 0, "workers (default: one a processor)")
	f.BoolVar(&o.noColor, "no-color", false, "print without colors")
	f.StringVar(&o.cdkRoot, "cdk-root", "", "`folder` in which the CDK was run, as its stack traces write it")
	c.PreRunE = func(*cobra.Command, []string) error { return o.check(formats) }
}

// addBase declares the flags of commands that compare with a git ref.
func (o *options) addBase(c *cobra.Command) {
	c.Flags().StringVar(&o.base, "base", "", "git `ref` to compare with: findings that it does not have are introduced")
	c.Flags().StringVar(&o.gate, "gate", "", "findings that count: introduced (the default where there is a base) or all")
}

func (o *options) check(formats []string) error {
	switch {
	case !slices.Contains(formats, o.format):
		return fmt.Errorf("--format %q is not known; write one of %s", o.format, strings.Join(formats, ", "))
	case !slices.Contains([]string{"error", "warning", "note", "never"}, o.failOn):
		return fmt.Errorf("--fail-on %q is not known; write error, warning, note or never", o.failOn)
	case !slices.Contains([]string{"", "introduced", "all"}, o.gate):
		return fmt.Errorf("--gate %q is not known; write introduced or all", o.gate)
	case o.jobs < 0:
		return fmt.Errorf("--jobs %d is no number of workers; write 1 or more, or leave it out for one a processor", o.jobs)
	case o.account != "" && !policy.IsAccount(o.account):
		return fmt.Errorf("--account %q is no account id; write twelve digits", o.account)
	}
	return nil
}

// status turns the gate of a report into the outcome of a command.
func status(rep *lint.Report, g lint.Gate) error {
	if s := rep.Status(g); s != clean {
		return exit(s)
	}
	return nil
}

// load reads the configuration that governs a path.
func (o *options) load(path string) (*config.Config, error) {
	var data []byte
	name := o.config
	if name != "" {
		var err error
		if data, err = os.ReadFile(name); err != nil {
			return nil, fmt.Errorf("the configuration cannot be read: %w", err)
		}
	} else {
		c, err := repo.FindConfig(path)
		if err != nil {
			return nil, err
		}
		if c == nil {
			return config.Default(), nil
		}
		name, data = filepath.ToSlash(repo.ConfigName), c.Data
	}
	cfg, errs := config.Parse(name, data, rules.Names())
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return cfg, nil
}

// place is the folder to open for PATH arguments, and the arguments relative to it.
type place struct {
	dir   string
	paths []string
}

// place finds the folder for the arguments: a single folder is opened itself, so that names in the report are relative to
// where the command runs only if that is where it looks; anything else is relative to the working directory.
func locate(args []string) (place, error) {
	wd, err := os.Getwd()
	if err != nil {
		return place{}, fmt.Errorf("the working directory cannot be read: %w", err)
	}
	for _, a := range args {
		if filepath.IsAbs(a) || strings.HasPrefix(filepath.ToSlash(filepath.Clean(a)), "../") || filepath.Clean(a) == ".." {
			return outside(args)
		}
	}
	return place{wd, args}, nil
}

// outside opens the folder that holds the only argument, which lies outside the working directory.
func outside(args []string) (place, error) {
	if len(args) != 1 {
		return place{}, errors.New("paths outside the working directory must be given alone; change to their folder")
	}
	abs, err := filepath.Abs(args[0])
	if err != nil {
		return place{}, err
	}
	if info, err := os.Stat(abs); err == nil && info.IsDir() {
		return place{abs, nil}, nil
	}
	return place{filepath.Dir(abs), []string{filepath.Base(abs)}}, nil
}

// gated is the gate of the exit status.
func (o *options) gated() lint.Gate {
	return lint.Gate{FailOn: lint.Level(o.failOn), Introduced: o.base != "" && o.gate != "all"}
}

// job is what a command scans: the files of an open tree and what surrounds them.
type job struct {
	tree     *repo.Tree
	files    []repo.File
	failures []lint.Failure
	options  scan.Options
	log      io.Writer
}

// scan judges the files, which are the job's or what fixes would make of them.
func (j *job) scan(files []repo.File) *scan.Result {
	opt := j.options
	done, end := progress(j.log, len(files))
	defer end()
	opt.Done = done
	return scan.Scan(files, j.failures, opt)
}

// run scans the paths.
func (o *options) run(ctx context.Context, s Streams, args []string) (*scan.Result, error) {
	j, err := o.open(ctx, s, args)
	if err != nil {
		return nil, err
	}
	defer j.tree.Close()
	return j.scan(j.files), nil
}

// open finds the files of the paths. Who calls it closes the tree.
func (o *options) open(ctx context.Context, s Streams, args []string) (*job, error) {
	at, err := locate(args)
	if err != nil {
		return nil, err
	}
	start := at.dir
	if len(at.paths) > 0 {
		start = filepath.Join(at.dir, at.paths[0])
	}
	cfg, err := o.load(start)
	if err != nil {
		return nil, err
	}
	tree, err := repo.Open(at.dir)
	if err != nil {
		return nil, err
	}
	var base *scan.Base
	if o.base != "" {
		ref, err := repo.OpenRef(ctx, tree.Dir(), o.base)
		if err == nil {
			base, _, err = compareWith(ctx, tree, ref, cfg)
		}
		if err != nil {
			tree.Close()
			return nil, err
		}
	}
	files, failures := tree.Candidates(ctx, cfg.Include, cfg.Exclude, at.paths, o.jobs)
	return &job{tree: tree, files: files, failures: failures, log: s.Err, options: scan.Options{Config: cfg, Rules: rules.All, Files: tree.FS(),
		CDKRoot: o.cdkRoot, Account: o.account, Jobs: o.jobs, Version: version(), Today: time.Now(), Base: base, SuppressionsOfHead: true}}, nil
}

// compareWith reads what the work tree changes in a ref.
func compareWith(ctx context.Context, tree *repo.Tree, ref *repo.Ref, cfg *config.Config) (*scan.Base, []repo.Change, error) {
	changes, err := repo.Diff(ctx, ref, tree)
	if err != nil {
		return nil, nil, err
	}
	base := &scan.Base{Changed: map[string]scan.Before{}, Tracked: func(name string) bool {
		_, err := fs.Stat(ref.FS(), name)
		return err == nil
	}}
	for _, c := range changes {
		old := c.Path
		if c.Previous != "" {
			old = c.Previous
		}
		if c.Status == "added" {
			base.Changed[c.Path] = scan.Before{}
			continue
		}
		if !repo.Matches(c.Path, cfg.Include, cfg.Exclude) && !repo.Matches(old, cfg.Include, cfg.Exclude) {
			base.Changed[c.Path] = scan.Before{Name: old} // no candidate: that it changed is all that is asked of it
			continue
		}
		data, err := ref.ReadFile(old)
		if err != nil {
			return nil, nil, fmt.Errorf("the base version of %s cannot be read: %w", old, err)
		}
		if c.Status == "removed" {
			base.Removed = append(base.Removed, repo.File{Path: old, Data: data})
		} else {
			base.Changed[c.Path] = scan.Before{Name: old, Data: data}
		}
	}
	return base, changes, nil
}
