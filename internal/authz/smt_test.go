package authz_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// encoding writes "some request of these callers is in the direct set" as SMT-LIB, from the statements alone: no code
// of the engine. What it has no form for makes it give up.
type encoding struct {
	kind     kms.Caller
	account  string // "" for one that no policy names
	named    []string
	via      bool
	b        strings.Builder
	declared map[string]bool
	gaveUp   bool
}

// elements is the number of values of a key with many: enough by the small-model theorem (decision-procedure.md §3).
const elements = 6

func (x *encoding) line(format string, args ...any) { fmt.Fprintf(&x.b, format+"\n", args...) }

func (x *encoding) assert(format string, args ...any) {
	x.line("(assert %s)", fmt.Sprintf(format, args...))
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func or(all []string) string  { return join("or", "false", all) }
func and(all []string) string { return join("and", "true", all) }

func join(op, empty string, all []string) string {
	switch len(all) {
	case 0:
		return empty
	case 1:
		return all[0]
	}
	return "(" + op + " " + strings.Join(all, " ") + ")"
}

// query writes the whole question.
func (x *encoding) query(p *policy.Policy) (string, bool) {
	x.declared = map[string]bool{}
	x.line("(push 1)\n(declare-const act Int)\n(declare-const account String)\n(declare-const arn String)\n(declare-const name String)\n(declare-const path String)")
	digit := `(re.range "0" "9")`
	x.assert("(str.in_re account (re.++ %s))", strings.Repeat(digit+" ", 12))
	if x.account != "" {
		x.assert("(= account %s)", quote(x.account))
	}
	for _, a := range x.named {
		if x.account == "" {
			x.assert("(not (= account %s))", quote(a))
		}
	}
	prefix := `"arn:aws:iam::" account`
	x.assert(`(not (str.contains name "/"))`)
	x.assert(`(not (= name ""))`)
	x.assert(`(or (= path "") (str.in_re path (re.++ re.allchar (re.* re.allchar) (str.to_re "/"))))`)
	switch x.kind {
	case kms.RootUser:
		x.assert(`(= arn (str.++ %s ":root"))`, prefix)
	case kms.IAMUser:
		x.assert(`(= arn (str.++ %s ":user/" path name))`, prefix)
	case kms.RoleCaller:
		x.assert(`(= arn (str.++ %s ":role/" path name))`, prefix)
	}
	var allowed, denied, usable []string
	for _, a := range actionsOfKMS {
		if a.Effective && (x.account == own || a.CrossAccount) {
			usable = append(usable, fmt.Sprintf("(= act %d)", a.Index))
		}
	}
	for _, s := range p.Statements {
		f := and([]string{x.principal(s), x.action(s), x.conditions(s)})
		if s.NotPrincipal || len(s.When) > 0 || s.Resources[0].Text != "*" {
			x.gaveUp = true
		}
		if s.Effect == policy.Allow {
			allowed = append(allowed, f)
		} else {
			denied = append(denied, f)
		}
	}
	x.assert("%s", or(usable))
	x.assert("%s", or(allowed))
	x.assert("(not %s)", or(denied))
	x.ties()
	x.line("(check-sat)\n(pop 1)")
	return x.b.String(), !x.gaveUp
}

// principal is semantics.md §5.2: by identity in an Allow, by account too in a Deny.
func (x *encoding) principal(s *policy.Statement) string {
	var all []string
	for _, q := range s.Principals {
		switch q.Kind {
		case policy.Everyone, policy.AWSEveryone:
			all = append(all, "true")
		case policy.AccountRoot:
			if x.kind == kms.RootUser || s.Effect == policy.Deny {
				all = append(all, "(= account "+quote(q.Account)+")")
			}
		case policy.User, policy.Role:
			all = append(all, "(= arn "+quote(q.Text)+")")
		case policy.RoleSession, policy.UnreadPrincipal:
			x.gaveUp = true
		}
	}
	return or(all)
}

func (x *encoding) action(s *policy.Statement) string {
	var all []string
	for _, a := range actionsOfKMS {
		hit := slices.ContainsFunc(s.Actions, func(p policy.Pattern) bool { return kms.Expand(p.Text).Has(a.Index) })
		if hit != s.NotAction {
			all = append(all, fmt.Sprintf("(= act %d)", a.Index))
		}
	}
	return or(all)
}

func (x *encoding) conditions(s *policy.Statement) string {
	var all []string
	for _, c := range s.Conditions {
		all = append(all, x.condition(c))
	}
	return and(all)
}

// key declares what a request may carry under a key: present, and its value or values.
func (x *encoding) key(name string) (id string, info kms.Key) {
	info, ok := kms.ConditionKey(name)
	if strings.HasPrefix(info.Name, "kms:CustomerMasterKeySpec") {
		info, _ = kms.ConditionKey("kms:KeySpec")
	}
	id = "|" + strings.ToLower(info.Name) + "|"
	if !ok {
		id = "|none|"
	}
	if x.declared[id] {
		return id, info
	}
	x.declared[id] = true
	p := strings.Trim(id, "|")
	x.line("(declare-const |p %s| Bool)", p)
	var may, mayNot []string
	for _, a := range actionsOfKMS {
		presence := info.Presence(x.kind, x.via, a.Index)
		if ok && presence != kms.Never {
			may = append(may, fmt.Sprintf("(= act %d)", a.Index))
		}
		if !ok || presence != kms.Always {
			mayNot = append(mayNot, fmt.Sprintf("(= act %d)", a.Index))
		}
	}
	x.assert("(ite |p %s| %s %s)", p, or(may), or(mayNot))
	switch {
	case info.Type == "Numeric":
		x.line("(declare-const |v %s| Int)", p)
		x.assert("(>= |v %s| 0)", p)
	case info.Type == "IPAddress":
		x.line("(declare-const |v %s| Int)\n(declare-const |six %s| Bool)", p, p)
		x.assert("(and (>= |v %s| 0) (< |v %s| (ite |six %s| 340282366920938463463374607431768211456 4294967296)))", p, p, p)
	case info.Multi:
		for i := range elements {
			x.line("(declare-const |v%d %s| String)", i, p)
		}
	default:
		x.line("(declare-const |v %s| String)", p)
	}
	x.follows(strings.ToLower(info.Name), p)
	return id, info
}

// follows ties the value of a key to the caller (semantics.md §3.3).
func (x *encoding) follows(name, p string) {
	value := func(s string) { x.assert("(= |v %s| %s)", p, s) }
	switch name {
	case "aws:principalarn":
		value("arn")
	case "aws:principalaccount", "kms:calleraccount":
		value("account")
	case "aws:principaltype":
		value(quote(map[kms.Caller]string{kms.RootUser: "Account", kms.IAMUser: "User", kms.RoleCaller: "AssumedRole"}[x.kind]))
	case "aws:username":
		value("name")
	case "aws:securetransport":
		value(`"true"`)
	case "aws:principalisawsservice":
		value(`"false"`)
	case "aws:viaawsservice":
		value(quote(fmt.Sprint(x.via)))
	case "aws:multifactorauthpresent", "kms:grantisforawsresource":
		x.assert(`(or (= |v %s| "true") (= |v %s| "false"))`, p, p)
		if name == "kms:grantisforawsresource" && !x.via {
			value(`"false"`)
		}
	case "kms:viaservice":
		part := `(re.+ (re.diff re.allchar (str.to_re ".")))`
		x.assert(`(str.in_re |v %s| (re.++ %s (str.to_re ".") %s (str.to_re ".amazonaws.com")))`, p, part, part)
	case "aws:userid", "aws:currenttime", "aws:sourcearn":
		x.gaveUp = true
	case "aws:principalorgid":
		x.assert(`(str.in_re |v %s| (re.++ (str.to_re "o-") (re.* (re.diff re.allchar (str.to_re "/")))))`, p)
	}
}

// condition is semantics.md §4.
func (x *encoding) condition(c policy.Condition) string {
	op := c.Operator
	id, info := x.key(c.Key)
	p := strings.Trim(id, "|")
	present := "|p " + p + "|"
	if c.Unknown != "" || c.Empty || op.Base == "" {
		x.gaveUp = true
		return "false"
	}
	if op.Base == policy.NullTest {
		if op.Quantifier != policy.NoQuantifier {
			x.gaveUp = true
		}
		if c.Values[0].Text == "true" {
			return "(not " + present + ")"
		}
		return present
	}
	if info.Multi {
		if op.Quantifier == policy.NoQuantifier || op.Quantifier == policy.ForAnyValue && op.IfExists {
			x.gaveUp = true
		}
		var all []string
		for i := range elements {
			all = append(all, x.compare(c, fmt.Sprintf("|v%d %s|", i, p), info, p))
		}
		if op.Quantifier == policy.ForAllValues {
			return "(or (not " + present + ") " + and(all) + ")"
		}
		return "(and " + present + " " + or(all) + ")"
	}
	if op.Quantifier == policy.ForAnyValue && op.IfExists {
		x.gaveUp = true
	}
	holds := x.compare(c, "|v "+p+"|", info, p)
	if op.Quantifier == policy.ForAllValues || op.Quantifier == policy.NoQuantifier && (op.IfExists || op.Base.Negated()) {
		return "(or (not " + present + ") " + holds + ")"
	}
	return "(and " + present + " " + holds + ")"
}

// ties are the keys that depend on each other (semantics.md §3.2, §3.3).
func (x *encoding) ties() {
	has := func(keys ...string) bool {
		return !slices.ContainsFunc(keys, func(k string) bool { return !x.declared["|"+k+"|"] })
	}
	if has("aws:sourceip", "aws:sourcevpce") {
		x.assert("(not (and |p aws:sourceip| |p aws:sourcevpce|))")
	}
	if has("aws:sourceip", "aws:sourcevpc") {
		x.assert("(not (and |p aws:sourceip| |p aws:sourcevpc|))")
	}
	if has("aws:sourcevpc", "aws:sourcevpce") {
		x.assert("(= |p aws:sourcevpc| |p aws:sourcevpce|)")
	}
	if has("aws:multifactorauthage", "aws:multifactorauthpresent") {
		x.assert(`(=> |p aws:multifactorauthage| (and |p aws:multifactorauthpresent| (= |v aws:multifactorauthpresent| "true")))`)
	}
	if has("kms:granteeprincipal", "kms:granteeserviceprincipal") {
		grant, _ := kms.Lookup("kms:CreateGrant")
		x.assert("(=> (= act %d) (xor |p kms:granteeprincipal| |p kms:granteeserviceprincipal|))", grant.Index)
	}
	if has("kms:encryptionalgorithm") {
		for _, i := range kms.Expand("kms:GenerateDataKey*").Indexes() {
			x.assert(`(=> (= act %d) (= |v kms:encryptionalgorithm| "SYMMETRIC_DEFAULT"))`, i)
		}
	}
	if has("aws:principalorgpaths") {
		for i := range elements {
			v := fmt.Sprintf("|v%d aws:principalorgpaths|", i)
			x.assert(`(str.in_re %s (re.++ (str.to_re "o-") (re.* (re.diff re.allchar (str.to_re "/"))) (str.to_re "/r-") (re.* re.allchar)))`, v)
			if has("aws:principalorgid") {
				x.assert(`(=> |p aws:principalorgid| (str.prefixof (str.++ |v aws:principalorgid| "/") %s))`, v)
			}
		}
		if has("aws:principalorgid") {
			x.assert("(= |p aws:principalorgid| |p aws:principalorgpaths|)")
		}
	}
	if has("kms:encryptioncontextkeys") {
		for _, pair := range []string{"app", "stage"} {
			if !has("kms:encryptioncontext:" + pair) {
				continue
			}
			var any []string
			for i := range elements {
				any = append(any, fmt.Sprintf("(str.in_re |v%d kms:encryptioncontextkeys| %s)", i, folded(pair)))
			}
			x.assert("(= |p kms:encryptioncontext:%s| (and |p kms:encryptioncontextkeys| %s))", pair, or(any))
		}
	}
}
