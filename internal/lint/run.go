package lint

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// precedence is the order in which rules explain access: of several that one statement fires, the first at the highest level stands and the others are named in its Also (DESIGN section 5).
var precedence = []string{"KMS002", "KMS003", "KMS001", "KMS024", "KMS008", "KMS009", "KMS007", "KMS006", "KMS004"}

// refusal is the rule that says what KMS refuses.
const refusal = "KMS015"

// Run judges one key by the rules and proves what they propose. The findings are sorted by place. A rule that panics is an error that names it; the other rules still run.
func Run(t *Target, rules []*Rule, cfg *config.Config) (found []Finding, failures []Failure) {
	engine := authz.New(t.Key.Policy)
	w := newWork(on(ofKeys(rules), cfg))
	run := func(p *Pass) bool {
		err := p.run()
		if err != nil {
			failures = append(failures, Failure{File: t.Key.File.Name, Message: err.Error(), Counts: true})
		}
		return err == nil
	}
	var passes, late []*Pass
	for _, rule := range w.rules {
		p := &Pass{Rule: rule, Target: t, Key: t.Key, Policy: t.Key.Policy, Engine: engine, Config: cfg, work: w}
		if rule.Late {
			late = append(late, p)
			continue
		}
		if run(p) {
			w.counts[rule.ID] = len(p.findings)
			passes = append(passes, p)
		}
	}
	for _, p := range passes {
		p.finish()
	}
	explain(passes)
	for _, p := range passes {
		p.settle()
		found = append(found, p.findings...)
	}
	for _, p := range late {
		p.Earlier = found
		if run(p) {
			p.finish()
			p.settle()
			found = append(found, p.findings...)
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Range.Start.Offset, b.Range.Start.Offset), cmp.Compare(a.Rule, b.Rule))
	})
	number(found)
	return found, append(failures, w.failures...)
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

