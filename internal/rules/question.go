package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// someKeys is what the engine says of a Resource that fits some keys of the account and not others.
const someKeys = "Resource fits some keys only"

// ownerOpen is what stops a question about the own account where the policy names several and nothing tells which it is.
const ownerOpen = "which account owns the key"

// undecided reports a question that has no sure answer, on a statement or with nil on the key.
func undecided(p *lint.Pass, st *policy.Statement, a authz.Answer, about lint.About, question string) {
	if all := hidden(p); st == nil && len(all) > 0 && slices.ContainsFunc(a.Because, func(why string) bool { return slices.Contains(all, why) }) {
		a.Because = all // what else is open depends on them
	}
	f := p.Finding(a, about.Query, about.Set)
	f.Message = fmt.Sprintf("it is not decided whether %s, since it depends on %s; write the policy without that", question, f.Undecided.Construct)
	if f.Undecided.Construct == ownerOpen {
		f.Message = fmt.Sprintf("it is not decided whether %s, since nothing tells %s; set account in .github/kmsguard.yml", question, ownerOpen)
	}
	if slices.Contains(a.Because, someKeys) {
		what := "names a key and nothing here tells that it is this one"
		if st != nil && !slices.ContainsFunc(st.Resources, func(r pattern) bool { return !strings.HasSuffix(r.Text, ":key/*") }) {
			what = "fits the keys of some Regions and nothing here tells in which this one is"
		}
		f.Message = fmt.Sprintf(`it is not decided whether %s, since Resource %s; write "*", which means this key`, question, what)
	}
	p.Report(f, st, about, nil)
}

// askDenied puts a question about what a Deny hits, and replays a yes by the plain evaluator as [lint.Pass.Ask] does for access.
func askDenied(p *lint.Pass, q authz.Query, hit authz.Set) authz.Answer {
	a := p.Engine.Find(q, hit)
	if a.Verdict != authz.Yes {
		return a
	}
	r, err := eval.Complete(p.Policy, a.Request)
	if err != nil || eval.KeyPolicy(p.Policy, r).Denied != eval.Yes {
		return authz.Answer{Because: []string{"internal error: the evaluator does not confirm that " + a.Request.Action + " is denied"}}
	}
	return a
}

// stated is one statement as written: its alternatives, of which all have the index and effect of the first.
type stated struct {
	*policy.Statement
	alternatives []*policy.Statement
	// may holds every action that some alternative can be about: what is not in it, the statement does not concern.
	may kms.ActionSet
	// named are the ARNs, service names and ids that it lists or to which it pins the caller.
	named []string
}

func allows(p *lint.Pass) []stated {
	return lint.Once(p, "allows", func() []stated { return effect(p, policy.Allow) })
}

func denials(p *lint.Pass) []stated {
	return lint.Once(p, "denials", func() []stated { return effect(p, policy.Deny) })
}

// effect returns the statements of the policy that can have the effect.
func effect(p *lint.Pass, want policy.Effect) []stated {
	var all []stated
	for _, alternatives := range p.Statements() {
		s := stated{alternatives: alternatives}
		for _, st := range alternatives {
			if st.Effect != want || st.Inert != "" {
				continue
			}
			if s.Statement == nil {
				s.Statement = st
			}
			s.may |= actionsOf(st)
			for _, q := range st.Principals {
				s.named = append(s.named, q.Text)
			}
			s.named = append(s.named, pinned(st)...)
		}
		if s.Statement != nil {
			all = append(all, s)
		}
	}
	return all
}

// actionsOf expands the Action or NotAction of a statement, and takes what a template hides for everything.
func actionsOf(st *policy.Statement) kms.ActionSet {
	var set kms.ActionSet
	for _, a := range st.Actions {
		if a.Unknown != "" && !st.NotAction {
			return kms.All
		}
		set |= kms.Expand(a.Text)
	}
	if st.NotAction {
		return kms.All &^ set
	}
	return set
}

// wide tells whether a principal of the statement is no single name: "*", NotPrincipal, or what a template hides.
func wide(st *policy.Statement) bool {
	return st.NotPrincipal || slices.ContainsFunc(st.Principals, func(q policy.Principal) bool {
		return q.Kind == policy.Everyone || q.Kind == policy.AWSEveryone || q.Kind == policy.UnreadPrincipal
	})
}

// allAmong tells whether a statement lists nobody but the ARNs.
func (s stated) allAmong(arns []string) bool {
	return !slices.ContainsFunc(s.alternatives, func(st *policy.Statement) bool {
		return st.NotPrincipal || slices.ContainsFunc(st.Principals, func(q policy.Principal) bool { return !slices.Contains(arns, q.Text) })
	})
}

// only tells whether a statement lists nobody but principals of the kinds.
func only(st *policy.Statement, kinds ...policy.PrincipalKind) bool {
	return !st.NotPrincipal && !slices.ContainsFunc(st.Principals, func(q policy.Principal) bool { return !slices.Contains(kinds, q.Kind) })
}

// sentence joins names for a message: "a", "a and b", "a, b and 3 more".
func sentence(all []string) string {
	switch n := len(all); {
	case n == 0:
		return "nothing"
	case n == 1:
		return all[0]
	case n <= 3:
		return strings.Join(all[:n-1], ", ") + " and " + all[n-1]
	default:
		return fmt.Sprintf("%s and %d more", strings.Join(all[:2], ", "), n-2)
	}
}

// language names the notation of the pass's file, for texts to paste.
func language(p *lint.Pass) string {
	if p.Key.Generated {
		return "text"
	}
	if p.Document().Format == syntax.YAML {
		return "yaml"
	}
	return "json"
}
