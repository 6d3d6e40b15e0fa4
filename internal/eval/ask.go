package eval

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// ask is one request put to one policy.
type ask struct {
	request   policy.Request
	caller    caller
	own       string // the account that owns the key, "" where nothing tells
	partition string
	variables bool // ${…} are policy variables (semantics.md §1.1)
	symbols   *policy.Symbols
}

func newAsk(p *policy.Policy, r policy.Request) *ask {
	a := &ask{request: r, own: p.Own, partition: p.Partition, variables: p.Variables(), symbols: p.Symbols}
	if key, ok := parseKeyARN(r.Resource); ok {
		a.partition = key.partition
		if a.own == "" {
			a.own = key.account
		}
	}
	a.caller = parseCaller(r.Principal)
	if a.caller.account == "" {
		a.caller.account = r.Account
	}
	if a.caller.kind == session {
		a.caller.role = a.roleOfSession()
	}
	return a
}

// roleOfSession returns the ARN of the caller's role. A session's own ARN has no path (semantics.md §1.3), so the
// path is known only from aws:PrincipalArn (§2.2); without that key the role has none.
func (a *ask) roleOfSession() string {
	if e := a.lookup("aws:PrincipalArn"); e.present == Yes && len(e.values) == 1 {
		if given := parseCaller(e.values[0]); given.kind == role && a.caller.sameAccount(given) && given.name == a.caller.name {
			return given.arn
		}
	}
	return a.caller.role
}

// foreign tells whether the caller is of another account than the key (semantics.md §2.4). The same number in another
// partition is another account (§1.3); services are of none (§5.1, step 4).
func (a *ask) foreign() verdict {
	switch {
	case a.caller.kind == service:
		return no
	case a.own == "" || a.caller.account == "":
		return maybe("whether the caller is of the key's own account is not known")
	}
	return sure(a.own != a.caller.account || a.partition != "" && a.caller.partition != "" && a.partition != a.caller.partition)
}

// guard tells whether the request is in the environments of the guard.
func (a *ask) guard(g policy.Guard) verdict {
	v := yes
	for name, value := range g {
		switch given, ok := a.request.When[name]; {
		case !ok:
			v = v.and(maybe("the value of " + name + " is not given"))
		case given != value:
			return no
		}
	}
	return v
}

// rest is everything of a statement but its principal.
func (a *ask) rest(s *policy.Statement) verdict {
	v := a.guard(s.When)
	for _, part := range []func(*policy.Statement) verdict{a.action, a.resource, a.conditions} {
		if v.truth == No {
			return no
		}
		v = v.and(part(s))
	}
	return v
}

// entry is what the request's context says about a key.
type entry struct {
	values  []string
	present Truth
	why     string // of Maybe
}

// lookup finds a context key. Names are compared without case, the <k> part included (semantics.md §3.2); which
// value a condition sees where two of them differ only in case, and how letters beyond ASCII fold, is not known.
func (a *ask) lookup(key string) entry {
	found, doubt := entry{}, ""
	for name, values := range a.request.Context {
		switch {
		case equalFoldASCII(name, key):
			if found.present == Yes {
				doubt = "which of two context keys that differ only in case is seen is not documented: " + strings.ToLower(key)
			}
			found.values, found.present = values, Yes
		case foldAlike(name, key):
			doubt = "how context key names beyond ASCII are compared is not documented"
		}
	}
	if doubt != "" {
		return entry{present: Maybe, why: doubt}
	}
	return found
}
