// Package scan reads candidate files, finds their keys and runs the rules over them in parallel. Its report is the same
// bytes for the same input whatever the number of workers.
package scan

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Options are what a scan needs beside the files.
type Options struct {
	Config  *config.Config
	Rules   []*lint.Rule
	Files   fs.FS // the repository: includes, nested templates, source maps
	CDKRoot string
	// Account is the own account where nothing nearer tells it, "" where it is not known.
	Account string
	Jobs    int // workers; 0 is one a processor
	Version string
	// Base is what to compare with, nil where there is none.
	Base *Base
	// Only, where it is not empty, is the one file whose keys are judged; the others are read for what they say about it.
	Only string
	// SuppressionsOfHead lets suppressions count that the change itself adds.
	SuppressionsOfHead bool
	Today              time.Time       // the day by which suppressions expire
	repository         *cfn.Repository // what is read of the repository once for all files
	// Done, where it is not nil, is called after each file, from any worker.
	Done func()
}

// Result is a report and what it was made of.
type Result struct {
	Report  *lint.Report
	Sources map[string][]byte // the candidates by name
	// Difference is the access that the changed keys give and take against the base; empty where there is none.
	Difference lint.Difference
	// Changed are the keys that the change touches, in the order of files.
	Changed []*cfn.Key
}

// read is one file with what was found in it.
type read struct {
	file      repo.File
	templates []*cfn.Template
	findings  []lint.Finding
	failures  []lint.Failure
	differs   lint.Difference
	was       map[string]bool // ids in the base of the keys that are still there
	changed   []*cfn.Key
}

// Scan judges the files. Failures of picking them, which came before, are part of the report.
func Scan(files []repo.File, failures []lint.Failure, opt Options) *Result {
	opt.repository = &cfn.Repository{}
	reads := make([]read, len(files))
	parallel(opt.Jobs, len(files), func(i int) { reads[i] = open(files[i], opt) })
	around := join(reads)
	for i := range reads { // now: what a parent stack passes may have answered what was open
		for _, t := range reads[i].templates {
			for _, e := range t.Errors {
				reads[i].failures = append(reads[i].failures, failure(reads[i].file.Path, e, true))
			}
		}
	}
	failures = append(slices.Clip(failures), around.failures...)
	failures = append(failures, opt.Base.bind(reads, opt)...)
	accepted := suppressionsOf(reads, opt)
	parallel(opt.Jobs, len(files), func(i int) {
		if opt.Only == "" || opt.Only == files[i].Path {
			reads[i].judge(around, accepted, opt)
		}
		if opt.Done != nil {
			opt.Done()
		}
	})
	return assemble(reads, around, append(slices.Clip(failures), accepted.stale()...), opt)
}

