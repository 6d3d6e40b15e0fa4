package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// powerless says why a key policy can never allow the actions of an element.
func powerless(p *lint.Pass, text string, actions kms.ActionSet) string {
	switch {
	case actions&kms.Effective != 0:
		spec, usage, _ := keyKind(p)
		kind := "a symmetric key"
		if usage != "" && usage != "ENCRYPT_DECRYPT" {
			kind = "a key with KeyUsage " + usage
		} else if spec != "" && spec != "SYMMETRIC_DEFAULT" {
			kind = "a key with KeySpec " + spec
		}
		return fmt.Sprintf("%s cannot do %s", kind, text)
	case actions&^kms.IAMOnly == 0:
		return text + " takes no key, so only IAM policies can allow it"
	case actions.HasName("kms:RetireGrant"):
		return text + " is allowed by the grant itself, never by a key policy"
	}
	return text + " is for KMS's own service-linked role alone"
}

// reason says why no request for the actions meets a statement that the engine proved dead: the first cause that explains it.
func reason(p *lint.Pass, st stated, actions kms.ActionSet) string {
	for _, cause := range []func(*lint.Pass, stated, kms.ActionSet) string{byResource, byAbsentKey, byAccount, byLiteral, byType, byPrincipal} {
		if why := cause(p, st, actions); why != "" {
			return why
		}
	}
	return excluding
}

// excluding is the reason of last resort.
const excluding = "its principals and conditions exclude each other"

// leftOpen tells whether values decide that a statement is dead which nothing in the repository fixes: whether some request
// uses it once they are taken for whatever suits. Then it may be live where the template is deployed.
func leftOpen(p *lint.Pass, st stated, actions kms.ActionSet) bool {
	free := *p.Policy
	free.Statements = nil
	changed := false
	for _, one := range st.alternatives {
		loose, open := loosened(p, one)
		free.Statements = append(free.Statements, loose)
		changed = changed || open
	}
	if !changed {
		return false
	}
	e := authz.New(&free)
	set := e.Named(0, st.Index)
	if st.Effect == policy.Deny {
		set = e.Denied(0, st.Index)
	}
	return e.Find(authz.Query{Actions: actions}, set).Verdict != authz.No
}

// loosened returns a statement that lets in whatever the statement can, whatever its open values are.
func loosened(p *lint.Pass, st *policy.Statement) (loose *policy.Statement, open bool) {
	s := *st
	if slices.ContainsFunc(st.Principals, func(q policy.Principal) bool { return isOpen(p, q.Text) || q.Account != "" && !ownIsKnown(p) }) {
		s.Principals, s.NotPrincipal, open = []policy.Principal{{Kind: policy.Everyone, Text: "*"}}, false, true
	}
	if slices.ContainsFunc(st.Resources, func(r policy.Pattern) bool { return isOpen(p, r.Text) }) {
		s.Resources, s.NotResource, open = []policy.Pattern{{Text: "*"}}, false, true
	}
	s.Conditions = nil
	for _, c := range st.Conditions {
		switch {
		case !isOpen(p, c.Key) && !slices.ContainsFunc(c.Values, func(v policy.Operand) bool { return isOpen(p, v.Text) }):
			s.Conditions = append(s.Conditions, c)
			continue
		case !isOpen(p, c.Key) && fails(c): // whatever the value, the key must be there
			s.Conditions = append(s.Conditions, policy.Condition{Key: c.Key, Operator: policy.Operator{Base: policy.NullTest}, Values: []policy.Operand{{Text: "false"}}})
		}
		open = true
	}
	return &s, open
}

// isOpen tells whether a text holds a symbol for what nothing fixes, the own account apart.
func isOpen(p *lint.Pass, text string) bool {
	return policy.HasSymbol(strings.ReplaceAll(text, p.Policy.Own, ""))
}

