package cfn

import (
	"path"
	"strings"
)

// The kinds of [Source].
const (
	Exact     = "exact"     // the line that made the key, by a stack trace
	Enclosing = "enclosing" // the line that made the stack around it
	ByName    = "by name"   // a line that has the key's name, by search
)

// first is the source line of the innermost frame that is in the repository.
func (s *sources) first(frames []string, root, near string) *Source {
	for _, line := range frames {
		if f, ok := parseFrame(line); ok {
			if at := s.place(f, root, near); at != nil {
				return at
			}
		}
	}
	return nil
}

// anchor finds the line that made a key (cdk.md §3, step 5): the innermost frame in the repository, else the frame of the
// stack around it, else a line that has its name.
func (t *Template) anchor(r *resource, constructPath string) *Source {
	if !t.generated || t.opt.Files == nil || t.opt.Repository == nil {
		return nil
	}
	s := t.opt.Repository.sourcesOf(t.opt.Files)
	near := path.Dir(path.Dir(t.place()))
	if t.stack != nil && constructPath != "" {
		if at := s.first(t.stack.frames(constructPath), t.opt.CDKRoot, near); at != nil {
			return at
		}
		for p := path.Dir(constructPath); p != "." && p != "/"; p = path.Dir(p) {
			if at := s.first(t.stack.frames(p), t.opt.CDKRoot, near); at != nil {
				at.Kind = Enclosing
				return at
			}
		}
	}
	return s.byName(constructPath, snapshotOf(t.place()))
}

// snapshotOf is the test that a snapshot folder of the CDK's integ-runner belongs to, without its extension:
// "test/integ.key" of "test/integ.key.js.snapshot/x.template.json"; "" for any other file. Such snapshots have no traces.
func snapshotOf(place string) string {
	folder, ok := strings.CutSuffix(path.Dir(place), ".snapshot")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(folder, path.Ext(folder))
}
