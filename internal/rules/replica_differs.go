package rules

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// ReplicaDiffers reports replicas that let in whom their primary does not: the material is the same (semantics.md §2.7).
var ReplicaDiffers = &lint.Rule{
	ID:    "KMS021",
	Name:  "replica-differs",
	Title: "a replica lets in whom its primary does not",
	Level: lint.Warning,
	Why: `Keys of one multi-Region set share their material, so what one encrypts each of them decrypts. But each has a policy of its
own, which nothing keeps equal: whoever a replica lets in reads what the primary protects.`,
	Before: `{"Resources": {
"Primary": {"Type": "AWS::KMS::Key", "Properties": {"MultiRegion": true, "EnableKeyRotation": true, "KeyPolicy": {"Version": "2012-10-17", "Statement": [
 {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/KMSAdminRole"}, "Action": "kms:Put*", "Resource": "*"}]}}},
"Replica": {"Type": "AWS::KMS::ReplicaKey", "Properties": {"PrimaryKeyArn": {"Fn::GetAtt": ["Primary", "Arn"]}, "KeyPolicy": {"Version": "2012-10-17", "Statement": [
 {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/KMSAdminRole"}, "Action": ["kms:Put*", "kms:Decrypt"], "Resource": "*"}]}}}}}`,
	After: `{"Resources": {
"Primary": {"Type": "AWS::KMS::Key", "Properties": {"MultiRegion": true, "EnableKeyRotation": true, "KeyPolicy": {"Version": "2012-10-17", "Statement": [
 {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/KMSAdminRole"}, "Action": "kms:Put*", "Resource": "*"}]}}},
"Replica": {"Type": "AWS::KMS::ReplicaKey", "Properties": {"PrimaryKeyArn": {"Fn::GetAtt": ["Primary", "Arn"]}, "KeyPolicy": {"Version": "2012-10-17", "Statement": [
 {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/KMSAdminRole"}, "Action": "kms:Put*", "Resource": "*"}]}}}}}`,
	Ignore: "Where a Region has users of its own on purpose.",
	Page:   "Security considerations for multi-Region keys",
	Run:    replicaDiffers,
}

func replicaDiffers(p *lint.Pass) {
	if p.Target.PrimaryPolicy == nil {
		return
	}
	replica, primary := comparablePolicies(p.Policy, p.Target.PrimaryPolicy)
	both := authz.New(replica, primary)
	for _, alternatives := range p.Statements() {
		st := alternatives[0]
		if st.Effect == policy.Deny {
			continue
		}
		set := both.Beyond(both.Direct(0).Of(st.Index), 1).Or(both.Beyond(both.Delegated(0).Of(st.Index), 1))
		a := both.Find(authz.Query{}, set)
		if a.Verdict == authz.Yes {
			if err := lint.Replay(replica, a); err != nil {
				a = authz.Answer{Because: []string{err.Error()}}
			} else if lint.Replay(primary, a) == nil {
				a = authz.Answer{Because: []string{"internal error: the evaluator finds the access in the primary too"}}
			} else if hides := namedOtherwise(p, a, primary); hides != "" {
				a = authz.Answer{Because: []string{hides}}
			}
		}
		f := lint.Finding{}
		switch a.Verdict {
		case authz.No:
			continue
		case authz.Undecided:
			f.Certainty, f.Undecided = lint.Undecided, &lint.Stopped{Construct: p.Show(strings.Join(a.Because, "; "))}
			if st.Node != nil {
				f.Undecided.Line = p.Range(st.Node).Start.Line
			}
			f.Message = fmt.Sprintf("it is not decided whether the replica lets in whom its primary does not, since it depends on %s; write the same statement in both", f.Undecided.Construct)
		default:
			f.Witness = p.Witness(a)
			if !both.Always(authz.Query{}, set) {
				f.Certainty, f.When = lint.Depends, map[string]string{}
				for name, value := range a.Request.When {
					f.When[p.Show(name)] = p.Show(value)
				}
			}
			way := "can call"
			if a.Delegated {
				way = "can by IAM call"
			}
			f.Message = fmt.Sprintf("%s %s %s with the replica and not with %s, its primary, whose material is the same; give the replica the primary's statements",
				caller(p, a.Request.Principal), way, a.Request.Action, p.Target.Primary.LogicalID)
		}
		var fix *lint.Proposal
		if !p.Quiet() && a.Verdict == authz.Yes {
			fix = primaryText(p, st)
		}
		p.Report(f, st, lint.About{Judged: "beyond its primary"}, fix)
	}
}

