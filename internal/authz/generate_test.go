package authz_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

const (
	own     = "111122223333"
	partner = "444455556666"
	nobody  = "999900001111" // an account that no policy names
)

// dice makes random policies and requests.
type dice struct{ *rand.Rand }

func roll(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 1))} }

func (d dice) pick(all ...string) string { return all[d.IntN(len(all))] }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func (d dice) some(most int, all ...string) []string {
	var out []string
	for range 1 + d.IntN(most) {
		if s := d.pick(all...); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// keyValues are values of a condition key.
type keyValues struct {
	key    string
	values []string
}

// keyPool are condition keys with values that meet and miss each other.
var keyPool = []keyValues{
	{"aws:PrincipalArn", []string{
		"arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/path/App", "arn:aws:iam::*:role/Admin",
		"arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:*", "arn:aws:iam::4444*:role/App", "arn:aws:iam::11112222333?:user/*", "arn:*:user/Bob",
		"arn:aws:iam::${aws:PrincipalAccount}:role/Admin", "arn:aws:sts::111122223333:federated-user/Fed", "*", "*Admin*"}},
	{"aws:PrincipalAccount", []string{own, partner, "4444*", "9999*", "1111????3333", "${aws:ResourceAccount}", "*"}},
	{"kms:CallerAccount", []string{own, partner, "44445555666?"}},
	{"aws:PrincipalType", []string{"Account", "User", "AssumedRole", "FederatedUser", "A*", "Anonymous"}},
	{"aws:PrincipalOrgID", []string{"o-one", "o-two", "o-*", "o-on?"}},
	{"aws:PrincipalOrgPaths", []string{"o-one/r-ab/ou-1/", "o-one/*", "o-two/r-cd/*", "o-*/r-ab/*"}},
	{"aws:PrincipalTag/team", []string{"red", "blue", "r*", "RED", ""}},
	{"aws:username", []string{"Bob", "B*", "Alice"}},
	{"aws:userid", []string{"AROAX:one", "*:one", "AROAX:*", own, "*:Fed", "111122223333:Fed", "AIDAX"}},
	{"aws:SourceIp", []string{"203.0.113.0/24", "203.0.113.7", "2001:db8::/32", "0.0.0.0/0", "198.51.100.1"}},
	{"aws:SourceVpce", []string{"vpce-1", "vpce-2", "vpce-*"}},
	{"aws:SourceVpc", []string{"vpc-1"}},
	{"aws:SourceArn", []string{"arn:aws:sns:eu-west-1:111122223333:topic", "arn:aws:s3:::bucket", "arn:aws:sns:*:444455556666:*", "arn:aws:*:*:9999*:*"}},
	{"aws:SourceAccount", []string{own, partner, "9999*"}},
	{"aws:MultiFactorAuthPresent", []string{"true", "false", "True"}},
	{"aws:MultiFactorAuthAge", []string{"300", "3600"}},
	{"aws:SecureTransport", []string{"true", "false"}},
	{"aws:PrincipalIsAWSService", []string{"true", "false"}},
	{"aws:PrincipalServiceName", []string{"logs.amazonaws.com", "s3.amazonaws.com", "*.amazonaws.com"}},
	{"aws:ViaAWSService", []string{"true", "false"}},
	{"aws:CurrentTime", []string{"2026-01-01T00:00:00Z", "2027-06-01", "1800000000"}},
	{"aws:EpochTime", []string{"1800000000", "1700000000", "2026-01-01T00:00:00Z"}},
	{"kms:ViaService", []string{"s3.eu-west-1.amazonaws.com", "ec2.*.amazonaws.com", "s3.amazonaws.com", "*"}},
	{"kms:EncryptionContext:App", []string{"x", "y", "x*", "arn:aws:logs:eu-west-1:111122223333:log-group:g", "arn:aws:logs:*:*:*"}},
	{"kms:EncryptionContext:stage", []string{"prod", "dev"}},
	{"kms:EncryptionContextKeys", []string{"App", "stage", "app", "other", "s*"}},
	{"kms:GrantIsForAWSResource", []string{"true", "false"}},
	{"kms:GrantOperations", []string{"Decrypt", "Encrypt", "Generate*", "DescribeKey"}},
	{"kms:GranteePrincipal", []string{"arn:aws:iam::111122223333:role/App", "arn:aws:iam::111122223333:*"}},
	{"kms:GranteeServicePrincipal", []string{"rds.amazonaws.com"}},
	{"kms:KeySpec", []string{"SYMMETRIC_DEFAULT", "RSA_2048", "RSA_*"}},
	{"kms:CustomerMasterKeySpec", []string{"SYMMETRIC_DEFAULT", "RSA_2048"}},
	{"kms:EncryptionAlgorithm", []string{"SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256"}},
	{"kms:ScheduleKeyDeletionPendingWindowInDays", []string{"7", "30", "14.5"}},
	{"kms:ReplicaRegion", []string{"eu-west-1", "us-*"}},
	{"kms:EncyptionContext:App", []string{"x"}}, // a misspelt key
}

var principalPool = []string{
	"arn:aws:iam::111122223333:root", "111122223333", "arn:aws:iam::444455556666:root",
	"arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/path/App", "arn:aws:iam::444455556666:role/App",
	"arn:aws:iam::111122223333:user/Bob", "arn:aws:iam::444455556666:user/Bob",
	"arn:aws:sts::111122223333:assumed-role/Admin/one", "arn:aws:sts::111122223333:assumed-role/App/two",
	"arn:aws:sts::111122223333:federated-user/Fed", "AROAEXAMPLEEXAMPLE12", "*",
}

var actionPool = []string{
	"kms:*", "*", "kms:Decrypt", "kms:decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:PutKeyPolicy", "kms:Put*", "kms:CreateGrant",
	"kms:DescribeKey", "kms:Describe*", "kms:ScheduleKeyDeletion", "kms:RetireGrant", "kms:CreateKey", "s3:*", "kms:Sign", "kms:ReplicateKey", "kms:?ign",
}

var operatorPool = map[string][]string{
	"":          {"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "Null"},
	"ARN":       {"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringEquals", "StringNotLike", "StringNotEquals", "Null"},
	"Bool":      {"Bool", "Bool", "StringEquals", "Null"},
	"Numeric":   {"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "Null"},
	"Date":      {"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "NumericLessThan", "NumericGreaterThanEquals"},
	"IPAddress": {"IpAddress", "NotIpAddress", "Null"},
}

// node is what every generated value was written at.
var node = &syntax.Node{}

func text(s string) *policy.Value { return &policy.Value{Kind: policy.Text, Text: s, Node: node} }

func list(all []string) *policy.Value {
	if len(all) == 1 {
		return text(all[0])
	}
	v := &policy.Value{Kind: policy.List, Node: node}
	for _, s := range all {
		v.Items = append(v.Items, text(s))
	}
	return v
}

func object(pairs ...any) *policy.Value {
	v := &policy.Value{Kind: policy.Object, Node: node}
	for i := 0; i < len(pairs); i += 2 {
		put(v, pairs[i].(string), pairs[i+1].(*policy.Value))
	}
	return v
}

func put(v *policy.Value, name string, member *policy.Value) {
	v.Members = append(v.Members, policy.Member{Key: name, KeyNode: node, Value: member})
}

// condition makes one operator block over one key.
func (d dice) condition() (operator string, v *policy.Value) {
	k := keyPool[d.IntN(len(keyPool))]
	info, _ := kms.ConditionKey(k.key)
	ops := operatorPool[""]
	if of, ok := operatorPool[info.Type]; ok {
		ops = of
	}
	if d.chance(4) {
		ops = operatorPool[d.pick("", "ARN", "Numeric", "Bool", "IPAddress")]
	}
	op := d.pick(ops...)
	values := d.some(2, k.values...)
	if op == "Null" {
		values = []string{d.pick("true", "false")}
	}
	if op == "StringEquals" && d.chance(30) {
		op = "StringLike"
	}
	if op != "Null" && d.chance(15) {
		op += "IfExists"
	}
	if info.Multi && d.chance(96) || d.chance(4) {
		op = d.pick("ForAllValues:", "ForAnyValue:") + op
	}
	value := list(values)
	switch {
	case d.chance(1):
		value = &policy.Value{Kind: policy.List, Node: node} // []
	case d.chance(1):
		value = &policy.Value{Kind: policy.Unknown, Construct: "Fn::ImportValue", Node: node}
	}
	key := k.key
	if d.chance(10) {
		key = strings.ToUpper(key)
	}
	return op, object(key, value)
}

func (d dice) conditions(n int) *policy.Value {
	all := object()
	for range n {
		op, v := d.condition()
		at := slices.IndexFunc(all.Members, func(m policy.Member) bool { return m.Key == op })
		if at < 0 {
			put(all, op, v)
			continue
		}
		block := all.Members[at].Value
		if !slices.ContainsFunc(block.Members, func(m policy.Member) bool { return strings.EqualFold(m.Key, v.Members[0].Key) }) {
			block.Members = append(block.Members, v.Members...)
		}
	}
	return all
}

// element may make an element depend on the template.
func (d dice) element(v *policy.Value, other func() *policy.Value) *policy.Value {
	if !d.chance(4) {
		return v
	}
	return &policy.Value{Kind: policy.Choice, Node: node, Options: []policy.Option{
		{When: policy.Guard{"IsProd": "true"}, Value: v}, {When: policy.Guard{"IsProd": "false"}, Value: other()}}}
}

func (d dice) principal() *policy.Value {
	switch d.IntN(10) {
	case 0, 1:
		return text("*")
	case 2:
		return object("Service", list(d.some(2, "logs.amazonaws.com", "s3.amazonaws.com", "logs.eu-west-1.amazonaws.com")))
	case 3:
		return object("AWS", list(d.some(2, principalPool...)), "Service", text("logs.amazonaws.com"))
	}
	return object("AWS", list(d.some(3, principalPool...)))
}

// statement makes a statement.
func (d dice) statement(effects ...string) *policy.Value {
	s := object("Effect", text(d.pick(effects...)))
	principal, action := "Principal", "Action"
	if d.chance(14) {
		principal = "NotPrincipal"
	}
	if d.chance(16) {
		action = "NotAction"
	}
	put(s, principal, d.element(d.principal(), d.principal))
	put(s, action, list(d.some(3, actionPool...)))
	resource := "*"
	if d.chance(5) {
		resource = d.pick("arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:*:111122223333:alias/a", "arn:aws:kms:eu-west-1:*:key/*", "arn:aws:kms:*:444455556666:*")
	}
	put(s, "Resource", text(resource))
	if n := []int{0, 0, 1, 1, 2, 3}[d.IntN(6)]; n > 0 {
		put(s, "Condition", d.conditions(n))
	}
	return d.element(s, func() *policy.Value { return &policy.Value{Kind: policy.Absent, Node: node} })
}

func (d dice) statements(most int) []*policy.Value {
	var all []*policy.Value
	for range 1 + d.IntN(most) {
		all = append(all, d.statement("Allow", "Allow", "Deny"))
	}
	return all
}

var options = policy.Options{Own: own,
	Dimensions: []policy.Dimension{{Name: "IsProd", Values: []string{"true", "false"}}, {Name: "Stage", Values: []string{"dev", "prod"}}},
	Impossible: []policy.Guard{{"IsProd": "true", "Stage": "dev"}, {"IsProd": "false", "Stage": "prod"}},
}

// policyOf reads a policy of the statements.
func policyOf(statements []*policy.Value) *policy.Policy {
	return policy.Read(object("Version", text("2012-10-17"), "Statement", &policy.Value{Kind: policy.List, Items: statements, Node: node}), options)
}

// show writes a value for people.
func show(v *policy.Value) string {
	var all []string
	switch v.Kind {
	case policy.Text:
		return fmt.Sprintf("%q", v.Text)
	case policy.List:
		for _, i := range v.Items {
			all = append(all, show(i))
		}
		return "[" + strings.Join(all, ", ") + "]"
	case policy.Object:
		for _, m := range v.Members {
			all = append(all, fmt.Sprintf("%q: %s", m.Key, show(m.Value)))
		}
		return "{" + strings.Join(all, ", ") + "}"
	case policy.Choice:
		for _, o := range v.Options {
			all = append(all, fmt.Sprintf("%v: %s", o.When, show(o.Value)))
		}
		return "choice(" + strings.Join(all, "; ") + ")"
	case policy.Unknown:
		return "unknown " + v.Construct
	}
	return "absent"
}

func showAll(all []*policy.Value) string {
	s := ""
	for _, v := range all {
		s += "\n  " + show(v)
	}
	return s
}
