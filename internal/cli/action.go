package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sethvargo/go-githubactions"
	"github.com/spf13/cobra"

	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/report"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

func actionCommand(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "action",
		Short: "run as a step of a GitHub workflow",
		Long:  "action is the entry point of the container action: it reads its inputs from INPUT_* and the event from GITHUB_EVENT_PATH.",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			a := &action{Streams: s, env: runnerEnv}
			return a.run(c.Context())
		},
	}
}

// action is one run of the step.
type action struct {
	Streams
	env    func(string) string
	step   *githubactions.Action
	in     inputs
	event  github.Event
	client *github.Client
	// now and sleep are the clock of the client; nil is the real one.
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
}

// run decides the exit status before anything is written to GitHub; nothing after that can change it.
func (a *action) run(ctx context.Context) error {
	a.step = githubactions.New(githubactions.WithWriter(a.Out), githubactions.WithGetenv(a.env))
	var err error
	if a.in, err = readInputs(a.step); err != nil {
		return err
	}
	tree, err := repo.Open(a.workspace())
	if err != nil {
		return err
	}
	defer tree.Close()
	view, err := a.view(ctx, tree)
	if err != nil {
		return err
	}
	if err := a.addBaseline(tree, view); err != nil {
		return err
	}
	view.options = scan.Options{Config: view.config, Rules: rules.All, Files: view.fs, CDKRoot: a.in.cdkRoot,
		Account: a.in.account, Version: version(), Today: time.Now(), Base: view.base, SuppressionsOfHead: a.in.suppressions == "head"}
	res := scan.Scan(view.files, view.failures, view.options)
	gate := lint.Gate{FailOn: lint.Level(a.in.failOn), Introduced: a.in.gate == "introduced" && view.base != nil}
	outcome := status(res.Report, gate)
	if err := a.files(res); err != nil {
		a.warn(err.Error())
	}
	a.say(ctx, view, res, outcome)
	a.outputs(res, outcome)
	return outcome
}

// view is what there is to judge.
type view struct {
	config   *config.Config
	files    []repo.File
	failures []lint.Failure
	fs       fs.FS
	base     *scan.Base
	changes  *github.Changes
	options  scan.Options // how it was judged
}

// view reads the event and the files that it is about: of a pull request through the API as data, else the work tree.
func (a *action) view(ctx context.Context, tree *repo.Tree) (*view, error) {
	if err := a.load(ctx); err != nil {
		a.warn(err.Error())
		return a.local(ctx, tree)
	}
	changes, err := a.client.Load(ctx, &a.event)
	if err != nil {
		a.warn(err.Error() + ": the checked-out files are judged, and every finding counts")
		a.event.Comments = false
		return a.local(ctx, tree)
	}
	if changes == nil {
		return a.local(ctx, tree)
	}
	v, err := a.remote(ctx, tree, changes)
	if err != nil {
		a.warn(err.Error() + ": the checked-out files are judged, and every finding counts")
		a.event.Comments = false
		return a.local(ctx, tree)
	}
	return v, nil
}

// workspace is the checkout. A runner that names it by the host's path has it mounted where the container starts.
func (a *action) workspace() string {
	if dir := a.env("GITHUB_WORKSPACE"); dir != "" {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
	}
	return "."
}

// load reads the event and makes the client.
func (a *action) load(ctx context.Context) error {
	name := a.env("GITHUB_EVENT_NAME")
	if name == "" {
		return errors.New("GITHUB_EVENT_NAME is missing, so this is no workflow: the checked-out files are judged")
	}
	payload, err := os.ReadFile(a.env("GITHUB_EVENT_PATH"))
	if err != nil {
		payload = nil
	}
	if a.event, err = github.LoadEvent(name, payload, a.env("GITHUB_REPOSITORY")); err != nil {
		return err
	}
	token := a.in.token
	if token == "" {
		token = a.env("GITHUB_TOKEN")
	}
	a.client, err = github.NewClient(github.Config{API: a.env("GITHUB_API_URL"), GraphQL: a.env("GITHUB_GRAPHQL_URL"), Token: token,
		Repo: a.env("GITHUB_REPOSITORY"), Now: a.now, Sleep: a.sleep, Log: a.note})
	return err
}

// local judges the work tree, without a base.
func (a *action) local(ctx context.Context, tree *repo.Tree) (*view, error) {
	cfg := config.Default()
	name := a.in.config
	data, err := tree.ReadFile(name)
	switch {
	case err == nil:
		var errs []error
		if cfg, errs = config.Parse(name, data, rules.Names()); len(errs) > 0 {
			return nil, errors.Join(errs...)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the configuration %s cannot be read: %w", name, err)
	}
	a.in.narrow(cfg)
	files, failures := tree.Candidates(ctx, cfg.Include, cfg.Exclude, nil, 0)
	return &view{config: cfg, files: files, failures: failures, fs: tree.FS()}, nil
}

// remote judges the head commit with the changed files at the merge base as its base. Files come through the API; what the work tree has byte for byte is not fetched.
func (a *action) remote(ctx context.Context, tree *repo.Tree, changes *github.Changes) (*view, error) {
	head, err := a.client.Snapshot(ctx, changes.Head)
	if err != nil {
		return nil, err
	}
	before, err := changes.Before(ctx)
	if err != nil {
		return nil, err
	}
	cfg := config.Default()
	if data, err := before.ReadFile(a.in.config); err == nil {
		var errs []error
		if cfg, errs = config.Parse(a.in.config, data, rules.Names()); len(errs) > 0 {
			return nil, errors.Join(errs...)
		}
	}
	a.in.narrow(cfg)
	want := func(name string) bool { return repo.Matches(name, cfg.Include, cfg.Exclude) }
	head.Seed(tree.FS(), want)
	files, failures := repo.Pick(head.Names(), head.ReadFile, cfg.Include, cfg.Exclude)
	v := &view{config: cfg, files: files, failures: failures, fs: head, changes: changes, base: &scan.Base{Changed: map[string]scan.Before{}}}
	names := head.Names()
	committed := func(name string) bool { _, ok := slices.BinarySearch(names, name); return ok }
	v.base.Tracked = func(name string) bool {
		_, before := v.base.Changed[name]
		return before || committed(name)
	}
	a.addGenerated(ctx, tree, v, committed)
	a.addSynthesis(ctx, tree, v)
	for _, f := range changes.Files {
		old := f.Name
		if f.Previous != "" {
			old = f.Previous
		}
		if !want(f.Name) && !want(old) {
			v.base.Changed[f.Name] = scan.Before{Name: old} // no candidate: that it changed is all that is asked of it
			continue
		}
		data, err := before.ReadFile(old)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("the base version of a changed file could not be read: %w", err)
		case f.Status == "removed":
			v.base.Removed = append(v.base.Removed, repo.File{Path: old, Data: data})
		case err != nil || f.Status == "added":
			v.base.Changed[f.Name] = scan.Before{}
		default:
			v.base.Changed[f.Name] = scan.Before{Name: old, Data: data}
		}
	}
	return v, nil
}

