package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/glob"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// DecryptOnAllKeys reports IAM policies that reach every key which leaves the decision to IAM (Security Hub KMS.1 and KMS.2).
var DecryptOnAllKeys = &lint.Rule{
	ID:    "KMS020",
	Name:  "decrypt-on-all-keys",
	Title: "an IAM policy decrypts with every key",
	Level: lint.Warning,
	Why: `Every key whose policy delegates to IAM, those made tomorrow too, is open to the identity: it reads all data of the account
that such keys protect. Name the keys, or tie the statement to a service, to the keys' aliases or to their tags.`,
	Before: `{"Resources": {"App": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, "Policies": [{"PolicyName": "use", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}}]}}}}`,
	After:  `{"Resources": {"App": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, "Policies": [{"PolicyName": "use", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}]}}]}}}}`,
	Ignore: "For break-glass roles that must open everything.",
	Page:   "Security Hub controls for AWS KMS",

	RunTemplate: decryptOnAllKeys,
}

// holder is an IAM policy of a template with who has it.
type holder struct {
	policy *policy.Policy
	node   *syntax.Node
	id     string // the resource that holds the policy
	of     []*cfn.Identity
}

func decryptOnAllKeys(p *lint.TemplatePass) {
	for _, h := range holders(p.Template) {
		wide := onEveryKey(h.policy)
		if len(wide.Statements) == 0 {
			continue
		}
		e := authz.New(wide)
		q := authz.Query{Callers: authz.Identities, Where: authz.OwnAccount, Actions: kms.Set("kms:Decrypt", "kms:ReEncryptFrom"),
			Via: authz.Directly, Having: untied(wide)}
		last := -1
		for _, st := range wide.Statements {
			if st.Index == last || st.Effect != policy.Allow {
				continue
			}
			last = st.Index
			reportWide(p, h, st, e, q)
		}
	}
}

// reportWide reports a statement that decrypts with every key.
func reportWide(p *lint.TemplatePass, h holder, st *policy.Statement, e *authz.Engine, q authz.Query) {
	set := e.Direct(0).Of(st.Index)
	a := e.Find(q, set)
	who := h.name(p)
	f := lint.Finding{Sid: p.Show(st.Sid)}
	switch a.Verdict {
	case authz.No:
		return
	case authz.Undecided:
		f.Certainty, f.Undecided = lint.Undecided, &lint.Stopped{Construct: p.Show(strings.Join(a.Because, "; "))}
		f.Message = fmt.Sprintf("it is not decided whether %s can decrypt with every key, since it depends on %s; write the statement without that", who, f.Undecided.Construct)
		if st.Node != nil {
			f.Undecided.Line = p.Range(st.Node).Start.Line
		}
	default:
		if !e.Always(q, set) {
			f.Certainty, f.When = lint.Depends, map[string]string{}
			for name, value := range a.Request.When {
				f.When[p.Show(name)] = p.Show(value)
			}
		}
		f.Message = fmt.Sprintf("%s can call %s with every key that leaves the decision to IAM, because the statement is on all keys; name the keys, or tie it by kms:ViaService, kms:ResourceAliases or aws:ResourceTag", who, a.Request.Action)
		f.Remedy = h.remedy(p)
		for i, id := range h.of {
			if slices.ContainsFunc(h.of[:i], func(o *cfn.Identity) bool { return identityName(p, o) == identityName(p, id) }) {
				continue
			}
			f.Affected = append(f.Affected, lint.Affected{File: p.Template.File.Name, LogicalID: id.LogicalID, Principal: identityName(p, id), Actions: []string{a.Request.Action}})
		}
	}
	var names []string
	for _, act := range st.Actions {
		names = append(names, p.Show(act.Text))
	}
	slices.Sort(names)
	p.Report(f, st.Node, fmt.Sprintf("%s %d %s %s", h.id, st.Index, f.Certainty, strings.Join(names, " ")))
}

// holders lists the IAM policies of a template: those attached to its identities, and managed policies that are attached
// elsewhere, as far as they are written without functions. Policies of AWS are none of the template's.
func holders(t *cfn.Template) []holder {
	var all []holder
	at := map[*syntax.Node]int{}
	for _, id := range t.Identities() {
		for _, g := range id.Grants {
			if g.Managed != "" || g.Policy == nil {
				continue
			}
			i, seen := at[g.Node]
			if !seen {
				i = len(all)
				at[g.Node] = i
				all = append(all, holder{g.Policy, g.Node, g.LogicalID, nil})
			}
			if !slices.Contains(all[i].of, id) {
				all[i].of = append(all[i].of, id)
			}
		}
	}
	resources := t.Root.Get("Resources")
	for _, id := range t.ResourceIDs() {
		if t.TypeOf(id) != "AWS::IAM::ManagedPolicy" {
			continue
		}
		doc := resources.Get(id).Get("Properties").Get("PolicyDocument")
		if _, seen := at[doc]; seen || doc == nil || hasFunction(doc, 0) {
			continue
		}
		own := t.Symbols.Rune(policy.AccountSymbol)
		all = append(all, holder{policy: policy.Read(policy.FromSyntax(doc), policy.Options{Own: own, Symbols: t.Symbols}), node: doc, id: id})
	}
	return all
}