// finish gives the findings their configured level, leaves out what wider ones say, and marks what is new and what is accepted.
func (p *Pass) finish() {
	level, _ := p.Config.RuleLevel(p.Rule.ID, string(p.Rule.Level))
	for i := range p.findings {
		if p.findings[i].Level == p.Rule.Level {
			p.findings[i].Level = Level(level)
		}
	}
	p.widest()
	for i := range p.findings {
		f := &p.findings[i]
		f.Fingerprint = p.fingerprint(i)
		if p.Target.Base != nil {
			is := p.introduced(i)
			f.Introduced = &is
		}
		if p.Target.Suppress != nil {
			p.Target.Suppress(f)
		}
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

// settle proves the proposals of the findings and turns each into a fix or a remedy.
func (p *Pass) settle() {
	for i, pr := range p.proposals {
		if pr == nil {
			continue
		}
		f := &p.findings[i]
		for _, other := range pr.Others {
			if fix, _ := p.prove(other); fix != nil {
				f.Alternatives = append(f.Alternatives, Alternative{Message: fix.Message, Edits: fix.Edits, Proof: &fix.Proof})
			} else if text := p.text(other); text != "" {
				f.Alternatives = append(f.Alternatives, Alternative{Message: other.Message, Language: other.Language, Text: text})
			}
		}
		fix, why := p.prove(pr)
		if fix != nil {
			f.Fix = fix
			continue
		}
		if text := p.text(pr); text != "" {
			f.Remedy = &Remedy{Language: pr.Language, Text: text, WhyNot: why}
		}
		for _, u := range pr.Used {
			f.Affected = touched(f.Affected, u.Affected)
		}
	}
}

// touched adds an identity, or its actions to what it is listed with already.
func touched(all []Affected, more Affected) []Affected {
	for i, a := range all {
		if a.File == more.File && a.LogicalID == more.LogicalID && a.Principal == more.Principal {
			actions := append(slices.Clone(a.Actions), more.Actions...)
			slices.Sort(actions)
			all[i].Actions = slices.Compact(actions)
			return all
		}
	}
	return append(all, more)
}

// text is what a person would write instead of a proposal. Over the bound of proofs it is what would be done, since the
// policies of many findings, each whole, are no reading.
func (p *Pass) text(pr *Proposal) string {
	switch {
	case pr.Text != "" || len(pr.Shown) == 0:
		return pr.Text
	case p.work.left <= 0:
		pr.Language = "text"
		return pr.Message
	}
	return p.after(pr.Shown)
}

// widest drops a finding whose access a finding of the same rule on another statement has too.
func (p *Pass) widest() {
	drop := make([]bool, len(p.findings))
	about := func(i int) bool {
		return p.spots[i].statement >= 0 && p.spots[i].judged == "" && p.findings[i].Certainty != Undecided
	}
	by := map[int][]*policy.Statement{}
	for _, alternatives := range p.Statements() {
		by[alternatives[0].Index] = alternatives
	}
	for i, a := range p.spots {
		if !about(i) {
			continue
		}
		given := p.givenBy(i, by)
		for j, b := range p.spots {
			if i == j || !about(j) || drop[j] || b.statement == a.statement || given != nil && !given(b.statement) {
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

// givenBy asks whether another statement lets the witness of a finding in, too: where it does not, it is not wider, and the
// engine need not be asked. It is nil for a finding without a witness.
func (p *Pass) givenBy(i int, by map[int][]*policy.Statement) func(statement int) bool {
	asked, ok := p.work.asked[p.findings[i].Witness]
	if !ok {
		return nil
	}
	r, err := eval.Complete(p.Policy, asked)
	if err != nil {
		return nil
	}
	given := func(statement int) bool {
		one := *p.Policy
		one.Statements = by[statement]
		got := eval.KeyPolicy(&one, r)
		return got.Direct != eval.No || got.Delegated != eval.No
	}
	if !given(p.spots[i].statement) {
		return nil // it shows another part of what the finding says
	}
	return given
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

// place is a finding of a pass.
type place struct {
	pass *Pass
	i    int
}

func (q place) finding() *Finding { return &q.pass.findings[q.i] }

// explain leaves one finding a statement among the rules about access, and one a construct among what is undecided on one
// statement or on the key: there the same unread part of the policy stops every rule. What KMS refuses for sure on a
// statement explains what is undecided there, at its own level and below.
func explain(passes []*Pass) {
	type stopped struct {
		statement int
		construct string
	}
	access, undecided := map[int][]place{}, map[stopped][]place{}
	refused := map[int]place{}
	for _, p := range inOrder(passes) {
		for i := range p.findings {
			switch f, at := &p.findings[i], p.spots[i].statement; {
			case f.Suppressed != nil || p.Rule.OfResource:
			case at >= 0 && slices.Contains(precedence, p.Rule.ID):
				access[at] = append(access[at], place{p, i})
			case at >= 0 && p.Rule.ID == refusal && f.Certainty == Always:
				if other, ok := refused[at]; !ok || f.Level.Rank() > other.finding().Level.Rank() {
					refused[at] = place{p, i}
				}
			}
		}
	}
	drop := map[*Finding]bool{}
	for _, places := range access {
		stand(places, drop)
	}
	for _, p := range inOrder(passes) {
		for i := range p.findings {
			f, at := &p.findings[i], p.spots[i].statement
			if f.Suppressed != nil || p.Rule.OfResource || f.Certainty != Undecided || drop[f] {
				continue
			}
			if by, ok := refused[at]; ok && by.finding().Level.Rank() >= f.Level.Rank() {
				stand([]place{by, {p, i}}, drop)
				continue
			}
			key := stopped{at, f.Undecided.Construct}
			undecided[key] = append(undecided[key], place{p, i})
		}
	}
	for _, places := range undecided {
		stand(places, drop)
	}
	for _, p := range passes {
		gone := make([]bool, len(p.findings))
		for i := range p.findings {
			gone[i] = drop[&p.findings[i]]
		}
		p.keep(func(i int) bool { return !gone[i] })
	}
}

// inOrder returns the passes by precedence, those that have none after the others.
func inOrder(passes []*Pass) []*Pass {
	rank := func(p *Pass) int {
		if i := slices.Index(precedence, p.Rule.ID); i >= 0 {
			return i
		}
		return len(precedence)
	}
	passes = slices.Clone(passes)
	slices.SortStableFunc(passes, func(a, b *Pass) int { return rank(a) - rank(b) })
	return passes
}

// stand lets the first finding at the highest level stand, with the rules of the others in its Also.
func stand(places []place, drop map[*Finding]bool) {
	best := places[0]
	for _, q := range places[1:] {
		if q.finding().Level.Rank() > best.finding().Level.Rank() {
			best = q
		}
	}
	stands := best.finding()
	for _, q := range places {
		other := q.finding()
		if other == stands {
			continue
		}
		drop[other] = true
		for _, rule := range append([]string{other.Rule}, other.Also...) {
			if rule != stands.Rule && !slices.Contains(stands.Also, rule) {
				stands.Also = append(stands.Also, rule)
			}
		}
	}
	slices.Sort(stands.Also)
}
