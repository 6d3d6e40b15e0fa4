package lint

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/config"
)

// precedence is the order in which rules explain access: of several that one statement fires, the first at the highest level stands and the others are named in its Also (DESIGN section 5).
var precedence = []string{"KMS002", "KMS003", "KMS001", "KMS024", "KMS008", "KMS009", "KMS007", "KMS006", "KMS004"}

// Run judges one key by the rules and proves what they propose. The findings are sorted by place. A rule that panics is an error that names it; the other rules still run.
func Run(t *Target, rules []*Rule, cfg *config.Config) (found []Finding, failures []Failure) {
	engine := authz.New(t.Key.Policy)
	enabled := on(ofKeys(rules), cfg)
	counts := map[string]int{}
	var passes, late []*Pass
	for _, rule := range enabled {
		p := &Pass{Rule: rule, Target: t, Key: t.Key, Policy: t.Key.Policy, Engine: engine, Config: cfg, rules: enabled, counts: counts}
		if rule.Late {
			late = append(late, p)
			continue
		}
		if err := p.run(); err != nil {
			failures = append(failures, Failure{File: t.Key.File.Name, Message: err.Error(), Counts: true})
			continue
		}
		counts[rule.ID] = len(p.findings)
		passes = append(passes, p)
	}
	for _, p := range passes {
		p.finish()
	}
	explain(passes)
	for _, p := range passes {
		found = append(found, p.findings...)
	}
	for _, p := range late {
		p.Earlier = found
		if err := p.run(); err != nil {
			failures = append(failures, Failure{File: t.Key.File.Name, Message: err.Error(), Counts: true})
			continue
		}
		p.finish()
		found = append(found, p.findings...)
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Range.Start.Offset, b.Range.Start.Offset), cmp.Compare(a.Rule, b.Rule))
	})
	number(found)
	return found, failures
}

// on returns the rules that the configuration leaves on.
func on(rules []*Rule, cfg *config.Config) []*Rule {
	var enabled []*Rule
	for _, r := range rules {
		if _, off := cfg.RuleLevel(r.ID, string(r.Level)); !off {
			enabled = append(enabled, r)
		}
	}
	return enabled
}

// finish gives the findings their configured level, leaves out what wider ones say, and proves fixes.
func (p *Pass) finish() {
	level, _ := p.Config.RuleLevel(p.Rule.ID, string(p.Rule.Level))
	for i := range p.findings {
		if p.findings[i].Level == p.Rule.Level {
			p.findings[i].Level = Level(level)
		}
	}
	p.widest()
	for i := range p.findings {
		p.settle(i)
	}
}

// run runs the rule and turns a panic into an error, in this one place.
func (p *Pass) run() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error: %s on %s: %v; the other rules still ran", p.Rule.ID, p.Key.ID, r)
		}
	}()
	p.Rule.Run(p)
	return nil
}

// settle proves the proposal of a finding and turns it into a fix or a remedy.
func (p *Pass) settle(i int) {
	f, pr := &p.findings[i], p.proposals[i]
	f.Fingerprint = p.fingerprint(i)
	if p.Target.Base != nil {
		is := p.introduced(i)
		f.Introduced = &is
	}
	if p.Target.Suppress != nil {
		p.Target.Suppress(f)
	}
	if pr == nil {
		return
	}
	for _, other := range pr.Others {
		if fix, _ := p.prove(other, i); fix != nil {
			f.Alternatives = append(f.Alternatives, Alternative{Message: fix.Message, Edits: fix.Edits, Proof: &fix.Proof})
		} else if other.Text != "" {
			f.Alternatives = append(f.Alternatives, Alternative{Message: other.Message, Language: other.Language, Text: other.Text})
		}
	}
	fix, why := p.prove(pr, i)
	if fix != nil {
		f.Fix = fix
		return
	}
	if pr.Text != "" {
		f.Remedy = &Remedy{Language: pr.Language, Text: pr.Text, WhyNot: why}
	}
	for _, u := range pr.Used {
		f.Affected = append(f.Affected, u.Affected)
	}
}

// widest drops a finding whose access a finding of the same rule on another statement has too.
func (p *Pass) widest() {
	drop := make([]bool, len(p.findings))
	for i, a := range p.spots {
		if a.statement < 0 || a.judged != "" || p.findings[i].Certainty == Undecided {
			continue
		}
		for j, b := range p.spots {
			if i == j || b.statement < 0 || b.judged != "" || drop[j] || b.statement == a.statement || p.findings[j].Certainty == Undecided {
				continue
			}
			if p.Engine.Find(a.query, a.set.Less(b.set)).Verdict == authz.No {
				drop[i] = true
				break
			}
		}
	}
	p.keep(func(i int) bool { return !drop[i] })
}

func (p *Pass) keep(want func(i int) bool) {
	n := 0
	for i := range p.findings {
		if want(i) {
			p.findings[n], p.proposals[n], p.spots[n] = p.findings[i], p.proposals[i], p.spots[i]
			n++
		}
	}
	p.findings, p.proposals, p.spots = p.findings[:n], p.proposals[:n], p.spots[:n]
}

// explain leaves one finding a statement among the rules about access.
func explain(passes []*Pass) {
	type place struct {
		pass *Pass
		i    int
	}
	by := map[int][]place{}
	for _, id := range precedence {
		for _, p := range passes {
			for i := range p.findings {
				if p.Rule.ID == id && p.spots[i].statement >= 0 && p.findings[i].Suppressed == nil {
					by[p.spots[i].statement] = append(by[p.spots[i].statement], place{p, i})
				}
			}
		}
	}
	drop := map[*Finding]bool{}
	for _, places := range by {
		best := places[0]
		for _, q := range places[1:] {
			if q.pass.findings[q.i].Level.Rank() > best.pass.findings[best.i].Level.Rank() {
				best = q
			}
		}
		stands := &best.pass.findings[best.i]
		for _, q := range places {
			other := &q.pass.findings[q.i]
			if other != stands {
				drop[other] = true
				if other.Rule != stands.Rule && !slices.Contains(stands.Also, other.Rule) {
					stands.Also = append(stands.Also, other.Rule)
				}
			}
		}
		slices.Sort(stands.Also)
	}
	for _, p := range passes {
		kept := p.findings[:0:0]
		for i := range p.findings {
			if !drop[&p.findings[i]] {
				kept = append(kept, p.findings[i])
			}
		}
		p.findings = kept
	}
}
