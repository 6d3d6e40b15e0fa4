package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sethvargo/go-githubactions"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/report"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

// inputs are the inputs of the action (action.yml).
type inputs struct {
	token, config, account string
	paths, exclude         []string
	failOn, gate, comment  string
	maxComments            int
	checkRun               bool
	sarifFile, reportFile  string
	cdkRoot, baseCDKRoot   string
	baseline, suppressions string
}

// readInputs reads and checks the inputs; an empty one has its default, since the runner does not enforce any.
func readInputs(step *githubactions.Action) (in inputs, err error) {
	get := func(name, fallback string) string {
		if v := step.GetInput(name); v != "" {
			return v
		}
		return fallback
	}
	word := func(name string, allowed ...string) string {
		v := get(name, allowed[0])
		if !slices.Contains(allowed, v) && err == nil {
			err = fmt.Errorf("input %s is %q; write one of %s", name, v, strings.Join(allowed, ", "))
		}
		return v
	}
	in = inputs{
		token:        get("token", ""),
		config:       get("config", repo.ConfigName),
		account:      get("account", ""),
		paths:        lines(get("paths", "")),
		exclude:      lines(get("exclude", "")),
		failOn:       word("fail-on", "error", "warning", "note", "never"),
		gate:         word("gate", "introduced", "all"),
		comment:      word("comment", "review", "summary", "none"),
		checkRun:     word("check-run", "false", "true") == "true",
		sarifFile:    get("sarif-file", ""),
		reportFile:   get("report-file", ""),
		cdkRoot:      get("cdk-root", ""),
		baseCDKRoot:  get("base-cdk-root", ""),
		baseline:     get("baseline", ""),
		suppressions: word("suppressions", "base", "head"),
	}
	if n, e := strconv.Atoi(get("max-comments", "25")); e == nil && n >= 0 {
		in.maxComments = n
	} else if err == nil {
		err = fmt.Errorf("input max-comments is %q; write a whole number", get("max-comments", ""))
	}
	if in.account != "" && !policy.IsAccount(in.account) && err == nil {
		err = fmt.Errorf("input account is %q; write twelve digits", in.account)
	}
	return in, err
}

// lines splits an input of several values: one a line.
func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// narrow applies the inputs that stand for parts of the configuration.
func (in inputs) narrow(cfg *config.Config) {
	if len(in.paths) > 0 {
		cfg.Include = in.paths
	}
	cfg.Exclude = append(cfg.Exclude, in.exclude...)
}

// files writes the SARIF and JSON reports that the inputs ask for, inside the workspace.
func (a *action) files(res *scan.Result) error {
	for _, out := range []struct {
		name  string
		write func(f *os.File) error
	}{
		{a.in.sarifFile, func(f *os.File) error {
			return report.SARIF(f, res.Report, rules.All, func(name string) []byte { return res.Sources[name] })
		}},
		{a.in.reportFile, func(f *os.File) error { return report.JSON(f, res.Report) }},
	} {
		if out.name == "" {
			continue
		}
		if err := a.writeFile(out.name, out.write); err != nil {
			return fmt.Errorf("%s could not be written: %w", out.name, err)
		}
	}
	return nil
}

func (a *action) writeFile(name string, write func(f *os.File) error) (err error) {
	root, err := os.OpenRoot(a.workspace())
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := root.Create(filepath.Clean(name))
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	return write(f)
}
