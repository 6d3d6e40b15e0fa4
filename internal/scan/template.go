package scan

import (
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/repo"
)

// original tells whether a template is to be judged as such: one whose keys are all copies is a copy itself.
func (s surroundings) original(t *cfn.Template) bool {
	for _, k := range t.Keys {
		if s.keys[k] {
			return true
		}
	}
	return len(t.Keys) == 0
}

// mark says of the findings about a whole template whether the base has them: they are about no key, so their fingerprints are
// looked for in the file as it was.
func (b *Base) mark(found []lint.Finding, f repo.File, opt Options) {
	if b == nil || len(found) == 0 {
		return
	}
	old, changed := b.before(f.Path, f.Data)
	before := map[string]bool{}
	if changed && old.Name != "" {
		templates, err := cfn.Open(old.Name, old.Data, cfnOptions(opt))
		if err == nil { // one that did not parse had no finding, so all of it counts
			for _, t := range templates {
				then, _ := lint.RunTemplates(t, opt.Rules, opt.Config)
				for _, g := range then {
					before[g.Fingerprint] = true
				}
			}
		}
	}
	for i := range found {
		is := changed && !before[found[i].Fingerprint]
		found[i].Introduced = &is
	}
}
