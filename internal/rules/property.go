package rules

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// setting is one thing that a property of the key's resource can be, in the environments of its guard.
type setting struct {
	when   policy.Guard
	text   string // "" where the property is absent or hidden
	absent bool
	hidden string // what hides the value, "" where it is known
	plain  bool   // written without quotes
}

// settings lists what a property can be. A parameter that nothing fixes is hidden; of one with known values only those
// count (DESIGN section 3: what else it could be is not reported).
func settings(p *lint.Pass, name string) []setting {
	all := p.Key.Properties
	if all != nil && all.Kind == policy.Unknown {
		return []setting{{hidden: all.Construct}}
	}
	v := all.Get(name)
	if v == nil {
		return []setting{{absent: true}}
	}
	var known, hidden []setting
	var walk func(v *policy.Value, when policy.Guard, depth int)
	walk = func(v *policy.Value, when policy.Guard, depth int) {
		s := setting{when: when, text: v.Text}
		switch {
		case v.Kind == policy.Choice && depth < maxChoices:
			for _, o := range v.Options {
				if both, ok := when.And(o.When); ok {
					walk(o.Value, both, depth+1)
				}
			}
			return
		case v.Kind == policy.Absent:
			s.absent = true
		case v.Kind == policy.Text && !policy.HasSymbol(v.Text):
			n := v.Node.Resolved()
			s.plain = n != nil && n.Style == syntax.Plain
		case v.Kind == policy.Unknown:
			s.text, s.hidden = "", v.Construct
		default:
			s.text, s.hidden = "", p.Show(v.Text)
		}
		if s.hidden != "" {
			hidden = append(hidden, s)
			return
		}
		known = append(known, s)
	}
	walk(v, nil, 0)
	for _, s := range hidden {
		if len(known) == 0 || !other(s.when) {
			known = append(known, s)
		}
	}
	return known
}

// maxChoices bounds how deep choices stand in each other; real templates have two.
const maxChoices = 10

// other tells whether the environments are those in which a parameter has a value that the repository does not show.
func other(when policy.Guard) bool {
	for _, value := range when {
		if value == policy.Other {
			return true
		}
	}
	return false
}

// is tells whether the property has the text, or is absent and the text is its default.
func (s setting) is(text, fallback string) bool { return s.or(fallback) == text }

// or returns the text, that of the default where the property is absent.
func (s setting) or(fallback string) string {
	if s.absent {
		return fallback
	}
	return s.text
}

// on tells whether a Boolean property is true, as CloudFormation reads it (code-style.md §8.3: YAML 1.1).
func (s setting) on() bool {
	switch strings.ToLower(s.text) {
	case "true":
		return true
	case "yes", "on", "y":
		return s.plain
	}
	return false
}

// resourceState is what the properties are together, in the environments of its guard.
type resourceState struct {
	when policy.Guard
	of   map[string]setting
}

// hidden says what hides one of the properties, "" where all are known.
func (s resourceState) hidden(names ...string) string {
	for _, n := range names {
		if why := s.of[n].hidden; why != "" {
			return why
		}
	}
	return ""
}

// maxStates bounds the combinations of what properties can be; over it the rest is not looked at, and the finding depends.
const maxStates = 256

// resourceStates lists the combinations of what the properties can be where the resource is made.
func resourceStates(p *lint.Pass, names ...string) []resourceState {
	all := []resourceState{{of: map[string]setting{}}}
	for _, name := range names {
		var more []resourceState
		for _, st := range all {
			for _, s := range settings(p, name) {
				both, ok := st.when.And(s.when)
				if _, made := both.And(p.Key.When); !ok || !made || len(more) >= maxStates {
					continue
				}
				next := resourceState{both, map[string]setting{name: s}}
				for k, v := range st.of {
					next.of[k] = v
				}
				more = append(more, next)
			}
		}
		all = more
	}
	return all
}

// judgement is what a rule says of one state of the resource.
type judgement struct {
	bad    bool
	unsure string // what stops the answer; then bad says nothing
}

// judgeStates asks about each state. The finding holds always, depends on the values of the first bad state, or is undecided;
// found is false where every state is good. of is the bad state.
func judgeStates(p *lint.Pass, states []resourceState, ask func(resourceState) judgement) (f lint.Finding, of resourceState, found bool) {
	good, unsure := 0, ""
	for _, st := range states {
		switch j := ask(st); {
		case j.unsure != "":
			if unsure == "" {
				unsure = j.unsure
			}
		case !j.bad:
			good++
		case !found:
			found, of = true, st
		}
	}
	switch {
	case found && good == 0 && unsure == "":
		f.Certainty = lint.Always
	case found:
		f.Certainty, f.When = lint.Depends, map[string]string{}
		for name, value := range of.when {
			f.When[p.Show(name)] = p.Show(value)
		}
	case unsure != "":
		found = true
		f.Certainty, f.Undecided = lint.Undecided, &lint.Stopped{Construct: p.Show(unsure)}
	}
	return f, of, found
}

