package eval

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// DerivedKeys are the context keys that [Complete] fills in, in the order of the help; [DerivedRule] explains them.
var DerivedKeys = derivedNames()

// derivedKeys follow from principal, account, action and key (semantics.md §2.2, §3.2, §3.3).
var derivedKeys = []struct{ key, rule string }{
	{"aws:PrincipalArn", "the ARN of the user, federated user or root user; of a role session the ARN of its role, without a path unless a value with one is given"},
	{"aws:PrincipalType", "Account (the root user), User, AssumedRole or FederatedUser"},
	{"aws:PrincipalAccount", "the account in the principal's ARN"},
	{"kms:CallerAccount", "the account in the principal's ARN, with every action that carries the key"},
	{"aws:userid", "of the root user its account, of a federated user ACCOUNT:NAME; others must be given"},
	{"aws:username", "of users the name; all others have none"},
	{"aws:PrincipalIsAWSService", "true for a service, else false"},
	{"aws:PrincipalServiceName", "of services the name; all others have none"},
	{"aws:ViaAWSService", "true where kms:ViaService is given, else false"},
	{"aws:ResourceAccount", "the account that owns the key"},
	{"aws:RequestedRegion", "the Region in the key's ARN, where one is given"},
	{"aws:SecureTransport", "true: KMS takes nothing else"},
	{"kms:MultiRegion", "whether the key's id begins with mrk-, where its ARN is given"},
	{"kms:EncryptionContextKeys", "the NAMEs of the kms:EncryptionContext:NAME keys that are given"},
	{"kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT for the four actions GenerateDataKey…"},
	{"kms:KeyAgreementAlgorithm", "ECDH for DeriveSharedSecret"},
}

func derivedNames() []string {
	var names []string
	for _, d := range derivedKeys {
		names = append(names, d.key)
	}
	return names
}

// DerivedRule says what a derived key is set to, "" for other keys. Values that AWS does not document, of services'
// aws:PrincipalArn and its kin, are never filled in.
func DerivedRule(key string) string {
	for _, d := range derivedKeys {
		if equalFoldASCII(d.key, key) {
			return d.rule
		}
	}
	return ""
}

// Complete returns the request with its account and its derived keys filled in. It fails where the request is of no
// form that KMS knows, or carries a value that contradicts the rest. The request that it is given stays as it is.
func Complete(p *policy.Policy, r policy.Request) (policy.Request, error) {
	a := newAsk(p, r)
	if err := a.check(p); err != nil {
		return r, err
	}
	if a.caller.kind != service {
		r.Account = a.caller.account
	}
	r.Context = maps.Clone(r.Context)
	if r.Context == nil {
		r.Context = map[string][]string{}
	}
	for _, d := range a.derive() {
		switch given := a.lookup(d.key); {
		case given.present == Maybe:
			return r, fmt.Errorf("%s is given twice in different letter case", d.key)
		case given.present == No && d.values != nil:
			r.Context[d.key] = d.values
		case given.present == Yes && !d.allows(given.values):
			return r, fmt.Errorf("%s is given as %q, but %s", d.key, given.values, d.must())
		}
	}
	return r, nil
}

// check refuses requests that are none.
func (a *ask) check(p *policy.Policy) error {
	r := a.request
	switch operation, name, ok := strings.Cut(r.Action, ":"); {
	case a.caller.kind == nobody:
		return fmt.Errorf("principal %q is no user, role, role session, federated user, root user or service", r.Principal)
	case a.caller.kind == service && r.Account != "":
		return fmt.Errorf("account %s is given for %s, but services are of no account", r.Account, r.Principal)
	case r.Account != "" && a.caller.kind != service && a.caller.account != r.Account:
		return fmt.Errorf("account %s is given, but the principal is of account %s", r.Account, a.caller.account)
	case !ok || operation == "" || name == "" || strings.ContainsAny(r.Action, "*?"):
		return fmt.Errorf("action %q is not one action", r.Action)
	}
	if key, ok := parseKeyARN(r.Resource); r.Resource != "" {
		switch {
		case !ok || strings.ContainsAny(r.Resource, "*?"):
			return fmt.Errorf("key %q is not the ARN of a key", r.Resource)
		case p.Own != "" && key.account != p.Own:
			return fmt.Errorf("the key is of account %s, but its policy is of a key of account %s", key.account, p.Symbols.Show(p.Own))
		}
	}
	if a.caller.kind == service && a.lookup("kms:ViaService").present != No {
		return fmt.Errorf("kms:ViaService is given, but the calls of %s itself never carry it", r.Principal)
	}
	return nil
}

// derived is what one key must be.
type derived struct {
	key    string
	values []string                  // to fill in; nil where nothing is
	fits   func(given []string) bool // nil: as values
	why    string                    // of fits: what must hold
}

