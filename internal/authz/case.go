package authz

import (
	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// situation is one case of the outer split: who calls, from where, by which way (decision-procedure.md §1.5).
type situation struct {
	caller kms.Caller
	// account is the caller's; for a service, that of the resource it acts for. "" is every account that no policy
	// names: which one is then part of aws:PrincipalArn, and of the source keys.
	account string
	own     bool // account is the key's
	via     bool // a forward access session
	// fixed are the keys whose value follows from the case.
	fixed     map[string]string
	all       state // every request of the case, once it was asked for; see [Engine.base]
	carriages []carriage
	number    int
}

// situations returns every case that the policies can tell apart. Callers that make the clearest witnesses come first.
func (e *Engine) situations() []*situation {
	accounts := []string{e.own}
	for _, p := range e.policies {
		accounts = appendAll(accounts, p.Accounts())
	}
	e.accounts, e.named = accounts, map[string]bool{}
	for _, a := range accounts {
		e.named[a] = true
	}
	accounts = append(accounts[:len(accounts):len(accounts)], "")
	var all []*situation
	add := func(s *situation) {
		s.number, s.fixed = len(all), e.fixed(s)
		all = append(all, s)
	}
	for _, via := range []bool{false, true} {
		for i, account := range accounts {
			for _, caller := range []kms.Caller{kms.RoleCaller, kms.IAMUser, kms.Federated, kms.RootUser} {
				add(&situation{caller: caller, account: account, own: i == 0, via: via})
			}
		}
	}
	for i, account := range accounts {
		add(&situation{caller: kms.ServiceCaller, account: account, own: i == 0})
	}
	return all
}

// principalTypes are the values of aws:PrincipalType (semantics.md §2.2). What a service has is not documented.
var principalTypes = map[kms.Caller]string{kms.RootUser: "Account", kms.IAMUser: "User", kms.RoleCaller: "AssumedRole", kms.Federated: "FederatedUser"}

// fixed returns the keys whose value follows from the case, by lower-case name (semantics.md §3.3).
func (e *Engine) fixed(s *situation) map[string]string {
	f := map[string]string{
		"aws:securetransport":       "true",
		"aws:resourceaccount":       e.own,
		"aws:viaawsservice":         "false",
		"aws:principalisawsservice": "false",
	}
	if s.via {
		f["aws:viaawsservice"] = "true"
	}
	if s.caller == kms.ServiceCaller {
		f["aws:principalisawsservice"] = "true"
		return f
	}
	f["aws:principaltype"] = principalTypes[s.caller]
	if s.account != "" {
		f["aws:principalaccount"] = s.account
		f["kms:calleraccount"] = s.account
		if s.caller == kms.RootUser {
			f[useridKey] = s.account
		}
	}
	return f
}

// asked are the actions about which a key policy is asked: not the 11 that IAM decides alone, nor the one that only the
// service-linked role of multi-Region keys uses, about whose requests little is documented (semantics.md §3.1).
var asked = kms.All &^ kms.IAMOnly &^ kms.Set("kms:SynchronizeMultiRegionKey")

// base returns the state that holds every request of a case.
func (e *Engine) base(s *situation) state {
	if s.all.s != nil {
		return s.all
	}
	st := state{s: s, actions: asked}
	must := func(t test) { st = e.assume(st, e.tests.literal(t)) }
	if s.caller == kms.ServiceCaller {
		must(test{key: serviceKey, values: e.services()})
		account := s.accountPattern()
		if s.account == "" {
			must(test{key: "aws:sourceaccount", absent: true, values: oneOf(e.accounts).not()})
			must(test{key: "aws:sourcearn", absent: true, values: e.ofNamed(e.sources).not()})
		}
		must(test{key: "aws:sourceaccount", absent: true, values: patterns(account)})
		// Resources that show no account in their ARN, as buckets, may be anybody's.
		must(test{key: "aws:sourcearn", absent: true, values: patterns(e.sources(account), e.sources(glob.Literal("")))})
		s.all = st
		return st
	}
	if !s.via { // such a call is no service's: where the key is there, it is false (semantics.md §3.2)
		must(test{key: "kms:grantisforawsresource", absent: true, values: oneOf([]string{"false"})})
	}
	must(test{key: arnKey, values: patterns(e.shape(s)...)})
	if s.account == "" {
		must(test{key: arnKey, values: e.ofNamed(func(a glob.Pattern) glob.Pattern { return e.accountARN(s, a) }).not()})
	}
	if s.caller == kms.RoleCaller {
		must(test{key: useridKey, values: patterns(sessionID(glob.WildcardExcept("?*", ':')))})
	}
	s.all = st
	return st
}

// ofNamed is the union of what is made of each account that is named.
func (e *Engine) ofNamed(pattern func(account glob.Pattern) glob.Pattern) (v values) {
	for _, a := range e.accounts {
		v.atoms = append(v.atoms, atom{glob: pattern(glob.Literal(a))})
	}
	return v
}

// anyAccount is twelve characters; that they are digits is seen to where a request is made.
var anyAccount = glob.WildcardExcept("????????????", ':')

// accountPattern is the account of a case.
func (s *situation) accountPattern() glob.Pattern {
	if s.account == "" {
		return anyAccount
	}
	return glob.Literal(s.account)
}

// prefix returns the start of the ARNs of the case's callers, up to the account.
func (e *Engine) prefix(s *situation) string {
	if s.caller == kms.Federated {
		return "arn:" + e.partition + ":sts::"
	}
	return "arn:" + e.partition + ":iam::"
}

// accountARN returns the ARNs of callers of the case whose account is in the pattern.
func (e *Engine) accountARN(s *situation, account glob.Pattern) glob.Pattern {
	return glob.Concat(glob.Literal(e.prefix(s)), account, glob.Wildcard(":*"))
}

// shape returns the patterns of the caller's aws:PrincipalArn (semantics.md §2.2): names may have a path before them.
func (e *Engine) shape(s *situation) []glob.Pattern {
	start := glob.Concat(glob.Literal(e.prefix(s)), s.accountPattern())
	name := glob.WildcardExcept("?*", '/')
	kind := ":role/"
	switch s.caller {
	case kms.RootUser:
		return []glob.Pattern{glob.Concat(start, glob.Literal(":root"))}
	case kms.Federated:
		return []glob.Pattern{glob.Concat(start, glob.Literal(":federated-user/"), name)}
	case kms.IAMUser:
		kind = ":user/"
	}
	all := []glob.Pattern{glob.Concat(start, glob.Literal(kind), name), glob.Concat(start, glob.Literal(kind), glob.Wildcard("?*/"), name)}
	for i := range all { // no name has a wildcard in it (semantics.md §6.18)
		for _, not := range "*?" {
			if p, ok := all[i].Except(not); ok {
				all[i] = p
			}
		}
	}
	return all
}

// sessionID returns the aws:userid of role sessions with a name: the role's id and the name, neither of which has a colon (semantics.md §3.3).
func sessionID(name glob.Pattern) glob.Pattern {
	return glob.Concat(glob.WildcardExcept("?*", ':'), glob.Literal(":"), name)
}

// sources returns the ARNs of an account's resources.
func (e *Engine) sources(account glob.Pattern) glob.Pattern {
	word := glob.WildcardExcept("?*", ':')
	return glob.Concat(glob.Literal("arn:"+e.partition+":"), word, glob.Literal(":"), glob.WildcardExcept("*", ':'), glob.Literal(":"),
		account, glob.Wildcard(":?*"))
}

// services returns the names that a calling service can have: AWS's, and those that the policies write.
func (e *Engine) services() values {
	v := values{}
	for _, end := range []string{".amazonaws.com", ".amazonaws.com.cn"} {
		name, _ := glob.WildcardExcept("?*", ':').Except('*')
		v.atoms = append(v.atoms, atom{glob: glob.Concat(name, glob.Literal(end))})
	}
	for _, p := range e.policies {
		for _, st := range p.Statements {
			for _, q := range st.Principals {
				if q.Kind == policy.Service && serviceName(q.Name) {
					v.atoms = append(v.atoms, atom{glob: glob.Literal(q.Name)})
				}
			}
		}
	}
	return v
}

func (s *situation) where() Where {
	switch {
	case s.own:
		return OwnAccount
	case s.account != "":
		return NamedAccounts
	}
	return UnnamedAccounts
}
