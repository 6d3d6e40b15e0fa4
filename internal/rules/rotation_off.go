package rules

import (
	"fmt"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// RotationOff reports keys that KMS could rotate and does not (semantics.md §2.7; peers.md §3.4 on who gets which keys wrong).
var RotationOff = &lint.Rule{
	ID:    "KMS018",
	Name:  "rotation-off",
	Title: "KMS does not rotate the key's material",
	Level: lint.Warning,
	Why: `KMS can make new key material every year and keep the old for what it encrypted. Without rotation one material protects all
data for the life of the key. Only symmetric encryption keys whose material KMS itself made can rotate: the rule is silent on
asymmetric and HMAC keys, imported material, custom key stores, disabled keys and replicas, which follow their primary.`,
	Before:     `{"Resources": {"DataKey": {"Type": "AWS::KMS::Key", "Properties": {"Description": "data"}}}}`,
	After:      `{"Resources": {"DataKey": {"Type": "AWS::KMS::Key", "Properties": {"Description": "data", "EnableKeyRotation": true}}}}`,
	Ignore:     "Where the key is rotated by hand or on demand.",
	Page:       "Rotating AWS KMS keys",
	Run:        rotationOff,
	OfResource: true,
}

const rotation = "EnableKeyRotation"

// rotationProperties are the properties on which it depends whether KMS can rotate the key.
var rotationProperties = []string{rotation, "KeySpec", "KeyUsage", "Origin", "CustomKeyStoreId", "Enabled"}

func rotationOff(p *lint.Pass) {
	// A replica has its primary's material and rotates with it.
	if resourceOf(p) == nil || p.Key.Kind == cfn.ReplicaResource || typeOfKey(p) == string(cfn.ReplicaResource) {
		return
	}
	unable := "" // why the setting cannot be the same everywhere
	f, _, found := judgeStates(p, resourceStates(p, rotationProperties...), func(st resourceState) judgement {
		able, why := canRotate(st)
		if s := st.of[rotation]; s.hidden == "" && s.on() {
			return judgement{}
		}
		switch {
		case !able && why == "":
			unable = "KMS cannot rotate the key in every environment"
			return judgement{}
		case why != "":
			return judgement{unsure: why}
		}
		return judgement{bad: true, unsure: st.hidden(rotation)}
	})
	if !found {
		return
	}
	f.Message = "one key material protects everything that the key ever encrypts, because rotation is off; set " + rotation + ": true"
	if f.Certainty == lint.Undecided {
		f.Message = fmt.Sprintf("it is not decided whether the key is rotated, since it depends on %s; write %s: true", f.Undecided.Construct, rotation)
	}
	var fix *lint.Proposal
	if !p.Quiet() && f.Certainty != lint.Undecided {
		fix = propertyFix(p, "turn rotation on", []propertyLine{{rotation, "true"}}, "enableKeyRotation: true,")
		setProperty(p, fix, rotation, syntax.NewBool(true), "Description")
		if unable != "" {
			fix.WhyNot = unable + ", so where it is on depends too"
		}
	}
	reportProperty(p, f, rotation, "rotation off", fix)
}

// canRotate tells whether KMS can rotate a key in this state. why is what hides the answer. A property that is known to
// forbid rotation settles it, whatever the others are.
func canRotate(st resourceState) (able bool, why string) {
	for _, ask := range []struct{ name, value string }{
		{"KeySpec", "SYMMETRIC_DEFAULT"}, {"KeyUsage", "ENCRYPT_DECRYPT"}, {"Origin", "AWS_KMS"}, {"CustomKeyStoreId", ""},
	} {
		s := st.of[ask.name]
		if s.hidden == "" && !s.is(ask.value, ask.value) {
			return false, ""
		}
		if s.hidden != "" && why == "" {
			why = s.hidden
		}
	}
	// KMS takes the request for an enabled key only.
	if s := st.of["Enabled"]; s.hidden == "" && !s.absent && !s.on() {
		return false, ""
	}
	return why == "", why
}

// typeOfKey is the type of the key's resource: the kind of a key in a snapshot does not tell it.
func typeOfKey(p *lint.Pass) string {
	if typ := resourceOf(p).Get("Type"); typ != nil {
		return typ.Value
	}
	return ""
}
