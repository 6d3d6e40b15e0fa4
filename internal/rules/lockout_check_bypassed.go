package rules

import (
	"fmt"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// LockoutCheckBypassed reports keys that are made without KMS's own check against lock-out (semantics.md §1.6).
var LockoutCheckBypassed = &lint.Rule{
	ID:    "KMS017",
	Name:  "lockout-check-bypassed",
	Title: "KMS does not check that the key stays manageable",
	Level: lint.Warning,
	Why: `With BypassPolicyLockoutSafetyCheck KMS takes a key policy that the caller could not change again. A mistake in the policy
then leaves a key that nobody can manage, and only AWS Support can bring it back. Without the property such a deployment fails instead.`,
	Before:     `{"Resources": {"DataKey": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": true, "BypassPolicyLockoutSafetyCheck": true}}}}`,
	After:      `{"Resources": {"DataKey": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": true}}}}`,
	Ignore:     "Where another account's role manages the key on purpose and the deploying role must not.",
	Page:       "CreateKey",
	Run:        lockoutCheckBypassed,
	OfResource: true,
}

const bypass = "BypassPolicyLockoutSafetyCheck"

func lockoutCheckBypassed(p *lint.Pass) {
	resource := resourceOf(p)
	if resource == nil {
		return
	}
	f, _, found := judgeStates(p, resourceStates(p, bypass), func(st resourceState) judgement {
		return judgement{bad: st.of[bypass].on(), unsure: st.hidden(bypass)}
	})
	if !found {
		return
	}
	f.Message = "KMS takes the policy without checking that whoever deploys it can change it again, so a mistake locks everyone out; remove " + bypass
	if f.Certainty == lint.Undecided {
		f.Message = fmt.Sprintf("it is not decided whether KMS's lock-out check is bypassed, since it depends on %s; remove %s", f.Undecided.Construct, bypass)
	}
	var fix *lint.Proposal
	if !p.Quiet() && f.Certainty != lint.Undecided {
		fix = propertyFix(p, "let KMS check the policy", nil, "// remove: bypassPolicyLockoutSafetyCheck: true")
		if fix.Text == "" {
			fix.Text, fix.Language = "remove "+bypass, "text"
		}
		properties := resource.Get("Properties")
		if m := member(properties, bypass); m == nil || !literal(m.Value) {
			fix.WhyNot = bypass + " is worked out by the template"
		} else {
			fix.Changes = []lint.Change{{Edits: []syntax.Edit{p.Key.In.File.RemoveMember(properties, bypass)}}}
		}
	}
	reportProperty(p, f, bypass, "bypassed", fix)
}
