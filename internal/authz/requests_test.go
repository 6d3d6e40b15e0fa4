package authz_test

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// aCaller is who makes a request; of a session with its role.
type aCaller struct {
	principal string
	kind      kms.Caller
	role      string
}

// callerPool are callers of all kinds, named and not.
var callerPool = []aCaller{
	{"arn:aws:iam::111122223333:root", kms.RootUser, ""},
	{"arn:aws:iam::444455556666:root", kms.RootUser, ""},
	{"arn:aws:iam::999900001111:root", kms.RootUser, ""},
	{"arn:aws:iam::111122223333:user/Bob", kms.IAMUser, ""},
	{"arn:aws:iam::111122223333:user/team/Alice", kms.IAMUser, ""},
	{"arn:aws:iam::444455556666:user/Bob", kms.IAMUser, ""},
	{"arn:aws:iam::999900001111:user/Bob", kms.IAMUser, ""},
	{"arn:aws:sts::111122223333:assumed-role/Admin/one", kms.RoleCaller, "arn:aws:iam::111122223333:role/Admin"},
	{"arn:aws:sts::111122223333:assumed-role/Admin/three", kms.RoleCaller, "arn:aws:iam::111122223333:role/Admin"},
	{"arn:aws:sts::111122223333:assumed-role/App/two", kms.RoleCaller, "arn:aws:iam::111122223333:role/path/App"},
	{"arn:aws:sts::111122223333:assumed-role/App/one", kms.RoleCaller, "arn:aws:iam::111122223333:role/App"},
	{"arn:aws:sts::444455556666:assumed-role/App/one", kms.RoleCaller, "arn:aws:iam::444455556666:role/App"},
	{"arn:aws:sts::999900001111:assumed-role/Admin/one", kms.RoleCaller, "arn:aws:iam::999900001111:role/Admin"},
	{"arn:aws:sts::111122223333:federated-user/Fed", kms.Federated, ""},
	{"arn:aws:sts::444455556666:federated-user/Fed", kms.Federated, ""},
	{"logs.amazonaws.com", kms.ServiceCaller, ""},
	{"s3.amazonaws.com", kms.ServiceCaller, ""},
	{"sns.amazonaws.com", kms.ServiceCaller, ""},
}

// fills are what wildcards of the pool stand for.
var fills = strings.NewReplacer("${aws:PrincipalAccount}", own, "${aws:ResourceAccount}", own, "*", "z", "?", "3")

// request makes a consistent request: it has the keys that such calls have, with values that agree. Only keys that the
// policy mentions matter.
func (d dice) request(mentioned []string) policy.Request {
	pool := slices.DeleteFunc(slices.Clone(keyPool), func(k keyValues) bool {
		return k.key != "kms:ViaService" && !slices.Contains(mentioned, k.key) && !(k.key == "kms:KeySpec" && slices.Contains(mentioned, "kms:CustomerMasterKeySpec"))
	})
	return d.requestFrom(pool, callerPool)
}

func (d dice) requestFrom(pool []keyValues, callers []aCaller) policy.Request {
	who := callers[d.IntN(len(callers))]
	action := actionsOfKMS[d.IntN(len(actionsOfKMS))]
	if d.chance(60) {
		action, _ = kms.Lookup(d.pick("kms:Decrypt", "kms:Encrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:GenerateDataKey", "kms:DescribeKey", "kms:Sign", "kms:ScheduleKeyDeletion"))
	}
	via := who.kind != kms.ServiceCaller && d.chance(25)
	endpoint, org, mfa, sent := d.chance(40), d.chance(60), d.chance(50), d.chance(70)
	r := policy.Request{Principal: who.principal, Action: action.Name, Context: map[string][]string{}}
	r.When = map[string]string{"IsProd": "true", "Stage": "prod"}
	if d.chance(50) {
		r.When = map[string]string{"IsProd": "false", "Stage": "dev"}
	}
	for _, k := range pool {
		info, ok := kms.ConditionKey(k.key)
		if !ok {
			continue
		}
		var carried bool
		switch info.Presence(who.kind, via, action.Index) {
		case kms.Always:
			carried = true
		case kms.Sometimes, kms.Unverified:
			carried = d.chance(60)
			switch info.Name {
			case "aws:SourceVpce", "aws:SourceVpc":
				carried = endpoint
			case "aws:SourceIp":
				carried = !endpoint && d.chance(80)
			case "aws:PrincipalOrgID", "aws:PrincipalOrgPaths":
				carried = org
			case "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge":
				carried = mfa
			case "aws:SourceAccount", "aws:SourceArn":
				carried = sent && d.chance(80)
			}
		}
		if carried {
			r.Context[info.Name] = d.values(info, k.values)
		}
	}
	d.agree(&r, who.role)
	return r
}

