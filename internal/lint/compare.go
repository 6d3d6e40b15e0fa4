package lint

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/eval"
)

// Base is the state that a change started from.
type Base struct {
	// Key is the same key there, nil where it is new. Its symbols are those of the key.
	Key *cfn.Key
	// Unchanged tells that the key's file is the same in the base, so that nothing of it is new.
	Unchanged bool
	// Baseline, where it is not nil, holds the fingerprints of an earlier report: what is not in it is introduced.
	Baseline map[string]bool
	judged   map[string]bool // fingerprints of what the rules find in the base
}

// introduced tells whether the bad access of a finding is absent from the base; for rules that are not about access,
// whether the base has no finding of the same rule, key and meaning (DESIGN section 7).
func (p *Pass) introduced(i int) bool {
	base := p.Target.Base
	switch {
	case base.Baseline != nil:
		return !base.Baseline[p.findings[i].Fingerprint]
	case base.Unchanged:
		return false
	case base.Key == nil:
		return true
	}
	if base.judged == nil {
		base.judged = p.judgeBase(base.Key)
	}
	if base.judged[p.findings[i].Fingerprint] {
		return false
	}
	s := p.spots[i]
	if s.judged != "" || s.statement < 0 || p.findings[i].Certainty == Undecided || base.Key.Policy.Own != p.Policy.Own {
		return true
	}
	if p.work.based == nil {
		p.work.based = authz.New(p.Policy, base.Key.Policy)
	}
	both := p.work.based
	a := both.Find(s.query, both.Beyond(s.set, 1))
	if a.Verdict == authz.Yes {
		p.showNew(i, a)
	}
	return a.Verdict != authz.No
}

// showNew makes a request that the base does not allow the witness of a finding, where the one that it has is none, and says
// which action that is.
func (p *Pass) showNew(i int, a authz.Answer) {
	f := &p.findings[i]
	shown, ok := p.work.asked[f.Witness]
	if !ok || p.quiet || Replay(p.Policy, a) != nil {
		return
	}
	before := p.Target.Base.Key.Policy
	r, err := eval.Complete(before, shown)
	if err != nil {
		return
	}
	got := eval.KeyPolicy(before, r)
	had := got.Direct == eval.Yes || f.Witness.Access == "delegated" && got.Delegated == eval.Yes
	if !had {
		return
	}
	f.Witness = p.Witness(a)
	p.work.asked[f.Witness] = a.Request
	if f.Certainty == Always && !p.work.based.Always(p.spots[i].query, p.work.based.Beyond(p.spots[i].set, 1)) {
		p.Depend(f, a.Request.When)
	}
	f.Message += fmt.Sprintf("; the base did not allow %s", a.Request.Action)
	if a.Request.Action == shown.Action {
		f.Message += " by " + p.Show(a.Request.Principal)
	}
}

// judgeBase returns the fingerprints of what the rules find in the base. What a rule that fails there would have found
// counts as introduced, which is the careful answer, and the failure says so.
func (p *Pass) judgeBase(key *cfn.Key) map[string]bool {
	target := *p.Target
	target.Key, target.Base = key, nil
	found := map[string]bool{}
	engine := authz.New(key.Policy)
	w := newWork(p.work.rules)
	for _, rule := range p.work.rules {
		if rule.Late {
			continue
		}
		q := &Pass{Rule: rule, Target: &target, Key: key, Policy: key.Policy, Engine: engine, Config: p.Config, work: w, quiet: true}
		if err := q.run(); err != nil {
			p.work.failures = append(p.work.failures, Failure{File: key.File.Name, Message: "in the base: " + err.Error() + ", and its findings count as introduced"})
			continue
		}
		for i := range q.findings {
			found[q.fingerprintAs(i, p.Key.ID)] = true
		}
	}
	return found
}

// number makes equal fingerprints of one key different, in order.
func number(findings []Finding) {
	seen := map[string]int{}
	for i := range findings {
		f := findings[i].Fingerprint
		if seen[f]++; seen[f] > 1 {
			findings[i].Fingerprint += "-" + strconv.Itoa(seen[f])
		}
	}
}

// SameKey finds the key of the base that a key is: by file and logical id or pointer, then by construct path, then by equal policy.
func SameKey(k *cfn.Key, sameFile, all []*cfn.Key, normal func(*cfn.Key) string) *cfn.Key {
	for _, test := range []struct {
		among []*cfn.Key
		same  func(o *cfn.Key) bool
	}{
		{sameFile, func(o *cfn.Key) bool { return local(o.ID) == local(k.ID) }},
		{all, func(o *cfn.Key) bool { return k.Path != "" && o.Path == k.Path }},
		{all, func(o *cfn.Key) bool { return normal(o) == normal(k) }},
	} {
		if i := slices.IndexFunc(test.among, test.same); i >= 0 {
			return test.among[i]
		}
	}
	return nil
}