// comparablePolicies returns the two policies as if they were of one key: a replica is in the account of its primary, and what
// names a Region names that of the key.
func comparablePolicies(replica, primary *policy.Policy) (a, b *policy.Policy) {
	here := func(text string) string { return region.ReplaceAllString(text, "${1}<region>") }
	there := here
	if primary.Own != replica.Own {
		there = func(text string) string { return here(strings.ReplaceAll(text, primary.Own, replica.Own)) }
	}
	a, b = rewritten(replica, here), rewritten(primary, there)
	b.Own, b.Partition = a.Own, a.Partition
	return a, b
}

// region is a Region where policies name one: between dots in the names of services, between colons in ARNs.
var region = regexp.MustCompile(`([.:])[a-z]{2}(?:-[a-z]+)?-[a-z]+-[0-9]\b`)

// rewritten is a copy of a policy with every text of its principals, resources and conditions changed.
func rewritten(pol *policy.Policy, change func(string) string) *policy.Policy {
	other := *pol
	other.Statements = nil
	for _, st := range pol.Statements {
		s := *st
		s.Principals, s.Resources, s.Conditions = nil, nil, nil
		for _, q := range st.Principals {
			q.Text, q.Account, q.Name, q.Session = change(q.Text), change(q.Account), change(q.Name), change(q.Session)
			s.Principals = append(s.Principals, q)
		}
		for _, r := range st.Resources {
			r.Text = change(r.Text)
			s.Resources = append(s.Resources, r)
		}
		for _, c := range st.Conditions {
			values := c.Values
			c.Values = nil
			for _, v := range values {
				v.Text = change(v.Text)
				c.Values = append(c.Values, v)
			}
			s.Conditions = append(s.Conditions, c)
		}
		other.Statements = append(other.Statements, &s)
	}
	return &other
}

// namedOtherwise says what keeps a difference open: in two templates one role can go by two names, as a parameter here and by
// its ARN there. It is "" where both policies are written out.
func namedOtherwise(p *lint.Pass, a authz.Answer, primary *policy.Policy) string {
	if p.Target.Primary.In == p.Key.In {
		return ""
	}
	if hides := opaque(p, a.Request.Principal); hides != "" {
		return hides + ", which the primary may name otherwise"
	}
	for _, st := range primary.Statements {
		for _, q := range st.Principals {
			if hides := opaque(p, q.Text); hides != "" {
				return hides + ", which may be " + p.Show(a.Request.Principal)
			}
		}
	}
	return ""
}

// opaque returns the first symbol of a text that has no fixed meaning in all templates of an account.
func opaque(p *lint.Pass, text string) string {
	for _, r := range text {
		if !policy.IsSymbol(r) {
			continue
		}
		switch name := p.Show(string(r)); name {
		case policy.AccountSymbol, "${AWS::Region}", "${AWS::Partition}", "${AWS::URLSuffix}":
		default:
			return name
		}
	}
	return ""
}

// primaryText shows what the primary says: the statement with the same Sid, else the whole policy.
func primaryText(p *lint.Pass, st *policy.Statement) *lint.Proposal {
	of := p.Target.Primary
	if of.PolicyNode == nil {
		return nil
	}
	pr := &lint.Proposal{WhyNot: "whether the replica or its primary is right is not known", Language: "json"}
	node := of.PolicyNode
	file := of.File
	if of.Embedded == nil {
		for _, other := range of.Policy.Statements {
			if st.Sid != "" && other.Sid == st.Sid && other.Node != nil {
				node = other.Node
			}
		}
	}
	if file.Format == syntax.YAML && of.Embedded == nil {
		pr.Language = "yaml"
	}
	pr.Text = outdented(file.Text(node.Span))
	return pr
}

// outdented takes the indentation that all lines after the first share off them.
func outdented(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	least := -1
	for _, line := range lines[1:] {
		if indent := len(line) - len(strings.TrimLeft(line, " \t")); strings.TrimSpace(line) != "" && (least < 0 || indent < least) {
			least = indent
		}
	}
	for i, line := range lines[1:] {
		lines[i+1] = line[min(max(least, 0), len(line)):]
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n ")
}