// say plans and posts, writes annotations and the step summary. None of it can change the outcome.
func (a *action) say(ctx context.Context, v *view, res *scan.Result, outcome error) {
	in := github.Input{Findings: res.Report.Findings, Sources: res.Sources, Head: a.event.Head,
		Summary: summaryOf(res, outcome),
		Options: planOptions(github.Mode(a.in.comment), a.in.maxComments), Together: together(v.files, res, v.options)}
	speak := a.client != nil && a.event.Comments && a.event.Number > 0 && !a.event.Closed && v.changes != nil
	if v.changes != nil {
		in.Files = v.changes.Files
		a.notes(v.changes.Log)
	}
	if !speak {
		in.Options.Mode = github.ModeNone
	} else if a.in.comment != "none" {
		var log []string
		var err error
		if in.Existing, in.Notes, in.Self, log, err = a.client.Existing(ctx, a.event.Number); err != nil {
			log = append(log, err.Error())
		}
		a.notes(log)
	}
	plan := github.NewPlan(in)
	a.notes(plan.Log)
	unsaid := plan.Unplaced
	if speak && in.Options.Mode != github.ModeNone {
		done := a.client.Execute(ctx, a.event.Number, plan)
		a.notes(done.Log)
		unsaid = append(unsaid, done.Unposted...)
	}
	if a.in.checkRun && a.client != nil && a.event.Head != "" {
		done := a.client.Check(ctx, github.Check{Head: a.event.Head, Failed: outcome != nil, Title: checkTitle(res), Summary: plan.StepSummary, Findings: unsuppressed(res)})
		a.notes(done.Log)
	}
	rest := *res.Report
	rest.Findings = unsaid
	if err := report.GitHub(a.Out, &rest); err != nil {
		a.warn(err.Error())
	}
	a.summary(plan.StepSummary)
}

// checkTitle counts the findings in a line.
func checkTitle(res *scan.Result) string {
	s := res.Report.Summary
	return fmt.Sprintf("%d errors, %d warnings, %d notes, %d undecided in %d keys", s.Errors, s.Warnings, s.Notes, s.Undecided, s.Keys)
}

// unsuppressed returns the findings that nobody accepted.
func unsuppressed(res *scan.Result) []lint.Finding {
	return slices.DeleteFunc(slices.Clone(res.Report.Findings), func(f lint.Finding) bool { return f.Suppressed != nil })
}

// conclusion says how the check ends.
func conclusion(outcome error) string {
	var s exit
	switch errors.As(outcome, &s); s {
	case found:
		return "The check fails: there are findings that count."
	case unread:
		return "The check fails: something that counts could not be read or decided."
	}
	return "The check passes."
}

// note writes one line to the log. Text of a repository is shown so that the runner takes none of it for a command.
func (a *action) note(text string) { fmt.Fprintln(a.Out, "kmsguard: "+report.Plain(text)) }

func (a *action) notes(all []string) {
	for _, text := range all {
		a.note(text)
	}
}

// warn annotates the run with a warning.
func (a *action) warn(text string) {
	fmt.Fprintln(a.Out, report.Annotation("warning", "", lint.Range{}, "kmsguard", text))
}

// outputs writes the outputs of the step: numbers, words and paths of the inputs alone.
func (a *action) outputs(res *scan.Result, outcome error) {
	introduced := 0
	for _, f := range res.Report.Findings {
		if f.Suppressed == nil && (f.Introduced == nil || *f.Introduced) {
			introduced++
		}
	}
	word := "success"
	if outcome != nil {
		word = "failure"
	}
	s := res.Report.Summary
	all := []output{
		{"conclusion", word},
		{"findings", strconv.Itoa(s.Errors + s.Warnings + s.Notes + s.Undecided)},
		{"introduced", strconv.Itoa(introduced)},
		{"errors", strconv.Itoa(s.Errors)},
		{"warnings", strconv.Itoa(s.Warnings)},
		{"keys", strconv.Itoa(s.Keys)},
		{"report-file", a.in.reportFile},
		{"sarif-file", a.in.sarifFile},
	}
	for i := range all {
		all[i].value = report.Output(strings.TrimSpace(all[i].value))
	}
	if err := a.setOutputs(all); err != nil {
		a.note(err.Error())
	}
}
