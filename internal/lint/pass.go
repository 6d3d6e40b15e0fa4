package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Target is a key to judge, with what is around it.
type Target struct {
	Key *cfn.Key
	// Reread reads the same key from changed bytes of its file, with the symbols of its policy. It fails where the bytes do not parse or the key is gone.
	Reread func(source []byte) (*cfn.Key, error)
	// Uses are the statements of the repository's IAM policies that reach the key once its policy delegates.
	Uses []cfn.Use
	// Primary is the key that a replica copies, where the repository has it, and PrimaryPolicy its policy in the replica's symbols.
	Primary       *cfn.Key
	PrimaryPolicy *policy.Policy
	// Base is what to compare with, nil where there is none.
	Base *Base
	// Suppress marks a finding that somebody accepted; suppressed findings explain no other. May be nil.
	Suppress func(*Finding)
}

// User is an identity of the repository that an IAM policy lets use the key.
type User struct {
	Affected
	Why string // why a fix cannot name it
}

// Pass is one run of one rule over one key.
type Pass struct {
	Rule   *Rule
	Target *Target
	Key    *cfn.Key
	Policy *policy.Policy
	Engine *authz.Engine // of Policy alone
	Config *config.Config
	// Earlier are the findings of the other rules on the key, for rules that run late.
	Earlier []Finding

	findings  []Finding
	proposals []*Proposal // by finding, nil where the rule has none
	spots     []spot
	work      *work
	// quiet passes judge a policy that a fix would make: their findings are counted, never shown, so they propose nothing.
	quiet bool
}

// spot is where a finding sits: what is compared, not shown.
type spot struct {
	statement int // -1 for the key
	set       authz.Set
	query     authz.Query
	judged    string
}

// Report adds a finding on a statement, or with nil on the key. Rule, name, level, key, file, range and sid are filled in where they are missing. The proposal may be nil.
func (p *Pass) Report(f Finding, st *policy.Statement, about About, fix *Proposal) {
	f.Rule, f.Name, f.Key = p.Rule.ID, p.Rule.Name, p.Key.ID
	if f.Level == "" {
		f.Level = p.Rule.Level
	}
	if f.Certainty == "" {
		f.Certainty = Always
	}
	f.File = p.Key.File.Name
	if p.Key.Source != nil {
		f.Source = &Source{p.Key.Source.File, p.Key.Source.Line}
	}
	s := spot{statement: -1, set: about.Set, query: about.Query, judged: about.Judged}
	node := about.Node
	if st != nil {
		s.statement = st.Index
		if f.Sid == "" {
			f.Sid = p.Policy.Symbols.Show(st.Sid)
		}
		if node == nil {
			node = st.Node
		}
	}
	if f.Range == (Range{}) {
		f.Range = p.place(node)
	}
	p.findings = append(p.findings, f)
	p.proposals = append(p.proposals, fix)
	p.spots = append(p.spots, s)
}

// About says what a finding is about: the access, where the rule is about access, or the values judged. Node is where it stands, where that is not the statement.
type About struct {
	Set    authz.Set
	Query  authz.Query
	Judged string
	Node   *syntax.Node
}

// place returns the range of a node in the analysed file; without a node that of the policy, else of the key.
func (p *Pass) place(node *syntax.Node) Range {
	for _, n := range []*syntax.Node{node, p.Key.PolicyNode, p.Key.Node} {
		if n != nil {
			return p.Range(n)
		}
	}
	return Range{p.Key.File.Position(0), p.Key.File.Position(0)}
}

// Range returns where a node of the policy stands in the analysed file.
func (p *Pass) Range(n *syntax.Node) Range {
	span := n.Span
	if p.Key.Embedded != nil && n != p.Key.Node && n != p.Key.PolicyNode {
		span = p.Key.Embedded.Span(span)
	}
	return Range{p.Key.File.Position(span.Start), p.Key.File.Position(span.End)}
}

// Show returns a text of the policy for people: symbols by name, and the partition where a template chooses it.
func (p *Pass) Show(text string) string {
	if p.Policy.Partitions {
		text = strings.ReplaceAll(text, "arn:"+p.Policy.Partition+":", "arn:${AWS::Partition}:")
	}
	return p.Policy.Symbols.Show(text)
}

// Quiet tells that findings are only counted, so that a rule need not say how to mend them.
func (p *Pass) Quiet() bool { return p.quiet }

// Reported tells whether the rule has found something.
func (p *Pass) Reported() bool { return len(p.findings) > 0 }

// Account returns the own account for people.
func (p *Pass) Account() string { return p.Show(p.Policy.Own) }

