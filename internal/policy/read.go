package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Options are what a reader knows of a policy beside its text.
type Options struct {
	// Own is the account that owns the key, "" where it is to be found out; then [Policy.SetOwn] must be called before the policy is asked about.
	Own        string
	Symbols    *Symbols // nil for a document without symbols
	Dimensions []Dimension
	Impossible []Guard
}

// Read reads a key policy. It never fails: what is wrong is in Problems, what is hidden in Unknown. Its cost is linear in the
// text and in the alternatives of each statement (64 at most).
func Read(v *Value, opt Options) *Policy {
	r := newReader(v.Node, opt)
	r.document(v, nil)
	return r.finish(opt)
}

// Default returns the policy that KMS gives to a key without one (semantics.md §2.8). Its nodes are nil.
func Default(opt Options) *Policy {
	r := newReader(nil, opt)
	r.defaultStatement(nil)
	return r.finish(opt)
}

type reader struct {
	p    *Policy
	seen map[problemKey]*found
	// versions are the Versions of the policies among which the template chooses, "" for one without.
	versions []string
}

func newReader(node *syntax.Node, opt Options) *reader {
	p := &Policy{Partition: "aws", Dimensions: opt.Dimensions, Impossible: opt.Impossible, Symbols: opt.Symbols, Node: node}
	if p.Symbols == nil {
		p.Symbols = &Symbols{}
	}
	return &reader{p: p, seen: map[problemKey]*found{}}
}

func (r *reader) finish(opt Options) *Policy {
	p := r.p
	r.settleVersion()
	slices.SortFunc(p.Dimensions, func(a, b Dimension) int { return cmp.Compare(a.Name, b.Name) })
	r.settleProblems()
	p.settlePartition()
	for _, st := range p.Statements {
		for i := range st.Principals {
			if q := &st.Principals[i]; q.Kind == AccountRoot && q.Text == "" && q.Account != "" {
				q.Text = p.arn("iam", q.Account, "root")
			}
		}
	}
	p.SetOwn(opt.Own)
	return p
}

func (r *reader) document(v *Value, when Guard) {
	switch v.Kind {
	case Choice:
		for _, o := range v.Options {
			if both, ok := when.And(o.When); ok {
				r.document(o.Value, both)
			}
		}
		return
	case Absent:
		r.defaultStatement(when)
		return
	case Unknown:
		r.unread(v.Construct, when, v.Node)
		return
	case Text, List:
		r.problem(Problem{Kind: "no-policy", Statement: -1, When: when, Node: v.Node, Error: malformed,
			Message: "the key policy is no object, so KMS refuses it"})
		return
	}
	r.duplicates(v, when)
	r.characters(v, when)
	if v.Get("Version") == nil {
		r.versions = append(r.versions, "")
	}
	for _, m := range v.Members {
		switch m.Key {
		case "Version":
			r.version(m.Value, when)
		case "Id":
		case "Statement":
			r.statements(m.Value, when)
		default:
			r.problem(Problem{Kind: "unknown-element", Statement: -1, When: when, Node: m.KeyNode,
				Message: fmt.Sprintf("%q is no element of a policy; elements are Version, Id and Statement", m.Key)})
		}
	}
	if v.Get("Statement") == nil {
		r.problem(Problem{Kind: "no-statement", Statement: -1, When: when, Node: v.Node, Error: malformed,
			Message: "the key policy has no Statement, so KMS refuses it"})
	}
}

// defaultStatement adds the statement of KMS's default policy.
func (r *reader) defaultStatement(when Guard) {
	r.p.Count = max(r.p.Count, 1)
	r.p.Statements = append(r.p.Statements, &Statement{When: when, Sid: "Enable IAM User Permissions", Effect: Allow,
		Principals: []Principal{{Kind: AccountRoot}}, Actions: []Pattern{{Text: "kms:*"}}, Resources: []Pattern{{Text: "*"}}})
}

func (r *reader) version(v *Value, when Guard) {
	all, ok := alternatives(v, when)
	if !ok {
		r.unread("Version", when, v.Node)
	}
	for _, a := range all {
		text := a.value.Text
		switch {
		case a.value.Kind == Absent:
		case a.value.Kind != Text || HasSymbol(text):
			r.unread("Version", a.when, v.Node)
			continue
		case text != Version2012 && text != Version2008:
			r.problem(Problem{Kind: "version", Statement: -1, When: a.when, Node: v.Node, Error: malformed,
				Message: fmt.Sprintf("Version %q is no version of the policy language; write %q", text, Version2012)})
		}
		r.versions = append(r.versions, text)
	}
}