// actionsOfKMS are all but the one of the service-linked role, about which the engine is not asked.
var actionsOfKMS = slices.DeleteFunc(kms.Actions(), func(a kms.Action) bool { return a.Name == "kms:SynchronizeMultiRegionKey" })

func (d dice) values(info kms.Key, pool []string) []string {
	most := 1
	if info.Multi {
		most = 3
	}
	var all []string
	for _, v := range d.some(most, pool...) {
		v = fills.Replace(v)
		if d.chance(15) && info.Type == "String" {
			v = d.pick(strings.ToUpper(v), v+"x", "other")
		}
		all = append(all, v)
	}
	return all
}

// agree makes values that depend on each other agree.
func (d dice) agree(r *policy.Request, role string) {
	c := r.Context
	for _, derived := range []string{"aws:PrincipalArn", "aws:PrincipalAccount", "kms:CallerAccount", "aws:PrincipalType", "aws:username", "aws:PrincipalIsAWSService",
		"aws:PrincipalServiceName", "aws:ViaAWSService", "aws:SecureTransport"} {
		delete(c, derived)
	}
	if role != "" {
		c["aws:PrincipalArn"] = []string{role}
	}
	if _, ok := c["aws:userid"]; ok {
		delete(c, "aws:userid")
		if _, session, ok := strings.Cut(r.Principal, ":assumed-role/"); ok {
			c["aws:userid"] = []string{d.pick("AROAX", "AROAY") + ":" + session[strings.IndexByte(session, '/')+1:]}
		} else if strings.Contains(r.Principal, ":user/") {
			c["aws:userid"] = []string{d.pick("AIDAX", "AIDAY")}
		}
	}
	one := func(key string, all ...string) {
		if _, ok := c[key]; ok {
			c[key] = []string{d.pick(all...)}
		}
	}
	one("aws:MultiFactorAuthPresent", "true", "false")
	if _, ok := c["aws:MultiFactorAuthAge"]; ok {
		one("aws:MultiFactorAuthPresent", "true")
		one("aws:MultiFactorAuthAge", "10", "300", "301", "5000")
	}
	one("kms:GrantIsForAWSResource", "true", "false")
	if _, via := c["kms:ViaService"]; !via && strings.HasPrefix(r.Principal, "arn:") {
		one("kms:GrantIsForAWSResource", "false")
	}
	one("aws:SourceIp", "203.0.113.7", "203.0.114.7", "198.51.100.1", "2001:db8::1", "2001:db9::1")
	one("aws:CurrentTime", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2027-06-01T00:00:00Z", "2030-01-01T00:00:00Z")
	one("aws:EpochTime", "1700000000", "1767225600", "1800000000", "1900000000")
	one("kms:ScheduleKeyDeletionPendingWindowInDays", "7", "8", "14", "15", "30")
	one("kms:ViaService", "s3.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com", "lambda.us-east-1.amazonaws.com")
	one("aws:SourceAccount", own, partner, nobody)
	one("aws:SourceArn", "arn:aws:sns:eu-west-1:111122223333:topic", "arn:aws:s3:::bucket", "arn:aws:sns:us-east-1:444455556666:t", "arn:aws:sns:us-east-1:999900001111:t")
	if arn, ok := c["aws:SourceArn"]; ok {
		if account := strings.Split(arn[0], ":")[4]; account != "" {
			one("aws:SourceAccount", account)
		}
	}
	one("aws:PrincipalOrgID", "o-one", "o-two", "o-three")
	if _, ok := c["aws:PrincipalOrgPaths"]; ok {
		org := d.pick("o-one", "o-two", "o-three")
		if id, ok := c["aws:PrincipalOrgID"]; ok {
			org = id[0]
		}
		c["aws:PrincipalOrgPaths"] = []string{org + d.pick("/r-ab/ou-1/", "/r-cd/", "/r-ab/ou-2/")}
	}
	if _, ok := c["kms:GranteePrincipal"]; ok {
		delete(c, "kms:GranteeServicePrincipal")
	} else if r.Action == "kms:CreateGrant" {
		c["kms:GranteeServicePrincipal"] = []string{d.pick("rds.amazonaws.com", "x.amazonaws.com")}
	}
	one("kms:KeySpec", "SYMMETRIC_DEFAULT", "RSA_2048", "ECC")
	if _, ok := c["kms:CustomerMasterKeySpec"]; ok {
		c["kms:CustomerMasterKeySpec"] = c["kms:KeySpec"]
	}
	if strings.HasPrefix(r.Action, "kms:GenerateDataKey") {
		one("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
	}
	delete(c, "kms:EncryptionContextKeys") // eval.Complete works it out
	if a, _ := kms.Lookup(r.Action); d.chance(20) && otherPair.Presence(kms.RoleCaller, false, a.Index) == kms.Sometimes {
		c["kms:EncryptionContext:other"] = []string{"z"}
	}
}

var otherPair, _ = kms.ConditionKey("kms:EncryptionContext:other")

// mentionedKeys returns the keys of the policy's conditions in the pool's spelling.
func mentionedKeys(p *policy.Policy) []string {
	var all []string
	for _, s := range p.Statements {
		for _, c := range s.Conditions {
			for _, k := range keyPool {
				if strings.EqualFold(k.key, c.Key) && !slices.Contains(all, k.key) {
					all = append(all, k.key)
				}
			}
		}
	}
	return all
}

// pin narrows a question to one request: its caller, action, environment and way, and every key of the pool that the
// policies mention, present with its values or absent.
func pin(r policy.Request, mentioned []string) authz.Query {
	action, _ := kms.Lookup(r.Action)
	q := authz.Query{Principal: r.Principal, Actions: 1 << action.Index, When: r.When, Via: authz.Directly}
	if _, ok := r.Context["kms:ViaService"]; ok {
		q.Via = authz.ThroughService
	}
	if arn, ok := r.Context["aws:PrincipalArn"]; ok {
		q.Having = append(q.Having, is("StringEquals", "aws:PrincipalArn", arn...))
	}
	keys := append([]string{"kms:ViaService"}, mentioned...)
	if slices.Contains(mentioned, "kms:EncryptionContextKeys") {
		keys = append(keys, "kms:EncryptionContext:other")
	}
	for _, key := range keys {
		info, ok := kms.ConditionKey(key)
		values, carried := r.Context[info.Name]
		switch {
		case !ok || info.Name == "aws:PrincipalArn":
		case !carried:
			q.Having = append(q.Having, is("Null", key, "true"))
		case info.Multi:
			q.Having = append(q.Having, is("ForAllValues:StringEquals", key, values...))
			for _, v := range values {
				q.Having = append(q.Having, is("ForAnyValue:StringEquals", key, v))
			}
		default:
			q.Having = append(q.Having, is("StringEquals", key, values...))
		}
	}
	return q
}

// is makes a condition.
func is(operator, key string, values ...string) policy.Condition {
	c := policy.Condition{Operator: policy.ParseOperator(operator), OperatorText: operator, Key: key}
	for _, v := range values {
		c.Values = append(c.Values, policy.Operand{Text: v, Type: syntax.String})
	}
	return c
}
