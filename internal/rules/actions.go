package rules

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// maxWrittenOut is the number of actions up to which wildcards are written out: more than a person reads in a review.
const maxWrittenOut = 24

// written tells whether the statement stands in the file once, so that it can be edited: where its alternatives differ,
// it is by values alone.
func (s stated) written() bool {
	return s.Node != nil && !slices.ContainsFunc(s.alternatives, func(st *policy.Statement) bool { return st.Node != s.Node })
}

// plainActions tells whether the statement's actions are written out in the file, so that they can be edited: a string or a
// list of strings without template constructs.
func (s stated) plainActions() bool {
	n := s.ActionNode
	if !s.written() || n == nil || n.Kind == syntax.Alias || n.Tag != "" {
		return false
	}
	if n.Kind == syntax.Sequence {
		return !slices.ContainsFunc(n.Items, func(item *syntax.Node) bool { return item.Kind != syntax.Scalar || item.Tag != "" }) && len(n.Items) == len(s.Actions)
	}
	return n.Kind == syntax.Scalar
}

// without returns the action elements of a statement less some actions: elements that hold some are written out as what
// else they mean. taken is what went away.
func without(st *policy.Statement, drop kms.ActionSet) (left []string) {
	var have kms.ActionSet
	for _, a := range st.Actions {
		if set := kms.Expand(a.Text); set&drop == 0 {
			left = append(left, a.Text)
			have |= set
		}
	}
	for _, a := range st.Actions {
		set := kms.Expand(a.Text)
		if set&drop == 0 {
			continue
		}
		left = append(left, (set &^ drop &^ have & kms.Effective).Names()...)
		have |= set
	}
	return left
}

// writeActions returns the edits that make a statement's Action the list.
func writeActions(f *syntax.File, st *policy.Statement, list []string) []syntax.Edit {
	n := st.ActionNode
	if n.Kind == syntax.Sequence {
		if gone, ok := oneGone(st, list); ok {
			return []syntax.Edit{f.RemoveItem(n, gone)}
		}
		return []syntax.Edit{f.Replace(n, stringList(list))}
	}
	if len(list) == 1 {
		return []syntax.Edit{f.Replace(n, syntax.NewString(list[0]))}
	}
	return []syntax.Edit{f.Replace(n, stringList(list))}
}

// oneGone returns the index of the only action element that the list lacks, where it has all others in order.
func oneGone(st *policy.Statement, list []string) (int, bool) {
	if len(list) == 0 || len(st.Actions) != len(list)+1 {
		return 0, false
	}
	gone := len(list)
	for i := range list {
		if st.Actions[i].Text != list[i] {
			gone = i
			break
		}
	}
	for i := gone; i < len(list); i++ {
		if st.Actions[i+1].Text != list[i] {
			return 0, false
		}
	}
	return gone, true
}

// split returns the edits that leave the statement the actions in left and give the others, in moved, to a new statement
// after it, which change makes of a copy. It is false where the policy's Statement is no list.
func split(p *lint.Pass, st *policy.Statement, left, moved []string, change func(*syntax.Node)) ([]syntax.Edit, bool) {
	at, ok := listOf(p, st.Node)
	if !ok || at.seq.Items[at.index].Resolved() != st.Node.Resolved() { // beside Fn::If it would hold in every environment
		return nil, false
	}
	f := p.Document()
	other := clone(st.Node)
	if len(moved) == 1 {
		set(other, "Action", syntax.NewString(moved[0]))
	} else {
		set(other, "Action", stringList(moved))
	}
	if st.SidNode != nil {
		other.Members = slices.DeleteFunc(other.Members, func(m syntax.Member) bool { return m.Key.Value == "Sid" })
	}
	change(other)
	return append(writeActions(f, st, left), f.InsertItem(at.seq, at.index+1, other)), true
}

// afterActions is after for edits that make a statement's actions the list.
func afterActions(p *lint.Pass, pr *lint.Proposal, edits []syntax.Edit, list []string) {
	if after(p, pr, edits); p.Key.Generated {
		pr.Text, pr.Language = "actions: ['"+strings.Join(list, "', '")+"'],", "typescript"
	}
}

// after makes the policy as the edits write it what is shown where the proposal is no fix, in the notation of the file.
func after(p *lint.Pass, pr *lint.Proposal, edits []syntax.Edit) {
	if p.Key.Generated {
		pr.Text, pr.Language = pr.Message+", in the source that the file is generated from", "text"
		return
	}
	pr.Shown, pr.Language = slices.Clone(edits), language(p)
}
