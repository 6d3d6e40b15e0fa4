package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// isKeyPolicy tells a key policy from other policies by its structure alone. Identity policies and service control
// policies have no principal; resource control policies and policies of VPC endpoints speak to everyone, of several
// services or of named keys. What could be a key policy as well as a KMS endpoint's is taken for a key policy.
func isKeyPolicy(v *policy.Value) bool {
	var s census
	statements := v.Get("Statement")
	if v.Kind != policy.Object || statements == nil {
		return false
	}
	if statements.Kind == policy.List {
		for _, item := range statements.Items {
			s.count(item)
		}
	} else {
		s.count(statements)
	}
	switch {
	case s.principals == 0 || s.kms == 0:
		return false
	case s.othersForEveryone > 0 || s.others > s.kms:
		return false // a resource control policy, or the policy of an endpoint
	case s.allowed == 0 && s.forEveryone == s.principals:
		return false // Deny alone, or beside an Allow of everything: a resource control policy, or the policy of an endpoint
	case s.resources > 0 && s.fitting == 0:
		return false // about resources of other services
	case s.forEveryone == s.principals && s.everyKey == 0 && s.fitting > 0:
		return false // everyone, on named keys: the policy of an endpoint for KMS
	}
	return true
}

// census counts what the statements of a policy speak of.
type census struct {
	allowed     int // KMS actions in statements with Effect Allow
	principals  int // statements with a principal
	forEveryone int // of these, the ones for everyone
	kms, others int // actions
	// othersForEveryone counts actions of other services in statements for everyone.
	othersForEveryone int
	resources         int
	fitting           int // resources that a key policy may have
	everyKey          int // of these "*"
}

func (s *census) count(v *policy.Value) {
	if v.Kind != policy.Object {
		return
	}
	deny := v.Get("Effect") != nil && v.Get("Effect").Text == "Deny"
	everyone := false
	if p := orElse(v, "Principal", "NotPrincipal"); p != nil {
		s.principals++
		everyone = isEveryone(p)
	}
	if everyone {
		s.forEveryone++
	}
	for _, a := range texts(orElse(v, "Action", "NotAction")) {
		service, _, found := strings.Cut(a, ":")
		switch {
		case strings.EqualFold(service, "kms"):
			s.kms++
			if !deny {
				s.allowed++
			}
		case found && !strings.Contains(service, "*"):
			s.others++
			if everyone {
				s.othersForEveryone++
			}
		}
	}
	for _, r := range texts(orElse(v, "Resource", "NotResource")) {
		s.resources++
		parts := strings.SplitN(r, ":", 4)
		switch {
		case r == "*":
			s.everyKey++
			s.fitting++
		case parts[0] != "arn" || len(parts) < 4 || strings.ContainsAny(parts[2], "*?") || parts[2] == "kms" || policy.HasSymbol(parts[2]):
			s.fitting++
		}
	}
}

func orElse(v *policy.Value, a, b string) *policy.Value {
	if m := v.Get(a); m != nil {
		return m
	}
	return v.Get(b)
}

func isEveryone(p *policy.Value) bool {
	if p.Kind == policy.Object {
		p = p.Get("AWS")
	}
	for _, s := range texts(p) {
		if s == "*" {
			return true
		}
	}
	return false
}

// texts lists the strings of a string or list.
func texts(v *policy.Value) []string {
	switch {
	case v == nil:
		return nil
	case v.Kind == policy.Text:
		return []string{v.Text}
	}
	var all []string
	for _, item := range v.Items {
		if item.Kind == policy.Text {
			all = append(all, item.Text)
		}
	}
	return all
}
