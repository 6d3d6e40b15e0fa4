package lint

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// TemplatePass is one run of one rule over one template, for rules that are about no single key.
type TemplatePass struct {
	Rule     *Rule
	Template *cfn.Template
	Config   *config.Config

	findings []Finding
}

// Report adds a finding at a node of the template. Rule, name, level, file, range and fingerprint are filled in; judged is
// the normal form of what was judged, of which the fingerprint is made: no file, no line.
func (p *TemplatePass) Report(f Finding, node *syntax.Node, judged string) {
	f.Rule, f.Name = p.Rule.ID, p.Rule.Name
	if f.Level == "" {
		f.Level = p.Rule.Level
	}
	if f.Certainty == "" {
		f.Certainty = Always
	}
	f.File, f.Range = p.Template.File.Name, p.Range(node)
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", p.Rule.ID, judged)
	f.Fingerprint = hex.EncodeToString(h.Sum(nil)[:8])
	p.findings = append(p.findings, f)
}

// Range returns where a node of the template stands in the analysed file, also of a template inside a string.
func (p *TemplatePass) Range(n *syntax.Node) Range {
	t := p.Template
	file := t.File
	if n == nil {
		return Range{file.Position(0), file.Position(0)}
	}
	span := n.Span
	switch {
	case len(t.Keys) > 0 && t.Keys[0].File != file && t.Keys[0].Embedded != nil:
		file, span = t.Keys[0].File, t.Keys[0].Embedded.Span(span)
	case t.Name != "" && file.Format == syntax.JSON && len(file.Roots) == 1 && file.Roots[0] == t.Root && !strings.HasSuffix(file.Name, ".snap"):
		// JSON in a string that holds no key: where it stands is not known here.
		span = syntax.Span{}
	}
	return Range{file.Position(span.Start), file.Position(span.End)}
}

// Show returns a text of the template for people: symbols by name.
func (p *TemplatePass) Show(text string) string { return p.Template.Symbols.Show(text) }

// RunTemplates judges one template by the rules that are about no single key. The findings are sorted by place. A rule that
// panics is an error that names it; the other rules still run.
func RunTemplates(t *cfn.Template, rules []*Rule, cfg *config.Config) (found []Finding, failures []Failure) {
	for _, rule := range rules {
		level, off := cfg.RuleLevel(rule.ID, string(rule.Level))
		if off || rule.RunTemplate == nil {
			continue
		}
		p := &TemplatePass{Rule: rule, Template: t, Config: cfg}
		if err := p.run(); err != nil {
			failures = append(failures, Failure{File: t.File.Name, Message: err.Error(), Counts: true})
			continue
		}
		for i := range p.findings {
			if configured := Level(level); configured != rule.Level && p.findings[i].Level == rule.Level {
				p.findings[i].Level = configured
			}
		}
		found = append(found, p.findings...)
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Range.Start.Offset, b.Range.Start.Offset), cmp.Compare(a.Rule, b.Rule))
	})
	number(found)
	return found, failures
}

func (p *TemplatePass) run() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error: %s on %s: %v; the other rules still ran", p.Rule.ID, p.Template.File.Name, r)
		}
	}()
	p.Rule.RunTemplate(p)
	return nil
}

// ofKeys returns the rules that judge keys.
func ofKeys(rules []*Rule) []*Rule {
	var all []*Rule
	for _, r := range rules {
		if r.Run != nil {
			all = append(all, r)
		}
	}
	return all
}