// parallel calls do with 0 to n-1 from some workers and waits for all.
func parallel(jobs, n int, do func(i int)) {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(jobs, n) {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// open parses one file. A panic of a reader is an error of that file alone.
func open(f repo.File, opt Options) (r read) {
	r.file = f
	defer func() {
		if p := recover(); p != nil {
			r.failures = append(r.failures, lint.Failure{File: f.Path, Message: fmt.Sprintf("internal error: %v; the file was not analysed", p), Counts: true})
		}
	}()
	templates, err := cfn.Open(f.Path, f.Data, cfnOptions(opt))
	if err != nil {
		r.failures = append(r.failures, failure(f.Path, err, repo.Counts(f.Data)))
		return r
	}
	r.templates = templates
	return r
}

func failure(name string, err error, counts bool) lint.Failure {
	var e *syntax.Error
	if errors.As(err, &e) {
		return lint.Failure{File: e.File, Line: e.Position.Line, Column: e.Position.Column, Message: e.Message, Counts: counts}
	}
	return lint.Failure{File: name, Message: err.Error(), Counts: counts}
}

func cfnOptions(opt Options) cfn.Options {
	return cfn.Options{Files: opt.Files, CDKRoot: opt.CDKRoot, Repository: opt.repository, Account: func(path string) (string, string) {
		if id := opt.Config.AccountOf(path); id != "" {
			return id, "accounts of the configuration"
		}
		if opt.Account != "" {
			return opt.Account, "--account"
		}
		return opt.Config.Account, "account of the configuration"
	}}
}

// judge runs the rules over the keys of one file, one after the other: its keys share symbols.
func (r *read) judge(around surroundings, accepted *suppressions, opt Options) {
	for _, t := range r.templates {
		if around.original(t) {
			found, failed := lint.RunTemplates(t, opt.Rules, opt.Config)
			opt.Base.mark(found, r.file, opt)
			for i := range found {
				accepted.mark(&found[i])
			}
			r.findings = append(r.findings, found...)
			r.failures = append(r.failures, failed...)
		}
		for _, k := range t.Keys {
			if !around.keys[k] {
				continue // a copy of another key
			}
			on := target(t, k, r.file.Data, around, opt)
			on.Suppress = accepted.mark
			if b := on.Base; b != nil && !b.Unchanged && b.Baseline == nil {
				r.changed = append(r.changed, k)
				r.differs.Compare(b.Key, k)
				if b.Key != nil {
					if r.was == nil {
						r.was = map[string]bool{}
					}
					r.was[b.Key.ID] = true
				}
			}
			found, failed := lint.Run(on, opt.Rules, opt.Config)
			r.findings = append(r.findings, found...)
			r.failures = append(r.failures, failed...)
		}
	}
}

// target surrounds a key with what rules ask about it.
func target(t *cfn.Template, k *cfn.Key, data []byte, around surroundings, opt Options) *lint.Target {
	again := cfnOptions(opt)
	again.Symbols, again.Only = t.Symbols, k.ID
	return &lint.Target{Key: k, Uses: around.uses[k], Primary: around.primaries[k].key, PrimaryPolicy: around.primaries[k].policy, Base: opt.Base.baseOf(t, k, data, opt), Reread: func(source []byte) (*cfn.Key, error) {
		templates, err := cfn.Open(k.File.Name, source, again)
		if err != nil {
			return nil, err
		}
		for _, t := range templates {
			for _, other := range t.Keys {
				if other.ID == k.ID {
					return other, nil
				}
			}
		}
		return nil, fmt.Errorf("the key %s would be gone", k.ID)
	}}
}

// assemble writes the report in the order of files.
func assemble(reads []read, around surroundings, failures []lint.Failure, opt Options) *Result {
	rep := &lint.Report{Schema: 1, Tool: lint.Tool{Name: "kmsguard", Version: opt.Version},
		Keys: []lint.Key{}, Findings: []lint.Finding{}, Errors: append([]lint.Failure{}, failures...)}
	rep.Summary.Files = len(reads)
	sources := make(map[string][]byte, len(reads))
	for _, r := range reads {
		sources[r.file.Path] = r.file.Data
		for _, t := range r.templates {
			for _, k := range t.Keys {
				if !around.keys[k] {
					continue
				}
				rep.Keys = append(rep.Keys, keyOf(k))
			}
		}
		rep.Findings = append(rep.Findings, r.findings...)
		rep.Errors = append(rep.Errors, r.failures...)
	}
	slices.SortStableFunc(rep.Keys, func(a, b lint.Key) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.ID, b.ID))
	})
	slices.SortStableFunc(rep.Findings, func(a, b lint.Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Range.Start.Offset, b.Range.Start.Offset), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Key, b.Key))
	})
	slices.SortStableFunc(rep.Errors, func(a, b lint.Failure) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	rep.Count()
	res := &Result{Report: rep, Sources: sources}
	still := map[string]bool{}
	for _, r := range reads {
		res.Difference.Add(r.differs)
		res.Changed = append(res.Changed, r.changed...)
		maps.Copy(still, r.was)
	}
	for _, k := range opt.Base.gone(still, opt) {
		res.Difference.Compare(k, nil)
	}
	res.Difference.Sort()
	return res
}

func members(n *syntax.Node) []syntax.Member {
	if n = n.Resolved(); n == nil {
		return nil
	}
	return n.Members
}

func keyOf(k *cfn.Key) lint.Key {
	key := lint.Key{ID: k.ID, File: k.File.Name, Kind: string(k.Kind), LogicalID: k.LogicalID, Path: k.Path, Copies: k.Copies, Line: 1}
	if k.Node != nil {
		key.Line = k.File.Position(k.Node.Span.Start).Line
	}
	if k.Source != nil {
		key.Source = &lint.Source{File: k.Source.File, Line: k.Source.Line}
	}
	return key
}