// hasFunction tells whether a template function stands in a tree.
func hasFunction(n *syntax.Node, depth int) bool {
	if n = n.Resolved(); n == nil || depth > maxChoices {
		return true
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") || intrinsic(n) {
		return true
	}
	for _, m := range n.Members {
		if m.Key.Value != "Condition" && intrinsic(&syntax.Node{Kind: syntax.Mapping, Members: []syntax.Member{m}}) || hasFunction(m.Value, depth+1) {
			return true
		}
	}
	return slices.ContainsFunc(n.Items, func(item *syntax.Node) bool { return hasFunction(item, depth+1) })
}

// onEveryKey is what a policy says of every key alike: its statements on all keys, for anyone who has the policy. A Deny on
// some keys does not make the others safe, so it is left out.
func onEveryKey(pol *policy.Policy) *policy.Policy {
	all := *pol
	all.Statements, all.Unknown = nil, nil
	for _, st := range pol.Statements {
		every := slices.ContainsFunc(st.Resources, func(r policy.Pattern) bool { return r.Unknown == "" && everyKey(r.Text) })
		if every == st.NotResource || len(st.Resources) == 0 || len(st.Actions) == 0 || st.Effect == "" {
			continue
		}
		s := *st
		s.Resources, s.NotResource = []policy.Pattern{{Text: "*"}}, false
		s.Principals, s.NotPrincipal, s.Inert = []policy.Principal{{Kind: policy.AWSEveryone, Text: "*"}}, false, ""
		all.Statements = append(all.Statements, &s)
	}
	return &all
}

// keyIDs are two ids that no pattern meant for one key fits both of: of a single-Region and of a multi-Region key.
var keyIDs = []string{"0a1b2c3d-0000-1111-2222-333344445555", "mrk-f0e1d2c3b4a5968778695a4b3c2d1e0f"}

// everyKey tells whether a resource pattern means every key, of an account and Region at least.
func everyKey(pattern string) bool {
	parts := strings.SplitN(pattern, ":", 6)
	sample := []string{"arn", "aws", "kms", "eu-west-1", "111122223333"}
	for i := range sample {
		if len(parts) == 6 && !wildcard(parts[i]) && (i == 1 || i > 2) {
			sample[i] = parts[i]
		}
	}
	for _, id := range keyIDs {
		if !glob.Wildcard(pattern).Match(strings.Join(sample, ":") + ":key/" + id) {
			return false
		}
	}
	return true
}

// untied are conditions that a request on a key without aliases and tags meets.
func untied(pol *policy.Policy) []policy.Condition {
	var all []policy.Condition
	seen := map[string]bool{}
	for _, st := range pol.Statements {
		for _, c := range st.Conditions {
			key := strings.ToLower(c.Key)
			if (key == "kms:resourcealiases" || strings.HasPrefix(key, "aws:resourcetag/")) && !seen[key] {
				seen[key] = true
				all = append(all, absent(c.Key))
			}
		}
	}
	return all
}

// absent is the condition that a request does not carry the key.
func absent(key string) policy.Condition {
	return policy.Condition{Key: key, Operator: policy.Operator{Base: policy.NullTest}, Values: []policy.Operand{{Text: "true"}}}
}

// name says who has the policy.
func (h holder) name(p *lint.TemplatePass) string {
	if len(h.of) == 0 {
		return "whoever has the managed policy " + h.id
	}
	var all []string
	for _, id := range h.of {
		if name := identityName(p, id); !slices.Contains(all, name) { // one of a resource for each of its names
			all = append(all, name)
		}
	}
	return sentence(all)
}

func identityName(p *lint.TemplatePass, id *cfn.Identity) string {
	if id.LogicalID != "" {
		return id.Kind + " " + id.LogicalID
	}
	return p.Show(id.ARN)
}

// remedy is the Resource of the statement on named keys.
func (h holder) remedy(p *lint.TemplatePass) *lint.Remedy {
	t := p.Template
	r := &lint.Remedy{Language: "json", Text: `"Resource": "<ARN of the key>"`, WhyNot: "which keys the identity needs is not known"}
	key := ""
	if len(t.Keys) == 1 && t.Keys[0].LogicalID != "" {
		key = t.Keys[0].LogicalID
		r.Text = `"Resource": {"Fn::GetAtt": ["` + key + `", "Arn"]}`
	}
	switch {
	case t.Root.Get("Resources").Get(h.id).Get("Metadata").Get("aws:cdk:path") != nil:
		r.Language, r.Text = "typescript", "resources: [key.keyArn], // instead of '*'; key.grantDecrypt(grantee) writes it for you"
	case t.File.Format == syntax.YAML && key != "":
		r.Language, r.Text = "yaml", "Resource: !GetAtt "+key+".Arn"
		if intrinsicsIn(t.File).writesLong("GetAtt") {
			r.Text = "Resource:\n  Fn::GetAtt: [" + key + ", Arn]"
		}
	case t.File.Format == syntax.YAML:
		r.Language, r.Text = "yaml", "Resource: <ARN of the key>"
	}
	return r
}