func (d derived) allows(given []string) bool {
	if d.fits != nil {
		return d.fits(given)
	}
	return slices.EqualFunc(given, d.values, func(g, v string) bool {
		b, ok := parseBool(g)
		w, also := parseBool(v)
		return g == v || ok && also && b == w
	})
}

func (d derived) must() string {
	switch {
	case d.why != "":
		return d.why
	case d.values == nil:
		return "this request does not carry it"
	}
	return fmt.Sprintf("in this request it is %q", d.values)
}

// derive returns the derived keys of the request; what is not settled is left out.
func (a *ask) derive() []derived {
	c := a.caller
	ds := []derived{{key: "aws:SecureTransport", values: []string{"true"}}}
	add := func(key string, values ...string) { ds = append(ds, derived{key: key, values: values}) }
	if c.kind == service {
		add("aws:PrincipalIsAWSService", "true")
		add("aws:PrincipalServiceName", c.arn)
		add("aws:ViaAWSService", "false")
		add("aws:username")
	} else {
		ds = append(ds, a.deriveIdentity()...)
	}
	if a.own != "" {
		add("aws:ResourceAccount", a.own)
	}
	if key, ok := parseKeyARN(a.request.Resource); ok {
		add("aws:RequestedRegion", key.region)
		if !policy.HasSymbol(key.id) {
			add("kms:MultiRegion", fmt.Sprint(strings.HasPrefix(key.id, "mrk-")))
		}
	}
	switch action := lowerASCII(a.request.Action); {
	case strings.HasPrefix(action, "kms:generatedatakey"):
		add("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
	case action == "kms:derivesharedsecret":
		add("kms:KeyAgreementAlgorithm", "ECDH")
	}
	return append(ds, a.deriveContextKeys())
}

// deriveIdentity is the rows of semantics.md §2.2 (aws:PrincipalType values) and the matrix of §3.3.
func (a *ask) deriveIdentity() []derived {
	c := a.caller
	var ds []derived
	add := func(key string, values ...string) { ds = append(ds, derived{key: key, values: values}) }
	arn := derived{key: "aws:PrincipalArn", values: []string{c.arn}}
	userid := derived{}
	switch c.kind {
	case rootUser:
		add("aws:PrincipalType", "Account")
		userid = derived{key: "aws:userid", values: []string{c.account}}
	case user:
		add("aws:PrincipalType", "User")
	case federated:
		add("aws:PrincipalType", "FederatedUser")
		userid = derived{key: "aws:userid", values: []string{c.account + ":" + c.name}}
	case session, role:
		add("aws:PrincipalType", "AssumedRole")
		arn.values = []string{c.role}
	}
	if c.kind == session {
		arn.why = "it must be the ARN of the session's role"
		arn.fits = func(given []string) bool { return len(given) == 1 && given[0] == c.role }
		name := c.arn[strings.LastIndexByte(c.arn, '/'):]
		userid = derived{key: "aws:userid", why: "it must end in the session's name", fits: func(given []string) bool {
			return len(given) == 1 && strings.HasSuffix(given[0], ":"+name[1:])
		}}
	}
	ds = append(ds, arn)
	if userid.key != "" {
		ds = append(ds, userid)
	}
	switch c.kind {
	case user:
		add("aws:username", c.name)
	case opaque: // not told
	default:
		add("aws:username")
	}
	if c.account != "" {
		add("aws:PrincipalAccount", c.account)
		if carrier, _ := kms.ConditionKey("kms:CallerAccount"); carrier.Actions.HasName(a.request.Action) || !isKnown(a.request.Action) {
			add("kms:CallerAccount", c.account)
		}
	}
	add("aws:PrincipalIsAWSService", "false")
	add("aws:PrincipalServiceName")
	add("aws:ViaAWSService", fmt.Sprint(a.lookup("kms:ViaService").present != No))
	return ds
}

// deriveContextKeys: the key is there where the request has an encryption context, and holds its names (semantics.md §3.2).
func (a *ask) deriveContextKeys() derived {
	const prefix = "kms:EncryptionContext:"
	var names []string
	for key := range a.request.Context {
		if len(key) > len(prefix) && equalFoldASCII(key[:len(prefix)], prefix) {
			names = append(names, key[len(prefix):])
		}
	}
	slices.Sort(names)
	lower := func(list []string) []string {
		low := make([]string, len(list))
		for i, s := range list {
			low[i] = lowerASCII(s)
		}
		slices.Sort(low)
		return slices.Compact(low)
	}
	return derived{key: "kms:EncryptionContextKeys", values: names, why: fmt.Sprintf("the request's encryption context has the names %q", names),
		fits: func(given []string) bool { return slices.Equal(lower(given), lower(names)) }}
}
