package authz

import (
	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// Budgets of one question, in counted steps, so that the same input gives the same answer on every machine (decision-procedure.md §1.8).
const (
	maxVisits = 200_000 // boxes looked at
	maxStates = 20_000  // product states of glob automata
)

// Engine answers questions about one policy, or about several of one key. It remembers what it worked out, so it is not
// for use by two goroutines at once.
type Engine struct {
	policies  []*policy.Policy
	own       string
	partition string
	cases     []situation
	tests     *tests
	compiled  map[boxesID][]box
	carriages map[presenceID]carriage
	bases     map[int]state
	// coarse names what the case split could not tell apart; no "no" is sure then.
	coarse []string
	visits int
	states int
}

// New returns an engine for policies of one key: they have the same owner and their symbols come from one table. Its cost is linear in the accounts that the policies name.
func New(policies ...*policy.Policy) *Engine {
	e := &Engine{policies: policies, own: policies[0].Own, partition: policies[0].Partition, tests: newTests(),
		compiled: map[boxesID][]box{}, carriages: map[presenceID]carriage{}, bases: map[int]state{}}
	e.cases = e.situations()
	return e
}

// globs returns a budget for one question about patterns, out of what is left for the whole question.
func (e *Engine) globs() *glob.Budget { return &glob.Budget{States: max(e.states, 1)} }

func (e *Engine) used(b *glob.Budget) { e.states -= b.Used() }

func (e *Engine) refill() { e.visits, e.states = maxVisits, maxStates }

// dimension returns the values of a parameter or condition. A name that no policy declares has just the value that guards give it, and another.
func (e *Engine) dimension(name string) []string {
	for _, p := range e.policies {
		for _, d := range p.Dimensions {
			if d.Name == name {
				return d.Values
			}
		}
	}
	return []string{"true", "false"}
}

// base returns the state that holds every request of a case.
func (e *Engine) base(c int) state {
	if st, ok := e.bases[c]; ok {
		return st
	}
	s := e.cases[c]
	st := state{c: c, actions: kms.All}
	must := func(t test) { st, _ = e.with(st, e.tests.literal(t)) }
	if s.caller == kms.ServiceCaller {
		must(test{key: serviceKey, values: patterns([]glob.Pattern{glob.Wildcard("?*.amazonaws.com"), glob.Wildcard("?*.amazonaws.com.cn")})})
		must(test{key: "aws:sourceaccount", absent: true, values: patterns([]glob.Pattern{glob.Literal(s.account)})})
		must(test{key: "aws:sourcearn", absent: true, values: patterns(e.sources(s.account))})
	} else {
		must(test{key: arnKey, values: patterns(s.arn)})
	}
	if s.caller == kms.RoleCaller {
		must(test{key: sessionKey, values: patterns([]glob.Pattern{glob.WildcardExcept("?*", '/')})})
	}
	e.bases[c] = st
	return st
}

// sources are the ARNs of resources of an account: those with its id, and those without any, as buckets have.
func (e *Engine) sources(account string) []glob.Pattern {
	var all []glob.Pattern
	for _, owner := range []string{account, ""} {
		p, _ := glob.ARN("arn:" + e.partition + ":?*:*:" + owner + ":?*")
		all = append(all, p)
	}
	return all
}

// domain returns the values that a key can have by its type (semantics.md §3.2, §3.3).
func domain(key string) values {
	k, ok := kms.ConditionKey(key)
	if !ok {
		return anyValue
	}
	switch {
	case k.Type == "Bool":
		return patterns([]glob.Pattern{glob.Literal("true"), glob.Literal("false")})
	case k.Type == "Numeric" || k.Type == "Date":
		a, _ := operand(policy.NumericGreaterThanEquals, "0", nil)
		if k.Type == "Date" {
			a, _ = operand(policy.DateGreaterThanEquals, "0", nil)
		}
		return values{atoms: []atom{a}}
	case k.Type == "IPAddress":
		four, _ := operand(policy.IPAddress, "0.0.0.0/0", nil)
		six, _ := operand(policy.IPAddress, "::/0", nil)
		return values{atoms: []atom{four, six}}
	case key == "kms:viaservice":
		return patterns([]glob.Pattern{glob.Concat(glob.WildcardExcept("?*", '.'), glob.Literal("."), glob.WildcardExcept("?*", '.'), glob.Literal(".amazonaws.com"))})
	case key == "aws:principalorgid" || key == "aws:resourceorgid" || key == "aws:sourceorgid" || key == "aws:vpceorgid":
		return patterns([]glob.Pattern{glob.Wildcard("o-?*")})
	}
	return anyValue
}
