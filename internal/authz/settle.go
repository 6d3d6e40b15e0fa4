package authz

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
)

// settle makes values agree that depend on each other and that no box ties: names of an encryption context that no
// condition tests, an organization that no condition writes out with its paths, and the source of a service's call
// with its account. What cannot be made to agree makes the request unsure.
func (w *witness) settle() {
	w.settleContext()
	for _, who := range []string{"aws:Principal", "aws:Source", "aws:Resource", "aws:Vpce"} {
		w.settleOrganization(who+"OrgID", who+"OrgPaths")
	}
	if w.st.s.caller == kms.ServiceCaller && w.st.s.account == "" {
		w.settleSource()
	}
}

// settleContext gives the context a pair for each name that kms:EncryptionContextKeys must hold.
func (w *witness) settleContext() {
	pairs, names := map[string]bool{}, map[string]bool{}
	for name := range w.r.Context {
		pairs[strings.ToLower(name)] = true
	}
	for _, name := range w.r.Context["kms:EncryptionContextKeys"] {
		low := strings.ToLower(contextPrefix + name)
		if names[low] {
			w.why = append(w.why, "two names of an encryption context that differ only in case (UNVERIFIED)")
		}
		names[low] = true
		if !pairs[low] {
			w.r.Context["kms:EncryptionContext:"+name] = []string{"any"}
		}
	}
}

// settleOrganization lets paths begin with the organization, or the organization be that of the paths.
func (w *witness) settleOrganization(id, paths string) {
	org, all := w.r.Context[id], w.r.Context[paths]
	if len(org) != 1 || len(all) == 0 || within(org[0], all) {
		return
	}
	tests := w.e.tests
	var moved []string
	for _, p := range all {
		_, rest, _ := strings.Cut(p, "/")
		moved = appendNew(moved, org[0]+"/"+rest)
	}
	ok := true
	for _, l := range w.st.of(tests.key(strings.ToLower(paths))).literals {
		ok = ok && holdsMany(tests.get(l), moved)
	}
	if ok {
		w.r.Context[paths] = moved
		return
	}
	if first, _, _ := strings.Cut(all[0], "/"); within(first, all) && w.e.holds(w.st.of(tests.key(strings.ToLower(id))), first) {
		w.r.Context[id] = []string{first}
		return
	}
	w.why = append(w.why, id+" and "+paths+" together")
}

func within(org string, paths []string) bool {
	for _, p := range paths {
		if !strings.HasPrefix(p, org+"/") {
			return false
		}
	}
	return true
}

// holdsMany tells whether the values of a key meet a test.
func holdsMany(t test, all []string) bool {
	for _, v := range all {
		if t.values.has(v) != t.all {
			return !t.all
		}
	}
	return t.all
}

// settleSource gives aws:SourceArn and aws:SourceAccount of an account that no policy names the same digits.
func (w *witness) settleSource() {
	arns, accounts := w.st.of(w.e.tests.key("aws:sourcearn")), w.st.of(w.e.tests.key("aws:sourceaccount"))
	arn, hasARN := w.r.Context["aws:SourceArn"]
	account, hasAccount := w.r.Context["aws:SourceAccount"]
	shown := "" // the account that the ARN shows
	if hasARN {
		s := w.digits(arns, arn[0], 4)
		w.r.Context["aws:SourceArn"] = []string{s}
		shown = strings.SplitN(s, ":", 6)[4]
	}
	if !hasAccount {
		return
	}
	var wishes []string
	for _, wish := range append([]string{shown}, w.st.s.plainAccounts()...) {
		if wish != "" && w.e.holds(accounts, wish) {
			wishes = append(wishes, wish)
		}
	}
	if wishes == nil {
		wishes = []string{w.digits(accounts, account[0], 0)}
	}
	for _, wish := range wishes {
		w.r.Context["aws:SourceAccount"] = []string{wish}
		if shown == "" {
			return
		}
		parts := strings.SplitN(w.r.Context["aws:SourceArn"][0], ":", 6)
		parts[4] = wish
		if moved := strings.Join(parts, ":"); w.e.holds(arns, moved) {
			w.r.Context["aws:SourceArn"] = []string{moved}
			return
		}
	}
	w.why = append(w.why, "aws:SourceAccount and aws:SourceArn together")
}
