package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// WeakDeletionGuard reports keys that a stack deletes, or deletes early.
var WeakDeletionGuard = &lint.Rule{
	ID:    "KMS019",
	Name:  "weak-deletion-guard",
	Title: "the stack can destroy the key, and its data with it",
	Level: lint.Note,
	Why: `CloudFormation schedules a key for deletion when its resource is removed or replaced, unless DeletionPolicy and
UpdateReplacePolicy say Retain. What the key encrypted is lost for good when the pending window ends: 30 days give the most time to
notice.`,
	Before:     `{"Resources": {"DataKey": {"Type": "AWS::KMS::Key", "Properties": {"PendingWindowInDays": 7}}}}`,
	After:      `{"Resources": {"DataKey": {"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"PendingWindowInDays": 30}}}}`,
	Ignore:     "For keys of tests and previews, whose data may go.",
	Page:       "Deleting AWS KMS keys",
	Run:        weakDeletionGuard,
	OfResource: true,
}

const (
	pendingWindow = "PendingWindowInDays"
	longestWindow = 30 // days: KMS's default and most (semantics.md §3.2)
)

func weakDeletionGuard(p *lint.Pass) {
	resource := resourceOf(p)
	if resource == nil {
		return
	}
	shortWindow(p)
	noRetain(p, resource)
}

// shortWindow reports a pending window under 30 days.
func shortWindow(p *lint.Pass) {
	f, bad, found := judgeStates(p, resourceStates(p, pendingWindow), func(st resourceState) judgement {
		days, err := strconv.ParseFloat(strings.TrimSpace(st.of[pendingWindow].or("30")), 64)
		return judgement{bad: err == nil && days < longestWindow, unsure: st.hidden(pendingWindow)}
	})
	if !found {
		return
	}
	f.Message = fmt.Sprintf("the key and what it encrypted are gone %s days after a deletion is scheduled; set %s: %d", bad.of[pendingWindow].text, pendingWindow, longestWindow)
	if f.Certainty == lint.Undecided {
		f.Message = fmt.Sprintf("it is not decided how long a scheduled deletion can be noticed, since it depends on %s; set %s: %d", f.Undecided.Construct, pendingWindow, longestWindow)
	}
	var fix *lint.Proposal
	if !p.Quiet() && f.Certainty != lint.Undecided {
		fix = propertyFix(p, "give 30 days to notice a deletion", []propertyLine{{pendingWindow, "30"}}, "pendingWindow: cdk.Duration.days(30),")
		setProperty(p, fix, pendingWindow, &syntax.Node{Kind: syntax.Scalar, Type: syntax.Number, Value: "30"}, "")
	}
	reportProperty(p, f, pendingWindow, pendingWindow+" "+bad.of[pendingWindow].text, fix)
}

// guards are the attributes that keep the key when its resource is deleted and when it is replaced. Source:
// "DeletionPolicy attribute" and "UpdateReplacePolicy attribute" of the CloudFormation User Guide.
var guards = []struct {
	name  string
	event string
	safe  []string
}{
	{"DeletionPolicy", "removing", []string{"Retain", "RetainExceptOnCreate"}},
	{"UpdateReplacePolicy", "replacing", []string{"Retain"}},
}

// noRetain reports a resource that CloudFormation may delete the key of.
func noRetain(p *lint.Pass, resource *syntax.Node) {
	var events, missing, judged []string
	at := ""
	for _, g := range guards {
		m := member(resource, g.name)
		if m != nil && !literal(m.Value) {
			f := lint.Finding{Certainty: lint.Undecided, Undecided: &lint.Stopped{Construct: g.name + ", which the template works out"},
				Message: fmt.Sprintf("it is not decided whether %s the resource destroys the key, since the template works %s out; write %s: Retain", g.event, g.name, g.name)}
			reportProperty(p, f, g.name, "undecided "+g.name, nil)
			continue
		}
		if m != nil && contains(g.safe, m.Value.Value) {
			continue
		}
		if m != nil && at == "" {
			at = g.name
		}
		events, missing, judged = append(events, g.event), append(missing, g.name), append(judged, g.name)
	}
	if len(missing) == 0 {
		return
	}
	f := lint.Finding{Message: fmt.Sprintf("%s the resource schedules the key for deletion, and what it encrypted is lost; set %s: Retain",
		strings.Join(events, " or "), strings.Join(missing, " and "))}
	var fix *lint.Proposal
	if !p.Quiet() {
		var lines []propertyLine
		for _, name := range missing {
			lines = append(lines, propertyLine{name, `"Retain"`})
		}
		fix = propertyFix(p, "keep the key when its resource goes", lines, "removalPolicy: cdk.RemovalPolicy.RETAIN,")
		after := "Type"
		for _, name := range missing {
			fix.Changes = append(fix.Changes, lint.Change{Edits: []syntax.Edit{p.Key.In.File.SetMember(resource, name, syntax.NewString("Retain"), after)}})
		}
	}
	reportProperty(p, f, at, strings.Join(judged, " "), fix)
}