// settleVersion says whether values hold variables: that is one answer for the policy, so a template that chooses between
// Versions that differ in it leaves the policy unread.
func (r *reader) settleVersion() {
	if len(r.versions) == 0 {
		if len(r.p.Statements) > 0 {
			r.p.Version = Version2012 // KMS's default policy
		}
		return
	}
	r.p.Version = r.versions[0]
	for _, v := range r.versions[1:] {
		if (v == Version2012) != r.p.Variables() {
			r.unread("a Version that depends on the template", nil, r.p.Node)
			return
		}
	}
}

func (r *reader) statements(v *Value, when Guard) {
	switch v.Kind {
	case Choice:
		for _, o := range v.Options {
			if both, ok := when.And(o.When); ok {
				r.statements(o.Value, both)
			}
		}
		return
	case Object:
		r.statement(0, v, when)
		r.p.Count = max(r.p.Count, 1)
		return
	case List:
		if len(v.Items) == 0 {
			break
		}
		for i, item := range v.Items {
			r.statement(i, item, when)
		}
		r.p.Count = max(r.p.Count, len(v.Items))
		return
	case Unknown:
		r.unread(v.Construct, when, v.Node)
		return
	}
	r.problem(Problem{Kind: "no-statement", Statement: -1, When: when, Node: v.Node, Error: malformed,
		Message: "Statement holds no statement, so KMS refuses the policy"})
}

func (r *reader) statement(index int, v *Value, when Guard) {
	all, ok := alternatives(v, when)
	if !ok {
		r.unread(overAlternatives, when, v.Node)
		return
	}
	for _, a := range all {
		switch a.value.Kind {
		case Absent:
		case Object:
			r.one(index, a.value, a.when)
		case Unknown:
			r.unread(a.value.Construct, a.when, a.value.Node)
		default:
			r.problem(Problem{Kind: "no-statement", Statement: index, When: a.when, Node: a.value.Node, Error: malformed,
				Message: "a statement is no object, so KMS refuses the policy"})
		}
	}
}

// one reads a statement without choices.
func (r *reader) one(index int, v *Value, when Guard) {
	s := &Statement{Index: index, When: when, Node: v.Node}
	e := elements{r, s}
	r.duplicates(v, when)
	for _, m := range v.Members {
		e.read(m)
	}
	e.complete(v)
	r.p.Statements = append(r.p.Statements, s)
}

func (r *reader) unread(construct string, when Guard, node *syntax.Node) {
	r.p.Unknown = append(r.p.Unknown, Unread{construct, when, node})
}

// SetOwn says which account owns the key. Principals that are one symbol, such as a parameter that holds an ARN, become
// roles of that account: a value that nothing in the repository fixes is one named principal (DESIGN section 3).
func (p *Policy) SetOwn(account string) {
	if account == "" {
		return
	}
	p.Own = account
	for _, s := range p.Statements {
		for i := range s.Principals {
			q := &s.Principals[i]
			switch {
			case q.Kind == AccountRoot && q.Account == "":
				q.Account, q.Text = account, p.arn("iam", account, "root")
			case q.Kind == Role && q.Account == "":
				q.Account, q.Text = account, p.arn("iam", account, "role/"+q.Name)
			}
		}
		for i := range s.Conditions {
			c := &s.Conditions[i]
			if !strings.EqualFold(c.Key, "aws:PrincipalArn") {
				continue
			}
			for j := range c.Values {
				if v := &c.Values[j]; loneSymbol(v.Text) {
					v.Text = p.arn("iam", account, "role/"+v.Text)
				}
			}
		}
	}
}

// arn writes an ARN without Region in the policy's partition.
func (p *Policy) arn(service, account, resource string) string {
	return "arn:" + p.Partition + ":" + service + "::" + account + ":" + resource
}

// Accounts returns every account that a principal, or an ARN or account value of a condition, writes out in full; sorted, without the own one. Symbols count.
func (p *Policy) Accounts() []string {
	set := map[string]bool{}
	add := func(a string) {
		if a != "" && a != p.Own && IsAccount(a) {
			set[a] = true
		}
	}
	for _, s := range p.Statements {
		for _, q := range s.Principals {
			add(q.Account)
		}
		for _, c := range s.Conditions {
			for _, v := range c.Values {
				add(v.Text)
				if parts := strings.SplitN(v.Text, ":", 6); len(parts) == 6 {
					add(parts[4])
				}
			}
		}
	}
	all := make([]string, 0, len(set))
	for a := range set {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}
