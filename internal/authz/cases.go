package authz

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// situation is one case of the outer split: who calls, from where, by which way (decision-procedure.md §1.5).
type situation struct {
	caller  kms.Caller
	account string         // of the caller; for a service, of the resource it acts for, "" where it names none
	own     bool           // account is the key's
	named   bool           // account is written out in a policy
	via     bool           // a forward access session
	arn     []glob.Pattern // the shape of aws:PrincipalArn; none for a service
	// fixed are the keys whose value follows from the case.
	fixed map[string]string
}

// situations returns every case that the policies can tell apart.
func (e *Engine) situations() []situation {
	accounts := []string{e.own}
	for _, p := range e.policies {
		accounts = appendAll(accounts, p.Accounts())
	}
	named := len(accounts)
	accounts = appendAll(accounts, e.unnamedAccounts(accounts))
	var all []situation
	// Callers that make the clearest witnesses come first.
	for _, via := range []bool{false, true} {
		for i, account := range accounts {
			for _, caller := range []kms.Caller{kms.RoleCaller, kms.IAMUser, kms.Federated, kms.RootUser} {
				s := situation{caller: caller, account: account, own: i == 0, named: i < named, via: via}
				s.arn = e.shape(s)
				s.fixed = e.fixed(s)
				all = append(all, s)
			}
		}
	}
	for i, account := range accounts {
		s := situation{caller: kms.ServiceCaller, account: account, own: i == 0, named: i < named}
		s.fixed = e.fixed(s)
		all = append(all, s)
	}
	return all
}

func appendAll(all, more []string) []string {
	for _, s := range more {
		all = appendNew(all, s)
	}
	return all
}

// shape returns the pattern of the caller's aws:PrincipalArn (semantics.md §2.2).
func (e *Engine) shape(s situation) []glob.Pattern {
	prefix := "arn:" + e.partition + ":iam::" + s.account + ":"
	switch s.caller {
	case kms.RootUser:
		return []glob.Pattern{glob.Literal(prefix + "root")}
	case kms.IAMUser:
		return named(prefix + "user/")
	case kms.RoleCaller:
		return named(prefix + "role/")
	case kms.Federated:
		return []glob.Pattern{glob.Concat(glob.Literal("arn:"+e.partition+":sts::"+s.account+":federated-user/"), glob.WildcardExcept("?*", '/'))}
	}
	return nil
}

// named returns the ARNs with the prefix, then a name, with or without a path before it.
func named(prefix string) []glob.Pattern {
	name := glob.WildcardExcept("?*", '/')
	return []glob.Pattern{
		glob.Concat(glob.Literal(prefix), name),
		glob.Concat(glob.Literal(prefix), glob.Wildcard("?*/"), name),
	}
}

// principalTypes are the values of aws:PrincipalType (semantics.md §2.2). What a service has is not documented.
var principalTypes = map[kms.Caller]string{kms.RootUser: "Account", kms.IAMUser: "User", kms.RoleCaller: "AssumedRole", kms.Federated: "FederatedUser"}

// fixed returns the keys whose value follows from the case, by lower-case name (semantics.md §3.3).
func (e *Engine) fixed(s situation) map[string]string {
	f := map[string]string{
		"aws:securetransport": "true",
		"aws:resourceaccount": e.own,
		"aws:viaawsservice":   "false",
	}
	if s.via {
		f["aws:viaawsservice"] = "true"
	}
	if s.caller == kms.ServiceCaller {
		f["aws:principalisawsservice"] = "true"
		return f
	}
	f["aws:principalisawsservice"] = "false"
	f["aws:principaltype"] = principalTypes[s.caller]
	f["aws:principalaccount"] = s.account
	f["kms:calleraccount"] = s.account
	if s.caller == kms.RootUser {
		f["aws:userid"] = s.account
	}
	return f
}

// maxAccountPatterns bounds the patterns over account ids whose every combination gets an account of its own.
const maxAccountPatterns = 4

// unnamedAccounts returns accounts that no policy writes out: one that no pattern matches, and for each combination of
// patterns over account ids ("StringLike": {"aws:PrincipalAccount": "4444*"}) one that matches just those.
func (e *Engine) unnamedAccounts(named []string) []string {
	var patterns []string
	for _, p := range e.policies {
		for _, s := range p.Statements {
			for _, c := range s.Conditions {
				patterns = accountPatterns(patterns, c)
			}
		}
	}
	if len(patterns) > maxAccountPatterns {
		e.coarse = append(e.coarse, "over 4 patterns over account ids")
		patterns = patterns[:maxAccountPatterns]
	}
	var found []string
	for mask := range 1 << len(patterns) {
		if a, ok := account(patterns, mask, named); ok {
			found = appendNew(found, a)
		}
	}
	return found
}

// accountPatterns adds the wildcard patterns that the condition puts on account ids.
func accountPatterns(all []string, c policy.Condition) []string {
	switch strings.ToLower(c.Key) {
	case "aws:principalaccount", "kms:calleraccount", "aws:sourceaccount":
	case arnKey, "aws:sourcearn":
	default:
		return all
	}
	for _, v := range c.Values {
		p := v.Text
		if parts := strings.SplitN(p, ":", 6); len(parts) == 6 {
			p = parts[4]
		}
		if strings.ContainsAny(p, "*?") && strings.Trim(p, "*?0123456789") == "" && strings.Trim(p, "*") != "" {
			all = appendNew(all, p)
		}
	}
	return all
}

// account returns an account id that matches the patterns of the mask, not the others, and is not taken.
func account(patterns []string, mask int, taken []string) (string, bool) {
	l := glob.Language{All: [][]glob.Pattern{{glob.Wildcard("????????????")}}}
	for i, p := range patterns {
		if mask>>i&1 == 1 {
			l.All = append(l.All, []glob.Pattern{glob.Wildcard(p)})
		} else {
			l.None = append(l.None, glob.Wildcard(p))
		}
	}
	for _, fill := range "987654321" {
		s, ok, err := l.Member(nil)
		if err != nil || !ok {
			return "", false
		}
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return fill
			}
			return r
		}, s)
		if l.Has(digits) && !slices.Contains(taken, digits) {
			return digits, true
		}
		l.None = append(l.None, glob.Literal(s), glob.Literal(digits))
	}
	return "", false
}