// unknownKey is the reason of a statement whose condition asks for a key that no request has.
func unknownKey(p *lint.Pass, key string) string {
	return fmt.Sprintf("no request carries %s, which is no condition key", p.Show(key))
}

// saidElsewhere tells whether the reason is an unknown condition key, of which KMS016 or KMS015 speak, or a value of the wrong
// type, of which KMS015 does.
func saidElsewhere(p *lint.Pass, st stated, why string) bool {
	return slices.ContainsFunc(st.alternatives, func(one *policy.Statement) bool {
		return slices.ContainsFunc(one.Conditions, func(c policy.Condition) bool {
			rule := UnknownName
			if refusedKey(c.Key) {
				rule = RejectedPolicy
			}
			_, off := p.Config.RuleLevel(rule.ID, string(rule.Level))
			if !off && why == unknownKey(p, c.Key) {
				return true
			}
			_, off = p.Config.RuleLevel(RejectedPolicy.ID, string(RejectedPolicy.Level))
			return !off && why != "" && why == mistyped(p, c)
		})
	})
}

func byResource(p *lint.Pass, st stated, _ kms.ActionSet) string {
	if st.NotResource {
		if slices.ContainsFunc(st.Resources, func(r pattern) bool { return r.Text == "*" }) {
			return `NotResource "*" leaves no key`
		}
		return ""
	}
	alias := false
	for _, r := range st.Resources {
		if r.Text == "*" || r.Unknown != "" {
			return ""
		}
		alias = alias || strings.Contains(r.Text, ":alias/")
		if parts := strings.SplitN(r.Text, ":", 6); len(parts) == 6 && parts[2] == "kms" && strings.HasPrefix(parts[5], "key/") {
			if parts[4] == p.Policy.Own || wildcard(parts[4]) {
				return ""
			}
		}
	}
	if alias {
		return `its Resource is an alias, and KMS decides by the ARN of the key, which "*" means`
	}
	return `its Resource fits no key of this account, and "*" means this key`
}

// byAbsentKey finds a condition that asks for a key which requests for the actions by these callers never carry.
func byAbsentKey(p *lint.Pass, st stated, actions kms.ActionSet) string {
	callers := callersOf(st)
	for _, one := range st.alternatives {
		for _, c := range one.Conditions {
			if !fails(c) {
				continue
			}
			k, known := kms.ConditionKey(c.Key)
			if !known {
				return unknownKey(p, c.Key)
			}
			if !slices.ContainsFunc(callers, func(caller kms.Caller) bool { return carried(k, caller, actions) }) {
				return fmt.Sprintf("%s never carry %s", whose(callers, k, actions), k.Name)
			}
		}
	}
	return ""
}

// fails tells whether a condition does not hold where its key is absent.
func fails(c policy.Condition) bool {
	if c.Unknown != "" || c.Operator.IfExists || c.Operator.Quantifier == policy.ForAllValues || c.Operator.Base.Negated() {
		return false
	}
	if c.Operator.Base == policy.NullTest {
		return !slices.ContainsFunc(c.Values, func(v policy.Operand) bool { return !strings.EqualFold(v.Text, "false") })
	}
	return true
}

// carried tells whether some request of the caller for one of the actions may carry the key.
func carried(k kms.Key, caller kms.Caller, actions kms.ActionSet) bool {
	for _, i := range (actions & kms.All).Indexes() {
		if k.Presence(caller, false, i) != kms.Never || k.Presence(caller, true, i) != kms.Never {
			return true
		}
	}
	return false
}

