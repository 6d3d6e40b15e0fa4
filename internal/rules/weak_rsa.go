package rules

import (
	"fmt"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// WeakRSA reports RSA keys for encryption that are shorter than 3072 bits.
var WeakRSA = &lint.Rule{
	ID:    "KMS022",
	Name:  "weak-rsa",
	Title: "the RSA key is too short to encrypt for years to come",
	Level: lint.Warning,
	Why: `RSA with 2048 bits has the strength of a 112-bit key, which NIST allows until 2030. What is encrypted with it today can be
recorded and opened later. 3072 bits have the strength of 128. The spec of a key cannot be changed, so a longer one is a new key.`,
	Before:     `{"Resources": {"Mail": {"Type": "AWS::KMS::Key", "Properties": {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}}}}`,
	After:      `{"Resources": {"Mail": {"Type": "AWS::KMS::Key", "Properties": {"KeySpec": "RSA_4096", "KeyUsage": "ENCRYPT_DECRYPT"}}}}`,
	Ignore:     "Where a partner's software takes no longer key and nothing lasting is encrypted.",
	Page:       "Key spec reference",
	Run:        weakRSA,
	OfResource: true,
}

func weakRSA(p *lint.Pass) {
	if resourceOf(p) == nil {
		return
	}
	f, _, found := judgeStates(p, resourceStates(p, "KeySpec", "KeyUsage", "Origin", rotation), func(st resourceState) judgement {
		spec, usage := st.of["KeySpec"], st.of["KeyUsage"]
		short := spec.hidden == "" && spec.is("RSA_2048", "SYMMETRIC_DEFAULT")
		encrypts := usage.hidden == "" && usage.is("ENCRYPT_DECRYPT", "ENCRYPT_DECRYPT")
		switch {
		case spec.hidden == "" && !short, usage.hidden == "" && !encrypts, symmetricOnly(st):
			return judgement{}
		}
		return judgement{bad: short && encrypts, unsure: st.hidden("KeySpec", "KeyUsage")}
	})
	if !found {
		return
	}
	f.Message = "what the key encrypts may be opened in a few years, because RSA has only 2048 bits; make a key with KeySpec RSA_4096 and encrypt anew"
	if f.Certainty == lint.Undecided {
		f.Message = fmt.Sprintf("it is not decided whether the key is a short RSA key, since it depends on %s; write KeySpec out", f.Undecided.Construct)
	}
	var fix *lint.Proposal
	if !p.Quiet() && f.Certainty != lint.Undecided {
		fix = propertyFix(p, "use a longer key", []propertyLine{{"KeySpec", `"RSA_4096"`}}, "keySpec: kms.KeySpec.RSA_4096,")
		fix.WhyNot = "another KeySpec makes another key, which cannot open what this one encrypted"
	}
	reportProperty(p, f, "KeySpec", "short RSA", fix)
}

// symmetricOnly tells whether another property says that the key is no RSA key, whatever its spec: rotation is on, or its
// material is in a custom key store (semantics.md §2.7).
func symmetricOnly(st resourceState) bool {
	switch st.of["Origin"].text {
	case "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE":
		return true
	}
	return st.of[rotation].hidden == "" && st.of[rotation].on()
}
