package authz

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// telling are the actions, those that show best what a caller could do first.
var telling = tellingFirst("kms:Decrypt", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:ScheduleKeyDeletion", "kms:ReEncryptFrom",
	"kms:Sign", "kms:GenerateMac", "kms:GenerateDataKey", "kms:Encrypt", "kms:DisableKey")

func tellingFirst(names ...string) []kms.Action {
	var all []kms.Action
	for _, name := range names {
		if a, ok := kms.Lookup(name); ok {
			all = append(all, a)
		}
	}
	first := kms.Set(names...)
	for _, a := range actions {
		if !first.Has(a.Index) {
			all = append(all, a)
		}
	}
	return all
}

// request picks a point of a state. why says what keeps it from being sure.
func (e *Engine) request(st state) (r policy.Request, why []string) {
	a, why := e.action(st)
	w := witness{e: e, st: st, bit: 1 << a.Index, why: why,
		r: policy.Request{Action: a.Name, Context: map[string][]string{}, When: map[string]string{}}}
	for _, o := range st.keys {
		w.key(o)
	}
	for _, id := range e.mentioned {
		if k := e.tests.keys[id]; st.of(k) == k.root && st.s.carriage(k).mayNot&w.bit == 0 && !e.follows(k.name, st.s) {
			w.key(k.root)
		}
	}
	w.caller()
	for _, d := range e.dimensions {
		w.r.When[d.Name] = e.solved(st.of(e.tests.key(environment + d.Name))).values[0]
	}
	w.settle()
	return w.r, w.why
}

// follows tells whether the value of a key follows from who calls.
func (e *Engine) follows(name string, s *situation) bool {
	if _, ok := s.fixed[name]; ok {
		return true
	}
	if s.caller == kms.ServiceCaller {
		return name == "aws:principalservicename"
	}
	_, ok := e.partOfARN(name, s)
	return ok
}

// action picks the action of a request: one for which it is documented which keys come with it, if there is any.
func (e *Engine) action(st state) (best kms.Action, why []string) {
	for _, a := range telling {
		if !st.actions.Has(a.Index) {
			continue
		}
		doubts := e.presenceDoubts(st, 1<<a.Index)
		if len(doubts) == 0 {
			return a, nil
		}
		if why == nil {
			best, why = a, doubts
		}
	}
	return best, why
}

// presenceDoubts names the keys of which nobody says whether requests for the action carry them, where the state does not hold both ways.
func (e *Engine) presenceDoubts(st state, bit kms.ActionSet) (why []string) {
	whose := "requests for some actions"
	switch {
	case st.s.caller == kms.ServiceCaller:
		whose = "a service's requests"
	case st.s.via:
		whose = "requests that a service passes on"
	}
	for _, o := range st.keys {
		if st.s.carriage(o.key).unverified&bit != 0 && !(o.absent && o.present && o.unsure == "") {
			why = append(why, "whether "+whose+" carry "+o.key.name+" (UNVERIFIED)")
		}
	}
	return why
}

// witness is a request that is being made.
type witness struct {
	e   *Engine
	st  state
	bit kms.ActionSet // of the action
	r   policy.Request
	why []string
}

// key sets a key, or leaves it out where the state allows.
func (w *witness) key(o *outcome) {
	k := o.key
	if strings.HasPrefix(k.name, doubt) {
		if len(o.literals) > 1 || len(o.literals) == 1 && !slices.Contains(w.e.given, o.literals[0]) {
			w.why = append(w.why, k.why)
		}
		return
	}
	name, ok := k.shown()
	identity := w.st.s.caller != kms.ServiceCaller
	switch {
	case o.absent && w.st.s.carriage(k).mayNot&w.bit != 0, !ok || k.name == arnKey && identity:
		return
	case k.name == useridKey && w.st.s.caller == kms.RoleCaller && len(o.literals) == 1 && !k.mentioned:
		return // the session's name says nothing
	}
	if o = w.e.solved(o); o.unsure != "" {
		w.why = append(w.why, o.unsure)
	}
	w.r.Context[name] = o.values
	for old, new := range aliases {
		if new == k.name {
			info, _ := kms.ConditionKey(old)
			w.r.Context[info.Name] = o.values
		}
	}
}

// caller fills in who calls, and the keys that follow from it.
func (w *witness) caller() {
	s, e := w.st.s, w.e
	if s.caller == kms.ServiceCaller {
		w.r.Principal = w.pick(serviceKey, "any.amazonaws.com")
		return
	}
	var wishes []string
	for _, a := range s.plainAccounts() {
		wishes = append(wishes, e.plainARN(s, a))
	}
	arn := w.pick(arnKey, wishes...)
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		w.r.Account = parts[4]
	}
	w.r.Principal = arn
	w.r.Context["aws:PrincipalArn"] = []string{arn}
	w.r.Context["aws:PrincipalType"] = []string{s.fixed["aws:principaltype"]}
	if _, ok := w.r.Context["kms:ViaService"]; s.via && !ok {
		w.r.Context["kms:ViaService"] = []string{"s3.us-east-1.amazonaws.com"}
	}
	hasID := len(w.r.Context["aws:userid"]) > 0
	switch {
	case s.caller == kms.RoleCaller && hasID:
		_, found, _ := strings.Cut(w.r.Context["aws:userid"][0], ":")
		id := w.pick(useridKey, "AROAEXAMPLEEXAMPLE123:any-session", "AROAEXAMPLEEXAMPLE123:"+found)
		w.r.Context["aws:userid"] = []string{id}
		_, session, _ := strings.Cut(id, ":")
		w.r.Principal = "arn:" + e.partition + ":sts::" + w.r.Account + ":assumed-role/" + policy.BaseName(arn) + "/" + session
	case s.caller == kms.RootUser || s.caller == kms.Federated:
		delete(w.r.Context, "aws:userid") // it follows from the ARN
	}
}

// pick returns a wished value of a dimension where the state has it, else the one that was found, with an account of digits.
func (w *witness) pick(name string, wishes ...string) string {
	o := w.st.of(w.e.tests.key(name))
	for _, wish := range wishes {
		if w.e.holds(o, wish) {
			return wish
		}
	}
	if o = w.e.solved(o); len(o.values) == 0 {
		w.why = append(w.why, o.unsure)
		return ""
	}
	found := o.values[0]
	if w.st.s.account != "" || name != arnKey {
		return found
	}
	return w.digits(o, found, 4)
}

// digits replaces what is no digit in the account of a value, which is its component at.
func (w *witness) digits(o *outcome, value string, at int) string {
	parts := strings.SplitN(value, ":", 6)
	account := parts[at]
	for _, fill := range "9876543210" {
		parts[at] = strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return fill
			}
			return r
		}, account)
		if s := strings.Join(parts, ":"); w.e.holds(o, s) {
			return s
		}
	}
	w.why = append(w.why, "which account ids match a pattern")
	return value
}

// plainAccounts are accounts for a witness.
func (s *situation) plainAccounts() []string {
	if s.account != "" {
		return []string{s.account}
	}
	return []string{"444455556666", "777788889999", "888888888888", "999999999999"}
}

// plainARN is what a caller that nothing names is called in a witness.
func (e *Engine) plainARN(s *situation, account string) string {
	start := e.prefix(s) + account
	switch s.caller {
	case kms.IAMUser:
		return start + ":user/any"
	case kms.Federated:
		return start + ":federated-user/any"
	case kms.RootUser:
		return start + ":root"
	}
	return start + ":role/any"
}
