package lint

import (
	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// maxProofWork bounds the statements that the proofs of one key's fixes judge: each proof runs the rules over the whole
// changed policy. A policy as people write it has under 20 statements and under ten fixes, so some hundred proofs are
// left to it; one of 100 statements gets 20, since KMS takes no policy that is much longer. What is not proved is shown as text.
const maxProofWork = 2000

// notProved is what a finding says whose fix the bound left unproved.
const notProved = "the key has more fixes than one run proves; mend the others first, and run again"

// work is what the passes over one key share.
type work struct {
	rules   []*Rule                     // that are on
	counts  map[string]int              // findings of each rule before any fix, of those that did not fail
	left    int                         // of maxProofWork
	normals map[int]string              // of the policy's statements, by index
	asked   map[*Witness]policy.Request // what findings show, as the engine said it
	based   *authz.Engine               // of the policy and its base
	memo    map[string]any              // what rules share
	// failures are rules that failed in the base.
	failures []Failure
}

func newWork(rules []*Rule) *work {
	return &work{rules: rules, counts: map[string]int{}, left: maxProofWork, normals: map[int]string{}, asked: map[*Witness]policy.Request{}, memo: map[string]any{}}
}

// spend takes the statements of a changed policy from the bound, and tells whether they were left.
func (w *work) spend(pol *policy.Policy) bool {
	w.left -= len(pol.Statements) + 1
	return w.left >= 0
}

// Once returns what the first rule that asked for a name on this policy worked out. Nobody may change it.
func Once[T any](p *Pass, name string, work func() T) T {
	if known, ok := p.work.memo[name].(T); ok {
		return known
	}
	made := work()
	p.work.memo[name] = made
	return made
}

// Normal is the normal form of the statement with an index, all its alternatives, worked out once.
func (p *Pass) Normal(index int) string {
	text, ok := p.work.normals[index]
	if !ok {
		for _, st := range p.Policy.Statements {
			if st.Index == index {
				text += p.normal(st) + "\n"
			}
		}
		p.work.normals[index] = text
	}
	return text
}