// resourceOf returns the key's resource, nil for a key that is no resource of a template.
func resourceOf(p *lint.Pass) *syntax.Node {
	k := p.Key
	if !k.Template || k.LogicalID == "" {
		return nil
	}
	// Of a template inside a string the key's node is that string; of an unrolled loop the template has no resource of this id.
	for _, n := range []*syntax.Node{k.In.Root.Get("Resources").Get(k.LogicalID), k.In.Root.Get(k.LogicalID), k.Node} {
		if n = n.Resolved(); n.Get("Type") != nil {
			return n
		}
	}
	return nil
}

// reportProperty reports a finding at a property of the resource, or at its type where the property is not written.
func reportProperty(p *lint.Pass, f lint.Finding, name, judged string, fix *lint.Proposal) {
	resource := resourceOf(p)
	node := resource.Get("Type")
	for _, in := range []*syntax.Node{resource.Get("Properties"), resource} {
		if m := member(in, name); m != nil {
			node = m.Value
		}
	}
	if node != nil {
		f.Range = resourceRange(p, node)
		if f.Undecided != nil {
			f.Undecided.Line = f.Range.Start.Line
		}
	}
	p.Report(f, nil, lint.About{Judged: judged}, fix)
}

func member(n *syntax.Node, name string) *syntax.Member {
	if n = n.Resolved(); n == nil {
		return nil
	}
	return n.Member(name)
}

// policyInString tells that the key's policy is JSON inside a string, while its properties are not.
func policyInString(k *cfn.Key) bool { return k.Embedded != nil && k.In.File == k.File }

// resourceRange returns where a node of the resource stands in the analysed file.
func resourceRange(p *lint.Pass, n *syntax.Node) lint.Range {
	if policyInString(p.Key) || p.Key.Embedded == nil {
		return lint.Range{Start: p.Key.File.Position(n.Span.Start), End: p.Key.File.Position(n.Span.End)}
	}
	span := p.Key.Embedded.Span(n.Span)
	return lint.Range{Start: p.Key.File.Position(span.Start), End: p.Key.File.Position(span.End)}
}

// keptByProperty is what the proof of a fix says that leaves the policy alone.
const keptByProperty = "the policy is untouched, so everyone keeps what they have"

// propertyFix starts a proposal that edits the resource and not its policy: R1 to R4 hold whatever it does. cfnText and
// cdkText are what a person would write.
func propertyFix(p *lint.Pass, message string, cfnLines []propertyLine, cdkText string) *lint.Proposal {
	pr := &lint.Proposal{Message: message, Kept: []string{keptByProperty}, Language: "yaml"}
	switch {
	case p.Key.Generated:
		pr.Text, pr.Language = cdkText, "typescript"
		return pr
	case p.Key.In.File.Format == syntax.JSON:
		pr.Language = "json"
	}
	var lines []string
	for _, l := range cfnLines {
		if pr.Language == "json" {
			lines = append(lines, `"`+l.name+`": `+l.value)
		} else {
			lines = append(lines, l.name+": "+strings.Trim(l.value, `"`))
		}
	}
	sep := "\n"
	if pr.Language == "json" {
		sep = ",\n"
	}
	pr.Text = strings.Join(lines, sep)
	if p.Key.In.File.Pointer(resourceOf(p)) == "" {
		pr.WhyNot = "the template stands in a string"
	}
	return pr
}

// propertyLine is a property to write, its value as JSON.
type propertyLine struct{ name, value string }

// literal tells whether a value is written out: no function, alias or tag.
func literal(n *syntax.Node) bool { return n != nil && n.Kind == syntax.Scalar && n.Tag == "" }

// setProperty adds the change that gives a property a value. A property that a function works out is left alone.
func setProperty(p *lint.Pass, pr *lint.Proposal, name string, value *syntax.Node, after string) {
	resource, file := resourceOf(p), p.Key.In.File
	properties := resource.Get("Properties")
	if properties == nil {
		pr.Changes = append(pr.Changes, lint.Change{Edits: []syntax.Edit{file.SetMember(resource, "Properties", syntax.NewMapping(name, value), "Type")}})
		return
	}
	if properties.Kind != syntax.Mapping || intrinsic(properties) {
		pr.WhyNot = "the properties are worked out by the template"
		return
	}
	if m := properties.Member(name); m != nil && !literal(m.Value) {
		pr.WhyNot = name + " is worked out by the template"
		return
	}
	pr.Changes = append(pr.Changes, lint.Change{Edits: []syntax.Edit{file.SetMember(properties, name, value, after)}})
}
