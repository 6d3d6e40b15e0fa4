package config

import (
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Ignore suppresses findings of one rule. Fields that are empty are not asked.
type Ignore struct {
	Rule        string // id
	Path        string // glob
	Key         string // logical id, JSON pointer, or the key's whole id
	Sid         string
	Fingerprint string
	Reason      string
	Until       string // the last day it holds, YYYY-MM-DD
	// Where it stands, for reports.
	File     string
	Position syntax.Position
	Resource string // the logical id whose metadata has it, "" for others

	// first and last are the lines that an inline comment is for; 0 for others.
	first, last int
}

// Subject is what is asked about: a finding.
type Subject struct {
	Rule, File, Key, Sid, Fingerprint string // Key is the key's id, FILE#LOGICALID or FILE#/pointer
	FirstLine, LastLine               int    // of the finding's range
}

// Covers tells whether the entry is for the finding, whatever the day.
func (i *Ignore) Covers(s Subject) bool {
	_, name, _ := strings.Cut(s.Key, "#")
	switch {
	case i.Rule != s.Rule,
		i.Path != "" && !doublestar.MatchUnvalidated(i.Path, s.File),
		i.Key != "" && i.Key != s.Key && i.Key != name,
		i.Sid != "" && i.Sid != s.Sid,
		i.Fingerprint != "" && i.Fingerprint != s.Fingerprint,
		i.Resource != "" && (i.File != s.File || i.Resource != name):
		return false
	case i.first == 0:
		return true
	}
	return i.File == s.File && (s.FirstLine <= i.first && i.first <= s.LastLine || s.FirstLine == i.last)
}

// Expired tells whether the entry no longer holds on that day.
func (i *Ignore) Expired(today time.Time) bool {
	return i.Until != "" && today.Format(time.DateOnly) > i.Until
}

var (
	ignoreNames   = []string{"rule", "path", "key", "sid", "fingerprint", "reason", "until"}
	metadataNames = []string{"rule", "sid", "fingerprint", "reason", "until"}
)

// ignores reads a list of entries that may have the named fields.
func (r *reader) ignores(n *syntax.Node, what string, names []string) []Ignore {
	var list []Ignore
	r.list(n, what, func(n *syntax.Node) {
		before := len(r.errs)
		if i := r.ignore(n, what, names); len(r.errs) == before {
			list = append(list, i)
		}
	})
	return list
}

func (r *reader) ignore(n *syntax.Node, what string, names []string) Ignore {
	i := Ignore{File: r.file.Name, Position: r.file.Position(n.Span.Start)}
	all := map[string]func(*syntax.Node){
		"rule":   func(n *syntax.Node) { i.Rule = r.rule(n) },
		"path":   func(n *syntax.Node) { i.Path, _ = r.glob(n, "path") },
		"key":    func(n *syntax.Node) { i.Key, _ = r.text(n, "key") },
		"sid":    func(n *syntax.Node) { i.Sid, _ = r.text(n, "sid") },
		"reason": func(n *syntax.Node) { i.Reason, _ = r.text(n, "reason") },
		"until":  func(n *syntax.Node) { i.Until, _ = r.matching(n, "until", isDate, "no date: write YYYY-MM-DD") },
		"fingerprint": func(n *syntax.Node) {
			i.Fingerprint, _ = r.matching(n, "fingerprint", fingerprintForm.MatchString, "no fingerprint: copy the one that is printed with the finding")
		},
	}
	read := map[string]func(*syntax.Node){}
	for _, name := range names {
		read[name] = all[name]
	}
	if !r.fields(n, "entry of "+what, names, read) {
		return i
	}
	if n.Get("rule") == nil {
		r.fail(n, "entry of %s names no rule: write rule: KMS003", what)
	}
	if len(names) == len(ignoreNames) && n.Get("path") == nil && n.Get("key") == nil && n.Get("sid") == nil && n.Get("fingerprint") == nil {
		r.fail(n, "entry of %s has no path, key, sid or fingerprint and would hold everywhere: add one, or turn the rule off under rules", what)
	}
	return i
}

func (r *reader) rule(n *syntax.Node) string {
	s, ok := r.text(n, "rule")
	if !ok {
		return ""
	}
	for _, id := range r.known {
		if id == s {
			return s
		}
	}
	r.fail(n, "rule %q is unknown%s", shorten(s), hint(s, r.known))
	return ""
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil && len(s) == len(time.DateOnly)
}

// Metadata reads the suppressions of a template: of the Metadata of a resource, whose logical id is given, or of the
// template itself, with "". Errors leave out the entry that they are about.
func Metadata(f *syntax.File, metadata *syntax.Node, resource string, rules []string) ([]Ignore, []error) {
	n := metadata.Get("kmsguard")
	if n == nil {
		return nil, nil
	}
	r := &reader{file: f, known: rules}
	var list []Ignore
	r.fields(n, "kmsguard metadata", []string{"ignore"}, map[string]func(*syntax.Node){
		"ignore": func(n *syntax.Node) { list = r.ignores(n, "ignore", metadataNames) },
	})
	for i := range list {
		list[i].Resource = resource
		if resource == "" {
			list[i].Path = literal(f.Name)
		}
	}
	return list, r.errs
}

// literal quotes a file name as a glob that matches it alone.
func literal(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if strings.IndexByte(`*?[]{}\`, name[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(name[i])
	}
	return b.String()
}
