package authz_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// keyPolicies returns the statements of key policies: our own, and those that stand in the files of testdata/corpus.
// Intrinsics of templates become symbols, which is all that these tests need of them.
func keyPolicies(t testing.TB) map[string][]*policy.Value {
	t.Helper()
	all := map[string][]*policy.Value{}
	for name, statements := range ownPolicies {
		f, err := syntax.ParseJSON(name, []byte("["+statements+"]"))
		if err != nil {
			t.Fatal(name, err)
		}
		all[name] = policy.FromSyntax(f.Root()).Items
	}
	const root = "../../testdata/corpus"
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var f *syntax.File
		switch filepath.Ext(path) {
		case ".json":
			f, err = syntax.ParseJSON(path, text)
		case ".yaml", ".yml":
			f, err = syntax.ParseYAML(path, text)
		default:
			return nil
		}
		if err != nil {
			return nil // some do not parse, on purpose
		}
		found := finder{symbols: map[string]string{}, path: strings.TrimPrefix(path, root+"/"), all: all}
		found.look(f.Root(), 0)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// finder looks for key policies in a file.
type finder struct {
	symbols map[string]string
	path    string
	all     map[string][]*policy.Value
}

func (f finder) look(n *syntax.Node, depth int) {
	if n = n.Resolved(); n == nil || depth > 60 {
		return
	}
	if s := n.Get("Statement"); s != nil && (n.Get("Principal") == nil) {
		v := f.value(s)
		if v.Kind == policy.Object {
			v = &policy.Value{Kind: policy.List, Items: []*policy.Value{v}, Node: node}
		}
		text := showAll(v.Items)
		known := slices.ContainsFunc(slices.Collect(mapValues(f.all)), func(other []*policy.Value) bool { return showAll(other) == text })
		if strings.Contains(text, `"kms:`) && strings.Contains(text, `"Principal": `) && !known {
			f.all[fmt.Sprintf("%s#%d", f.path, len(f.all))] = v.Items
		}
		return
	}
	for _, m := range n.Members {
		f.look(m.Value, depth+1)
	}
	for _, item := range n.Items {
		f.look(item, depth+1)
	}
}

func mapValues(m map[string][]*policy.Value) func(yield func([]*policy.Value) bool) {
	return func(yield func([]*policy.Value) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// value reads a node in which intrinsics stand for symbols.
func (f finder) value(n *syntax.Node) *policy.Value {
	if n = n.Resolved(); n == nil {
		return text("")
	}
	intrinsic := n.Tag != "" || n.Kind == syntax.Mapping && len(n.Members) == 1 &&
		(n.Members[0].Key.Value == "Ref" || strings.HasPrefix(n.Members[0].Key.Value, "Fn::"))
	switch {
	case n.Tag == "!Sub" && n.Kind == syntax.Scalar:
		return text(f.sub(n.Value))
	case n.Get("Fn::Sub") != nil && n.Get("Fn::Sub").Kind == syntax.Scalar:
		return text(f.sub(n.Get("Fn::Sub").Value))
	case intrinsic:
		return text(f.symbol(show(policy.FromSyntax(n)) + n.Value))
	}
	v := &policy.Value{Kind: policy.Text, Text: n.Value, Type: n.Type, Node: node}
	switch n.Kind {
	case syntax.Mapping:
		v.Kind = policy.Object
		for _, m := range n.Members {
			put(v, m.Key.Value, f.value(m.Value))
		}
	case syntax.Sequence:
		v.Kind = policy.List
		for _, item := range n.Items {
			v.Items = append(v.Items, f.value(item))
		}
	}
	return v
}

func (f finder) sub(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		switch {
		case name == "AWS::AccountId":
			b.WriteString(own)
		case name == "AWS::Partition":
			b.WriteString("aws")
		default:
			b.WriteString(f.symbol(name))
		}
		s = after
	}
}

func (f finder) symbol(name string) string {
	if strings.Contains(name, "AWS::AccountId") {
		return own
	}
	if _, ok := f.symbols[name]; !ok {
		f.symbols[name] = string(rune(0xF0000 + len(f.symbols)))
	}
	return f.symbols[name]
}

// sampler finds what requests for policies are made of: what they say themselves.
func sampler(policies ...*policy.Policy) (pool []keyValues, callers []aCaller) {
	callers = slices.Clone(callerPool)
	pool = []keyValues{{"kms:ViaService", []string{"s3.eu-west-1.amazonaws.com"}}}
	var all []*policy.Statement
	for _, p := range policies {
		all = append(all, p.Statements...)
	}
	for _, s := range all {
		for _, q := range s.Principals {
			switch q.Kind {
			case policy.User:
				callers = append(callers, aCaller{q.Text, kms.IAMUser, ""})
			case policy.Role:
				session := strings.Replace(strings.Replace(q.Text, ":iam:", ":sts:", 1), ":role/"+q.Name, ":assumed-role/"+policy.BaseName(q.Name), 1)
				callers = append(callers, aCaller{session + "/s", kms.RoleCaller, q.Text})
			case policy.Service:
				callers = append(callers, aCaller{q.Name, kms.ServiceCaller, ""})
			}
		}
		for _, c := range s.Conditions {
			info, ok := kms.ConditionKey(c.Key)
			if !ok {
				continue
			}
			at := slices.IndexFunc(pool, func(k keyValues) bool { return strings.EqualFold(k.key, c.Key) })
			if at < 0 {
				at = len(pool)
				pool = append(pool, keyValues{info.Name, []string{"other"}})
			}
			for _, v := range c.Values {
				pool[at].values = append(pool[at].values, v.Text)
			}
		}
	}
	return pool, callers
}

// ownPolicies are key policies of the kinds that people write.
var ownPolicies = map[string]string{
	"default":  root,
	"hardened": rootOnly + "," + admin + `,{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"}, {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}`,
	"via":      `{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}`,
	"org":      `{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-one"}}}, {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-one/r-ab/*"}}}`,
	"logs":     root + `,{"Effect": "Allow", "Principal": {"Service": "logs.eu-west-1.amazonaws.com"}, "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"], "Resource": "*", "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:111122223333:log-group:app"}}}`,
	"trail":    root + `,{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}, "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111122223333:trail/*"}}}`,
	"sns":      `{"Effect": "Allow", "Principal": {"Service": ["sns.amazonaws.com", "sqs.amazonaws.com"]}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}`,
	"partner":  admin + `,{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:role/Reader"]}, "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"}`,
	"vpce":     root + `,{"Effect": "Deny", "Principal": "*", "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}, "Bool": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}}}`,
	"network":  everyone + `,{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}, "Bool": {"aws:ViaAWSService": "false"}}}`,
	"mfa":      `{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}, {"Effect": "Deny", "Principal": {"AWS": "111122223333"}, "Action": "kms:ScheduleKeyDeletion", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}`,
	"window":   admin + `,{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Admin"}, "Action": "kms:ScheduleKeyDeletion", "Resource": "*", "Condition": {"NumericGreaterThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"}}}`,
	"grants":   admin + `,{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/Bob"}, "Action": "kms:CreateGrant", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "Encrypt"]}, "StringEquals": {"kms:GranteePrincipal": "arn:aws:iam::111122223333:role/App"}}}`,
	"roles":    `{"Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::111122223333:role/team-*", "arn:aws:iam::444455556666:role/path/*"]}}}`,
	"tags":     `{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["kms:Decrypt", "kms:Sign"], "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}, "StringNotEquals": {"aws:PrincipalTag/stage": "dev"}}}`,
	"context":  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:App": "x"}, "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["App", "stage"]}}}`,
	"not":      `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Admin"}, "NotAction": ["kms:Decrypt", "kms:ScheduleKeyDeletion"], "Resource": "*"}, {"Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:role/Admin"]}, "Action": "kms:PutKeyPolicy", "Resource": "*"}`,
	"time":     `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:*", "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}}`,
}