// Ask puts a question to the engine and replays the witness of a yes by the plain evaluator. Where the two disagree, the
// answer is undecided and says so: that is an internal error, never a verdict. A quiet pass shows no witness, so it replays none.
func (p *Pass) Ask(q authz.Query, s authz.Set) authz.Answer {
	a := p.Engine.Find(q, s)
	if a.Verdict == authz.Yes && !p.quiet {
		if err := Replay(p.Policy, a); err != nil {
			return authz.Answer{Because: []string{err.Error()}}
		}
	}
	return a
}

// Replay evaluates the request of a yes by package eval and returns an error where it does not find the access.
func Replay(pol *policy.Policy, a authz.Answer) error {
	r, err := eval.Complete(pol, a.Request)
	if err != nil {
		return fmt.Errorf("internal error: the witness contradicts itself: %w", err)
	}
	got := eval.KeyPolicy(pol, r)
	if a.Delegated && got.Delegated == eval.Yes || !a.Delegated && got.Direct == eval.Yes {
		return nil
	}
	return fmt.Errorf("internal error: the evaluator does not confirm %s by %s", a.Request.Action, pol.Symbols.Show(a.Request.Principal))
}

// Finding fills in what an answer says: the witness and the certainty, or what stopped it.
func (p *Pass) Finding(a authz.Answer, q authz.Query, s authz.Set) Finding {
	if a.Verdict != authz.Yes {
		f := Finding{Certainty: Undecided, Undecided: &Stopped{Construct: p.Show(strings.Join(a.Because, "; "))}}
		f.Undecided.Line = p.place(nil).Start.Line
		for _, u := range p.Policy.Unknown {
			if u.Node != nil && slices.Contains(a.Because, u.Construct) {
				f.Undecided.Line = p.Range(u.Node).Start.Line
				break
			}
		}
		return f
	}
	f := Finding{Certainty: Always, Witness: p.Witness(a)}
	p.work.asked[f.Witness] = a.Request
	if !p.Engine.Always(q, s) {
		p.Depend(&f, a.Request.When)
	}
	return f
}

// Witness returns the request of an answer for people.
func (p *Pass) Witness(a authz.Answer) *Witness {
	w := &Witness{Principal: p.Show(a.Request.Principal), Account: p.Show(a.Request.Account), Action: a.Request.Action,
		Context: map[string][]string{}, Access: "direct"}
	if a.Delegated {
		w.Access = "delegated"
	}
	for _, key := range slices.Sorted(maps.Keys(a.Request.Context)) {
		var values []string
		for _, v := range a.Request.Context[key] {
			values = append(values, p.Show(v))
		}
		if key == "aws:PrincipalArn" && len(values) == 1 && values[0] == w.Principal {
			continue
		}
		w.Context[key] = values
	}
	return w
}

// Statements returns the statements of the policy as written, the alternatives of each together.
func (p *Pass) Statements() [][]*policy.Statement {
	var all [][]*policy.Statement
	for _, st := range p.Policy.Statements {
		if n := len(all); n > 0 && all[n-1][0].Index == st.Index {
			all[n-1] = append(all[n-1], st)
		} else {
			all = append(all, []*policy.Statement{st})
		}
	}
	return all
}

// Document returns the file that the nodes of the policy are of: the analysed file, or the JSON inside one of its strings.
func (p *Pass) Document() *syntax.File {
	if p.Key.Embedded != nil {
		return p.Key.Embedded.File
	}
	return p.Key.File
}

// after returns the text of the policy as the edits would make it, or "" where they do not fit.
func (p *Pass) after(edits []syntax.Edit) string {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b syntax.Edit) int { return a.Start - b.Start })
	after, err := p.apply(edits)
	if err != nil || after.PolicyNode == nil {
		return ""
	}
	if after.Embedded != nil {
		return string(after.Embedded.File.Source)
	}
	return dedent(after.File, after.PolicyNode)
}

// dedent returns the text of a node without the indentation that all its lines have.
func dedent(f *syntax.File, n *syntax.Node) string {
	column := f.Position(n.Span.Start).Column - 1
	if f.Format == syntax.JSON {
		line := f.Source[n.Span.Start-column : n.Span.Start]
		column = len(line) - len(strings.TrimLeft(string(line), " \t"))
	}
	lines := strings.Split(strings.ReplaceAll(f.Text(n.Span), "\r\n", "\n"), "\n")
	for _, line := range lines[1:] { // a node that follows its key begins further right than its lines
		if rest := strings.TrimLeft(line, " \t"); rest != "" {
			column = min(column, len(line)-len(rest))
		}
	}
	for i, line := range lines[1:] {
		cut := min(column, len(line)-len(strings.TrimLeft(line, " \t")))
		lines[i+1] = line[cut:]
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n ")
}
