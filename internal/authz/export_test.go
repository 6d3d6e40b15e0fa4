package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// Truth is what the boxes say of a request.
type Truth int

// The truths; Doubt where it hangs on a fact that nobody knows.
const (
	False Truth = iota
	Doubt
	True
)

// At tells whether a complete request lies in a set: it looks the request up in the boxes, without a search.
func (e *Engine) At(s Set, r policy.Request) Truth {
	action, _ := kms.Lookup(r.Action)
	at := spot{e: e, bit: 1 << action.Index, values: map[keyID][]string{}}
	for name, values := range r.Context {
		at.values[e.tests.key(canonical(strings.ToLower(name))).id] = values
	}
	for name, value := range r.When {
		at.values[e.tests.key(environment+name).id] = []string{value}
	}
	kind, account, _, session := policy.ParsePrincipal(r.Principal)
	_, via := r.Context["kms:ViaService"]
	if id := e.tests.key(useridKey).id; session != "" && at.values[id] == nil {
		at.values[id] = []string{"AROAX:" + session}
	}
	want := kinds[kind]
	if kind == policy.InvalidARN {
		want = kms.ServiceCaller
		at.values[e.tests.key(serviceKey).id] = []string{r.Principal}
		account = ""
		if v := r.Context["aws:SourceAccount"]; len(v) == 1 {
			account = v[0]
		}
	}
	if !e.named[account] {
		account = ""
	}
	for _, c := range e.cases {
		if c.caller == want && c.account == account && c.via == via {
			at.s = c
			return at.in(s)
		}
	}
	return False
}

// spot is a request as the boxes see it.
type spot struct {
	e      *Engine
	s      *situation
	bit    kms.ActionSet
	values map[keyID][]string
}

func (p spot) in(s Set) Truth {
	best := False
	for _, t := range s.terms {
		truth := True
		for _, src := range t.in {
			truth = min(truth, p.source(src))
		}
		for _, src := range t.out {
			truth = min(truth, True-p.source(src))
		}
		best = max(best, truth)
	}
	return best
}

func (p spot) source(src source) Truth {
	best := False
	for _, b := range p.e.from(src, p.s) {
		best = max(best, p.box(b))
	}
	return best
}

func (p spot) box(b box) Truth {
	if b.actions&p.bit == 0 {
		return False
	}
	for _, l := range b.literals {
		t := p.e.tests.get(l)
		if values, ok := p.values[p.e.tests.keyOf(l).id]; !ok && !t.absent || ok && !t.many && !t.values.has(values[0]) || ok && t.many && !holdsMany(t, values) {
			return False
		}
	}
	if len(b.doubts) > 0 {
		return Doubt
	}
	return True
}