// callersOf returns the kinds of callers that a statement can be about.
func callersOf(st stated) []kms.Caller {
	var all []kms.Caller
	add := func(more ...kms.Caller) {
		for _, c := range more {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	for _, one := range st.alternatives {
		if one.NotPrincipal {
			add(kms.RoleCaller, kms.IAMUser, kms.Federated, kms.RootUser, kms.ServiceCaller)
		}
		for _, q := range one.Principals {
			switch q.Kind {
			case policy.Service:
				add(kms.ServiceCaller)
			case policy.User:
				add(kms.IAMUser)
			case policy.Role, policy.RoleSession:
				add(kms.RoleCaller)
			case policy.FederatedUser:
				add(kms.Federated)
			case policy.Everyone, policy.AWSEveryone, policy.UnreadPrincipal:
				add(kms.RoleCaller, kms.IAMUser, kms.Federated, kms.RootUser, kms.ServiceCaller)
			default:
				add(kms.RoleCaller, kms.IAMUser, kms.Federated, kms.RootUser)
			}
		}
	}
	return all
}

// whose names the requests that lack a key: by their actions where those decide, else by their callers.
func whose(callers []kms.Caller, k kms.Key, actions kms.ActionSet) string {
	if actions&k.Actions == 0 {
		return "requests for " + sentence((actions & kms.Effective).Names())
	}
	if slices.Contains(callers, kms.ServiceCaller) {
		return "calls of AWS services by themselves"
	}
	if len(callers) == 1 {
		return map[kms.Caller]string{kms.RootUser: "calls of the root user", kms.IAMUser: "calls of users", kms.RoleCaller: "calls of roles", kms.Federated: "calls of federated users"}[callers[0]]
	}
	return "calls of users and roles"
}

func byAccount(p *lint.Pass, st stated, actions kms.ActionSet) string {
	foreign := len(st.Principals) > 0 && !slices.ContainsFunc(st.Principals, func(q policy.Principal) bool { return q.Account == "" || q.Account == p.Policy.Own })
	if foreign && actions&kms.CrossAccount == 0 {
		all := (actions & kms.Effective).Names()
		verb := "do"
		if len(all) == 1 {
			verb = "does"
		}
		return fmt.Sprintf("%s %s not work across accounts, and its principals are foreign", sentence(all), verb)
	}
	return ""
}

// byLiteral finds a value with a wildcard that its operator takes literally, and a session ARN where the role's stands.
func byLiteral(p *lint.Pass, st stated, _ kms.ActionSet) string {
	for _, c := range st.Conditions {
		if len(c.Values) != 1 {
			continue
		}
		v := p.Show(c.Values[0].Text)
		switch base := c.Operator.Base; {
		case equalKey(c.Key, "aws:PrincipalArn") && strings.Contains(v, ":assumed-role/"):
			return fmt.Sprintf("aws:PrincipalArn of a session is its role's ARN, never %s", v)
		case (base == policy.StringEquals || base == policy.StringEqualsIgnoreCase) && wildcard(v):
			return fmt.Sprintf("%s takes the wildcard in %s literally; write StringLike", base, v)
		}
	}
	return ""
}

// byType finds a condition none of whose values is of its operator's type.
func byType(p *lint.Pass, st stated, _ kms.ActionSet) string {
	for _, one := range st.alternatives {
		for _, c := range one.Conditions {
			lenient := c.Operator.IfExists || c.Operator.Quantifier == policy.ForAllValues || c.Operator.Base.Negated()
			if why := mistyped(p, c); why != "" && !lenient {
				return why
			}
		}
	}
	return ""
}

// mistyped says why no value of a condition can match, "" where one may.
func mistyped(p *lint.Pass, c policy.Condition) string {
	alone := c
	why := ""
	for i := range c.Values {
		alone.Values = c.Values[i : i+1]
		v, want := alone.Mistyped()
		if want == "" {
			return ""
		}
		why = fmt.Sprintf("%q, which it asks of %s, is not %s", p.Show(v.Text), c.Key, want)
	}
	return why
}

func byPrincipal(_ *lint.Pass, st stated, _ kms.ActionSet) string {
	if only(st.Statement, policy.WebIdentity, policy.CanonicalUser) {
		return "its principals cannot call KMS"
	}
	return ""
}
