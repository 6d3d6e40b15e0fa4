package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
)

// retie works out the boxes that no request lies in: environments that no deployment has, and what keys that depend on
// each other cannot have together. Only keys that are mentioned get any, so that questions without them cost nothing.
func (e *Engine) retie() {
	e.ties = e.impossible()
	e.tieContext()
	for _, who := range []string{"aws:principal", "aws:source", "aws:resource", "aws:vpce"} {
		e.tieOrganization(who+"orgid", who+"orgpaths")
	}
	e.tieNetwork()
	// Semantics.md §3.3: the age is of a session with MFA, and sessions have a time of issue.
	const present, age = "aws:multifactorauthpresent", "aws:multifactorauthage"
	e.never2(age, true, present, false)
	if e.speaksOf(age) && e.speaksOf(present) {
		e.tie(kms.All, e.carried(age), -e.tests.is(present, "true"))
	}
	e.never2(present, true, "aws:tokenissuetime", false)
	// A grant has one grantee (semantics.md §3.2).
	const principal, service = "kms:granteeprincipal", "kms:granteeserviceprincipal"
	e.never2(principal, true, service, true)
	if e.speaksOf(principal) && e.speaksOf(service) {
		e.tie(kms.Set("kms:CreateGrant"), -e.carried(principal), -e.carried(service))
	}
	// Algorithms that follow from the action (semantics.md §3.2).
	for _, only := range []struct{ actions, key, value string }{
		{"kms:GenerateDataKey*", "kms:encryptionalgorithm", "SYMMETRIC_DEFAULT"},
		{"kms:DeriveSharedSecret", "kms:keyagreementalgorithm", "ECDH"},
	} {
		if e.speaksOf(only.key) {
			e.tie(kms.Expand(only.actions), -e.tests.is(only.key, only.value))
		}
	}
}

func (e *Engine) tie(actions kms.ActionSet, ls ...literal) {
	e.ties = append(e.ties, box{statement: -1, actions: actions, literals: ls})
}

// speaksOf tells whether a policy or a question speaks of the key.
func (e *Engine) speaksOf(name string) bool {
	id, ok := e.tests.ids[name]
	return ok && e.tests.keys[id].mentioned
}

func (e *Engine) carried(name string) literal { return e.tests.present(e.tests.key(name)) }

// never2 says that two keys are never carried, or not carried, so together.
func (e *Engine) never2(a string, carriesA bool, b string, carriesB bool) {
	if !e.speaksOf(a) || !e.speaksOf(b) {
		return
	}
	la, lb := e.carried(a), e.carried(b)
	if !carriesA {
		la = -la
	}
	if !carriesB {
		lb = -lb
	}
	e.tie(kms.All, la, lb)
}

const (
	contextPrefix = "kms:encryptioncontext:"
	contextKeys   = "kms:encryptioncontextkeys"
)

// tieContext: kms:EncryptionContextKeys holds the names of the context's keys (semantics.md §3.2).
func (e *Engine) tieContext() {
	if !e.speaksOf(contextKeys) {
		return
	}
	for _, id := range e.mentioned {
		name, ok := strings.CutPrefix(e.tests.keys[id].name, contextPrefix)
		if !ok {
			continue
		}
		pair := e.carried(contextPrefix + name)
		named := e.tests.literal(test{key: contextKeys, many: true, values: patterns(glob.Literal(name).Fold())})
		e.tie(kms.All, pair, -named)
		e.tie(kms.All, -pair, named)
	}
}

// maxOrganizations bounds the organizations whose paths are tied to them one by one. Policies name one or two.
const maxOrganizations = 20

// tieOrganization: paths are there where the organization is, and begin with it (semantics.md §3.3).
func (e *Engine) tieOrganization(id, paths string) {
	if !e.speaksOf(id) || !e.speaksOf(paths) {
		return
	}
	e.never2(id, true, paths, false)
	e.never2(id, false, paths, true)
	for _, org := range e.organizations(id, paths) {
		within := test{key: paths, many: true, values: patterns(glob.Concat(glob.Literal(org+"/"), glob.Wildcard("*")))}
		beyond := within
		beyond.values = within.values.not()
		e.tie(kms.All, e.tests.is(id, org), e.tests.literal(beyond))
		e.tie(kms.All, -e.tests.is(id, org), e.tests.literal(within))
	}
}

// organizations returns those that conditions on the keys write out.
func (e *Engine) organizations(id, paths string) []string {
	var all []string
	for _, p := range e.policies {
		for _, st := range p.Statements {
			for _, c := range st.Conditions {
				if !strings.EqualFold(c.Key, id) && !strings.EqualFold(c.Key, paths) {
					continue
				}
				for _, v := range c.Values {
					if org, _, _ := strings.Cut(v.Text, "/"); len(all) < maxOrganizations && !strings.ContainsAny(org, "*?$") {
						all = appendNew(all, org)
					}
				}
			}
		}
	}
	return all
}

// tieNetwork: a call comes through a VPC endpoint, with all of its keys and without aws:SourceIp, or it does not (semantics.md §3.3).
func (e *Engine) tieNetwork() {
	endpoint := []string{"aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip", "aws:vpceaccount"}
	organization := []string{"aws:vpceorgid", "aws:vpceorgpaths"}
	for i, a := range endpoint {
		e.never2("aws:sourceip", true, a, true)
		for _, b := range endpoint[i+1:] {
			e.never2(a, true, b, false)
			e.never2(a, false, b, true)
		}
		for _, b := range organization {
			e.never2(a, false, b, true)
		}
	}
	for _, b := range organization {
		e.never2("aws:sourceip", true, b, true)
	}
}

// impossible returns the environments that no deployment has, as boxes.
func (e *Engine) impossible() []box {
	var all []box
	for _, p := range e.policies {
		for _, g := range p.Impossible {
			b := box{statement: -1, actions: kms.All}
			e.guard(&b, g)
			all = append(all, b)
		}
	}
	return all
}
