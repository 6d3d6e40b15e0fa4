package scan

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
)

// Base is the tree that a change started from, as far as it differs.
type Base struct {
	// Changed holds, for each changed or new file by its name now, what it was. Files that are not in it are as they were.
	Changed map[string]Before
	// Removed are files that are gone.
	Removed []repo.File
	// Tracked tells whether a file is part of the commits that are compared. Generated output often is not; nil means that every file is.
	Tracked func(name string) bool
	// Synthesis holds the output of a synthesis of the base, by the name of the file in its folder.
	Synthesis map[string]repo.File
	// Baseline, where it is not nil, holds the fingerprints of a report of the base, which then alone decides.
	Baseline map[string]bool

	repository *cfn.Repository // what stacks of the base pass to each other; nil where no template changed
}

// bind reads the base's version of all files, so that what its stacks pass to each other is known. It returns the changed
// ones that held keys and cannot be read: what is found in them now counts as introduced.
func (b *Base) bind(reads []read, opt Options) (unread []lint.Failure) {
	if b == nil || b.Baseline != nil {
		return nil
	}
	defer func() {
		for _, name := range slices.Sorted(maps.Keys(b.Synthesis)) {
			f := b.Synthesis[name]
			if _, err := cfn.Open(f.Path, f.Data, cfnOptions(opt)); err != nil && repo.Counts(f.Data) {
				unread = append(unread, inBase(f.Path, err))
			}
		}
	}()
	if len(b.Changed)+len(b.Removed) == 0 {
		return nil
	}
	b.repository = &cfn.Repository{}
	with := cfnOptions(opt)
	with.Repository = b.repository
	var all []*cfn.Template
	add := func(now, name string, data []byte) {
		if name == "" || data == nil {
			return
		}
		templates, err := cfn.Open(name, data, with)
		if err == nil {
			all = append(all, templates...)
			return
		}
		if _, changed := b.Changed[now]; changed && repo.Counts(data) {
			unread = append(unread, inBase(name, err))
		}
	}
	for _, r := range reads {
		if old, changed := b.before(r.file.Path, r.file.Data); changed {
			add(r.file.Path, old.Name, old.Data)
		} else {
			add(r.file.Path, r.file.Path, r.file.Data)
		}
	}
	for _, f := range b.Removed {
		add("", f.Path, f.Data)
	}
	cfn.Join(all...)
	return unread
}

// inBase is the failure to read a file of the base. The head is judged all the same, so it alone decides the exit status.
func inBase(name string, err error) lint.Failure {
	f := failure(name, err, false)
	f.Message = "in the base: " + f.Message + "; what is found in the file now counts as introduced"
	return f
}

func (b *Base) tracks(name string) bool { return b.Tracked == nil || b.Tracked(name) }

// synthesis returns the base's version of a generated file.
func (b *Base) synthesis(name string) (old Before, ok bool) {
	f, ok := b.Synthesis[path.Base(name)]
	return Before{f.Path, f.Data}, ok
}

// touches tells whether the change has the source of a generated key. Of a key whose source is not known it is assumed.
func (b *Base) touches(k *cfn.Key) bool {
	if k.Source == nil {
		return true
	}
	_, changed := b.Changed[k.Source.File]
	return changed
}

// Before is a file before a change.
type Before struct {
	Name string // then; "" for a new file
	Data []byte
}

// before returns how a file was; ok is false where it has not changed.
func (b *Base) before(name string, data []byte) (old Before, ok bool) {
	old, ok = b.Changed[name]
	if ok && old.Name == name && bytes.Equal(old.Data, data) {
		return old, false
	}
	return old, ok
}

// baseOf finds what the key was in the base.
func (b *Base) baseOf(t *cfn.Template, k *cfn.Key, data []byte, opt Options) *lint.Base {
	if b == nil {
		return nil
	}
	if b.Baseline != nil {
		return &lint.Base{Baseline: b.Baseline}
	}
	old, changed := b.before(k.File.Name, data)
	if k.Generated && !changed && !b.tracks(k.File.Name) {
		if old, changed = b.synthesis(k.File.Name); !changed {
			return &lint.Base{Unchanged: !b.touches(k)}
		}
	}
	with := cfnOptions(opt)
	with.Symbols = t.Symbols
	if b.repository != nil {
		with.Repository = b.repository
	}
	if !changed {
		if then := b.passedOtherwise(k, data, with, opt); then != nil {
			return &lint.Base{Key: then}
		}
		return &lint.Base{Unchanged: true}
	}
	same := keysOf(repo.File{Path: old.Name, Data: old.Data}, with)
	normal := func(k *cfn.Key) string { return lint.Normal(k.Policy) }
	if key := lint.SameKey(k, same, same, normal); key != nil {
		return &lint.Base{Key: key}
	}
	var all []*cfn.Key
	for _, name := range slices.Sorted(maps.Keys(b.Changed)) {
		if before := b.Changed[name]; name != k.File.Name {
			all = append(all, keysOf(repo.File{Path: before.Name, Data: before.Data}, with)...)
		}
	}
	for _, f := range b.Removed {
		all = append(all, keysOf(f, with)...)
	}
	return &lint.Base{Key: lint.SameKey(k, nil, all, normal)}
}

// passedOtherwise returns the base's reading of a key whose file is the same, where another stack passes something else to it now.
func (b *Base) passedOtherwise(k *cfn.Key, data []byte, with cfn.Options, opt Options) *cfn.Key {
	if b.repository == nil || !b.repository.Binds(k.In) && !opt.repository.Binds(k.In) {
		return nil
	}
	with.Only = k.ID
	for _, then := range keysOf(repo.File{Path: k.File.Name, Data: data}, with) {
		if then.ID == k.ID && lint.Normal(then.Policy) != lint.Normal(k.Policy) {
			return then
		}
	}
	return nil
}

// gone returns the keys of the changed and removed files that no key of now is.
func (b *Base) gone(still map[string]bool, opt Options) []*cfn.Key {
	if b == nil || b.Baseline != nil {
		return nil
	}
	files := slices.Clone(b.Removed)
	for _, before := range b.Changed {
		files = append(files, repo.File{Path: before.Name, Data: before.Data})
	}
	slices.SortFunc(files, func(x, y repo.File) int { return strings.Compare(x.Path, y.Path) })
	var all []*cfn.Key
	for _, f := range files {
		for _, k := range keysOf(f, cfnOptions(opt)) {
			if !still[k.ID] {
				all = append(all, k)
			}
		}
	}
	return all
}

// keysOf reads the keys of a base file; one that does not parse has none, which makes findings count.
func keysOf(f repo.File, opt cfn.Options) []*cfn.Key {
	if f.Path == "" || f.Data == nil {
		return nil
	}
	templates, err := cfn.Open(f.Path, f.Data, opt)
	if err != nil {
		return nil
	}
	var all []*cfn.Key
	for _, t := range templates {
		all = append(all, t.Keys...)
	}
	return all
}
