package cfn

import (
	"path"
	"slices"
	"strings"
)

// SidSource is the source line of the statement with a Sid (cdk.md §3, step 6): no trace tells it, so the Sid is looked for
// as a string. One hit is taken; of several, the nearest in the file that made the key. Without any, the line that set KeyPolicy is, where
// "cdk synth --debug" recorded it.
func (k *Key) SidSource(sid string) *Source {
	t := k.In
	if sid == "" || !k.Generated || t.opt.Files == nil || t.opt.Repository == nil {
		return nil
	}
	s := t.opt.Repository.sourcesOf(t.opt.Files)
	var hits []Source
	for _, quote := range []string{`"`, `'`, "`"} {
		if strings.Contains(sid, quote) {
			continue
		}
		hits = append(hits, s.lines(quote+sid+quote, ByName)...)
	}
	if len(hits) > 1 && k.Source != nil {
		hits = slices.DeleteFunc(hits, func(h Source) bool { return h.File != k.Source.File })
		slices.SortFunc(hits, func(a, b Source) int { return distance(a, k.Source) - distance(b, k.Source) })
		if len(hits) > 1 && distance(hits[0], k.Source) < distance(hits[1], k.Source) {
			hits = hits[:1]
		}
	}
	if len(hits) == 1 {
		return &hits[0]
	}
	if t.stack == nil || k.Path == "" {
		return nil
	}
	return s.first(t.stack.overrides(k.Path), t.opt.CDKRoot, path.Dir(path.Dir(t.place())))
}

func distance(a Source, b *Source) int {
	if a.Line > b.Line {
		return a.Line - b.Line
	}
	return b.Line - a.Line
}

// StatementSource is the line that a person edits for the statement of a generated key: in a template of the repository that
// the CDK included, where the logical id and the Sid are the same; else what [Key.SidSource] finds.
func (x *Index) StatementSource(k *Key, sid string) *Source {
	if !k.Generated || sid == "" {
		return nil
	}
	var found *Source
	for _, t := range x.Templates {
		for _, o := range t.Keys {
			if o.Generated || o.LogicalID != k.LogicalID || o.Embedded != nil {
				continue
			}
			for _, s := range o.Policy.Statements {
				if s.Sid != sid || s.SidNode == nil {
					continue
				}
				at := &Source{File: o.File.Name, Line: o.File.Position(s.SidNode.Span.Start).Line, Kind: ByName}
				if found != nil && *found != *at {
					return k.SidSource(sid) // two templates have it: never guess between two
				}
				found = at
			}
		}
	}
	if found != nil {
		return found
	}
	return k.SidSource(sid)
}
