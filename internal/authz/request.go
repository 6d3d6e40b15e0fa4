package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// only narrows a state to one caller.
func (e *Engine) only(st state, principal string) (state, bool) {
	s := e.cases[st.c]
	kind, account, name, session := policy.ParsePrincipal(principal)
	want, known := map[policy.PrincipalKind]kms.Caller{
		policy.AccountRoot: kms.RootUser, policy.User: kms.IAMUser, policy.Role: kms.RoleCaller,
		policy.RoleSession: kms.RoleCaller, policy.FederatedUser: kms.Federated,
	}[kind]
	if !known {
		if s.caller != kms.ServiceCaller {
			return st, false
		}
		return e.with(st, e.tests.literal(test{key: serviceKey, values: patterns([]glob.Pattern{glob.Literal(principal)})}))
	}
	if s.caller != want || s.account != account {
		return st, false
	}
	if kind != policy.RoleSession {
		return e.with(st, e.tests.literal(test{key: arnKey, values: patterns([]glob.Pattern{glob.Literal(principal)})}))
	}
	st, ok := e.with(st, e.tests.literal(test{key: arnKey, values: patterns(e.rolesNamed(name, s))}))
	if !ok {
		return st, false
	}
	return e.with(st, e.tests.literal(test{key: sessionKey, values: patterns([]glob.Pattern{glob.Literal(session)})}))
}

func literals(all []string) []glob.Pattern {
	ps := make([]glob.Pattern, len(all))
	for i, s := range all {
		ps[i] = glob.Literal(s)
	}
	return ps
}

// telling are the actions that show best what a caller could do, most telling first.
var telling = []string{"kms:Decrypt", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:ScheduleKeyDeletion", "kms:ReEncryptFrom", "kms:Sign", "kms:GenerateMac", "kms:GenerateDataKey", "kms:Encrypt", "kms:DisableKey"}

// request picks a point of a state. why is not "" where none can be picked for sure.
func (e *Engine) request(st state) (r policy.Request, why string) {
	s := e.cases[st.c]
	action := e.action(st)
	r = policy.Request{Action: action.Name, Account: s.account, Context: map[string][]string{}, When: map[string]string{}}
	for key, ls := range st.tests {
		o := e.solve(key, ls)
		c := e.presences(key, s)
		bit := kms.ActionSet(1) << action.Index
		if o.absent && c.mayNot&bit != 0 {
			continue
		}
		if o.unsure != "" {
			return r, o.unsure
		}
		if name, ok := displayName(key); ok {
			r.Context[name] = o.values
		}
	}
	e.caller(&r, st)
	for _, p := range e.policies {
		for _, d := range p.Dimensions {
			if left, narrowed := st.env[d.Name]; narrowed {
				r.When[d.Name] = left[0]
			} else {
				r.When[d.Name] = d.Values[0]
			}
		}
	}
	return r, ties(r, st)
}

// action picks the action of a witness.
func (e *Engine) action(st state) kms.Action {
	for _, name := range telling {
		if a, ok := kms.Lookup(name); ok && st.actions.Has(a.Index) {
			return a
		}
	}
	for _, a := range kms.Actions() {
		if st.actions.Has(a.Index) {
			return a
		}
	}
	return kms.Action{}
}

// caller fills in who calls and the keys that follow from it.
func (e *Engine) caller(r *policy.Request, st state) {
	s := e.cases[st.c]
	if s.caller == kms.ServiceCaller {
		r.Account = ""
		r.Principal = e.solve(serviceKey, st.tests[serviceKey]).values[0]
		return
	}
	arn := e.plainest(arnKey, st, e.plainARN(s))
	r.Principal = arn
	r.Context["aws:PrincipalArn"] = []string{arn}
	r.Context["aws:PrincipalType"] = []string{s.fixed["aws:principaltype"]}
	if s.via {
		if _, ok := r.Context["kms:ViaService"]; !ok {
			r.Context["kms:ViaService"] = []string{"s3.us-east-1.amazonaws.com"}
		}
	}
	if sessions := st.tests[sessionKey]; len(sessions) > 1 {
		session := e.plainest(sessionKey, st, "any-session")
		r.Principal = "arn:" + e.partition + ":sts::" + s.account + ":assumed-role/" + policy.BaseName(arn) + "/" + session
	}
}

// plainest returns the wished value of a dimension where the state has it, else the one that was found.
func (e *Engine) plainest(key string, st state, wish string) string {
	for _, l := range st.tests[key] {
		if !e.tests.get(l).values.has(wish) {
			return e.solve(key, st.tests[key]).values[0]
		}
	}
	return wish
}

// plainARN is what a caller that nothing names is called in a witness.
func (e *Engine) plainARN(s situation) string {
	switch s.caller {
	case kms.IAMUser:
		return "arn:" + e.partition + ":iam::" + s.account + ":user/any"
	case kms.Federated:
		return "arn:" + e.partition + ":sts::" + s.account + ":federated-user/any"
	case kms.RootUser:
		return "arn:" + e.partition + ":iam::" + s.account + ":root"
	}
	return "arn:" + e.partition + ":iam::" + s.account + ":role/any"
}

// displayName returns the documented spelling of a key. Inner dimensions have none.
func displayName(key string) (string, bool) {
	if strings.HasPrefix(key, "@") || key == arnKey {
		return "", false
	}
	k, ok := kms.ConditionKey(key)
	return k.Name, ok
}

// ties checks what the boxes leave independent though it is not: the organization and its paths, the context and its keys.
func ties(r policy.Request, st state) string {
	org, paths := r.Context["aws:PrincipalOrgID"], r.Context["aws:PrincipalOrgPaths"]
	if len(st.tests["aws:principalorgid"]) > 0 && len(st.tests["aws:principalorgpaths"]) > 0 {
		if len(org) != 1 && len(paths) > 0 || len(org) == 1 && len(paths) == 0 {
			return "aws:PrincipalOrgID and aws:PrincipalOrgPaths together"
		}
		for _, p := range paths {
			if !strings.HasPrefix(p, org[0]+"/") {
				return "aws:PrincipalOrgID and aws:PrincipalOrgPaths together"
			}
		}
	}
	if len(st.tests["kms:encryptioncontextkeys"]) == 0 {
		return ""
	}
	keys := map[string]bool{}
	for _, k := range r.Context["kms:EncryptionContextKeys"] {
		keys[strings.ToLower(k)] = true
	}
	for key := range st.tests {
		if name, ok := strings.CutPrefix(key, "kms:encryptioncontext:"); ok {
			present := false
			for have := range r.Context {
				present = present || strings.EqualFold(have, key)
			}
			if present != keys[name] {
				return "kms:EncryptionContext and kms:EncryptionContextKeys together"
			}
		}
	}
	return ""
}
