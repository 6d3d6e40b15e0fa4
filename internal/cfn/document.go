package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// readDocument finds the key policies of a file that is no template: a policy, a list of statements, one statement, the
// shapes of the AWS CLI, several policies by name. Anything deeper (events, test fixtures, configuration of other tools) is
// nobody's key policy and is left alone.
func (t *Template) readDocument() {
	root := t.Root
	switch {
	case t.addDocument(root):
	case isCLI(root):
		t.addDocument(root.Get("Policy"))
	case root.Kind == syntax.Mapping && len(root.Members) > 0:
		for _, m := range root.Members { // {"name": policy, …}: all of them or none
			if v := m.Value.Resolved(); v == nil || v.Get("Statement") == nil {
				return
			}
		}
		for _, m := range root.Members {
			t.addDocument(m.Value.Resolved())
		}
	}
}

// cliMembers are the names in the output of get-key-policy and in the input of create-key, put-key-policy and
// replicate-key. Source: AWS KMS API Reference.
var cliMembers = map[string]bool{
	"Policy": true, "PolicyName": true, "KeyId": true, "ReplicaRegion": true, "Description": true, "KeyUsage": true,
	"KeySpec": true, "CustomerMasterKeySpec": true, "Origin": true, "CustomKeyStoreId": true, "MultiRegion": true,
	"BypassPolicyLockoutSafetyCheck": true, "Tags": true, "XksKeyId": true,
}

// isCLI tells whether a tree has one of the AWS CLI's shapes.
func isCLI(root *syntax.Node) bool {
	if root.Get("Policy") == nil {
		return false
	}
	for _, m := range root.Members {
		if !cliMembers[m.Key.Value] {
			return false
		}
	}
	return true
}

// addDocument adds the policy at n as a key, if it is one.
func (t *Template) addDocument(n *syntax.Node) bool {
	if n == nil {
		return false
	}
	k := &Key{File: t.File, Kind: DocumentKey, Node: n, PolicyNode: n, In: t}
	partition := writtenPartition(t.File, n)
	known, how := t.knownAccount()
	own := known
	if own == "" {
		own = t.account()
	}
	w := t.newWork(own, partition)
	v := w.bare(n, k)
	if v == nil || !isKeyPolicy(v) {
		return false
	}
	k.ID = t.id(t.File.Pointer(n))
	k.settle(own, how, known != "", func(own string) bool {
		w := t.newWork(own, partition)
		k.Policy = policy.Read(w.bare(n, k), policy.Options{Own: own, Symbols: t.Symbols})
		return *w.usesAccount
	})
	t.Keys = append(t.Keys, k)
	return true
}

// bare is the policy at n: the policy itself, or one made of a statement or a list of statements. It is nil where n has the
// form of none.
func (w *work) bare(n *syntax.Node, k *Key) *policy.Value {
	if n.Kind == syntax.Scalar && looksLikeJSON(n.Value) {
		return w.jsonString(n, n, nil, k)
	}
	isStatement := func(n *syntax.Node) bool {
		n = n.Resolved()
		return n.Get("Effect") != nil && (n.Get("Action") != nil || n.Get("NotAction") != nil)
	}
	switch {
	case n.Get("Statement") != nil:
		return w.placeholders(w.value(n))
	case isStatement(n), n.Kind == syntax.Sequence && len(n.Items) > 0 && isStatement(n.Items[0]):
		v := &policy.Value{Kind: policy.Object, Node: n}
		v.Members = []policy.Member{{Key: "Statement", KeyNode: n, Value: w.placeholders(w.value(n))}}
		return v
	}
	return nil
}

// placeholders makes symbols of ${name} in a document that a program fills in before it reaches KMS. Names of policy
// variables have one colon ("${aws:username}") and stay.
func (w *work) placeholders(v *policy.Value) *policy.Value {
	for i := range v.Items {
		v.Items[i] = w.placeholders(v.Items[i])
	}
	for i := range v.Members {
		v.Members[i].Value = w.placeholders(v.Members[i].Value)
	}
	if v.Kind != policy.Text || !strings.Contains(v.Text, "${") {
		return v
	}
	var b strings.Builder
	s := v.Text
	for {
		before, rest, found := strings.Cut(s, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			break
		}
		b.WriteString(before)
		switch {
		case name == "AWS::AccountId":
			*w.usesAccount = true
			b.WriteString(w.own)
		case name == "AWS::Partition":
			b.WriteString(w.partition)
		case isPlaceholder(name):
			b.WriteString(w.t.Symbols.Rune("${" + name + "}"))
		default:
			b.WriteString("${" + name + "}")
		}
		s = after
	}
	b.WriteString(s)
	filled := *v
	filled.Text = b.String()
	return &filled
}

func isPlaceholder(name string) bool {
	return name != "" && name != "*" && name != "?" && name != "$" && (!strings.Contains(name, ":") || strings.Contains(name, "::"))
}
