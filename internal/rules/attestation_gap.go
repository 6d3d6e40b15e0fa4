package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// AttestationGap reports ways to plaintext around the attestation that the policy asks for (semantics.md §3.2).
var AttestationGap = &lint.Rule{
	ID:    "KMS023",
	Name:  "attestation-gap",
	Title: "plaintext without the attestation that the policy asks for",
	Level: lint.Warning,
	Why: `Conditions on kms:RecipientAttestation give the key's plaintext to one measured enclave only. Any other statement that lets an
identity decrypt, or re-encrypt under a key of its own, without such a condition makes them void.`,
	Before: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Enclave"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:PCR0": "9fedcba8abcdef7abcdef6abcdef5abcdef4abcdef3abcdef2abcdef1abcdef0abcdef1abcdef2abcdef3abcdef4abcdef5abcde"}}},
{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:Decrypt", "Resource": "*"}`,
	After: `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Enclave"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:PCR0": "9fedcba8abcdef7abcdef6abcdef5abcdef4abcdef3abcdef2abcdef1abcdef0abcdef1abcdef2abcdef3abcdef4abcdef5abcde"}}},
{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:Encrypt", "Resource": "*"}`,
	Ignore: "Where the other statement serves writers outside the enclave, who hold the plaintext anyway.",
	Page:   "Condition keys for AWS Nitro Enclaves",
	Run:    attestationGap,
}

const attestation = "kms:RecipientAttestation:"

// attestable are the plaintext actions whose requests can carry an attestation document.
var attestable = kms.Set("kms:Decrypt", "kms:DeriveSharedSecret", "kms:GenerateDataKey", "kms:GenerateDataKeyPair")

func attestationGap(p *lint.Pass) {
	asked := attestationConditions(p.Policy)
	if len(asked) == 0 {
		return
	}
	q := authz.Query{Callers: authz.Identities, Actions: attestable | kms.Set("kms:ReEncryptFrom")}
	seen := map[string]bool{}
	for _, c := range asked {
		if key := strings.ToLower(c.Key); !seen[key] {
			seen[key] = true
			q.Having = append(q.Having, absent(c.Key))
		}
	}
	for _, st := range allows(p) {
		if slices.ContainsFunc(st.Conditions, isAttestation) {
			continue // it asks: that it asks in vain is KMS013's
		}
		set := p.Engine.Direct(0).Of(st.Index)
		if p.Config.Delegation == "allow" { // else KMS001 reports what IAM decides
			set = p.Engine.Reach(0).Of(st.Index)
		}
		a := p.Ask(q, set)
		about := lint.About{Set: set, Query: q}
		switch a.Verdict {
		case authz.Undecided:
			undecided(p, st.Statement, a, about, "the statement gives plaintext without attestation")
		case authz.Yes:
			f := p.Finding(a, q, set)
			who := caller(p, a.Request.Principal)
			switch {
			case a.Request.Action == "kms:ReEncryptFrom":
				f.Message = who + " can call kms:ReEncryptFrom and decrypt under a key of its own, around the attestation that the policy asks for; take the action away"
			default:
				f.Message = fmt.Sprintf("%s can call %s without the attestation that the policy asks for elsewhere; put the condition on this statement", who, a.Request.Action)
			}
			var fix *lint.Proposal
			switch {
			case p.Quiet():
			case a.Request.Action == "kms:ReEncryptFrom":
				fix = &lint.Proposal{WhyNot: "the request for kms:ReEncryptFrom carries no attestation document, so no condition lets just the enclave make it", Text: "take kms:ReEncryptFrom away", Language: "text"}
			default:
				fix = attest(p, st, asked, q, set)
			}
			p.Report(f, st.Statement, about, fix)
		}
	}
}

// attestationConditions returns the conditions on the attestation document, in the policy's order.
func attestationConditions(pol *policy.Policy) []policy.Condition {
	var all []policy.Condition
	for _, st := range pol.Statements {
		for _, c := range st.Conditions {
			if isAttestation(c) {
				all = append(all, c)
			}
		}
	}
	return all
}

func isAttestation(c policy.Condition) bool {
	return len(c.Key) > len(attestation) && strings.EqualFold(c.Key[:len(attestation)], attestation)
}

// closes tells whether a condition fails where the request has no attestation document.
func closes(c policy.Condition) bool {
	return c.Unknown == "" && c.Node != nil && c.Operator.Base != "" && c.Operator.Base != policy.NullTest &&
		!c.Operator.Base.Negated() && !c.Operator.IfExists && c.Operator.Quantifier != policy.ForAllValues
}

// attest proposes the policy's own condition on the statement: on its plaintext actions alone, where it has others.
func attest(p *lint.Pass, st stated, asked []policy.Condition, q authz.Query, gives authz.Set) *lint.Proposal {
	pr := &lint.Proposal{Message: "ask for the attestation here too", Loses: gives, Language: language(p),
		Keeps: []authz.Query{{Actions: kms.All &^ q.Actions}},
		Kept:  []string{"all actions that give no plaintext, and the attested calls"}, Lost: []string{"plaintext without an attestation document"}}
	f := p.Document()
	at := slices.IndexFunc(asked, closes)
	if at < 0 {
		pr.WhyNot, pr.Text = "no condition of the policy says which enclave is meant", showCondition(p, string(policy.StringEqualsIgnoreCase), asked[0])
		return pr
	}
	c := asked[at]
	operator := c.Operator.String()
	pr.Text = showCondition(p, operator, c)
	if !st.plainActions() || st.NotAction {
		pr.WhyNot = "the statement's actions are not a plain list"
		return pr
	}
	var edits []syntax.Edit
	ok := false
	if rest := st.may & kms.Effective &^ attestable; rest == 0 {
		edits, ok = pinCondition(f, st.Node, operator, c.Key, clone(c.Node))
	} else {
		left := without(st.Statement, attestable)
		if len(left) > maxWrittenOut {
			pr.WhyNot = "the statement's wildcards mean too many actions to write out; list those that it needs"
			return pr
		}
		edits, ok = split(p, st.Statement, left, (st.may & attestable).Names(), func(n *syntax.Node) {
			condition := syntax.NewMapping()
			if old := n.Get("Condition"); old != nil {
				condition = clone(old)
			}
			block := syntax.NewMapping()
			if old := condition.Get(operator); old != nil {
				block = clone(old)
			}
			set(block, c.Key, clone(c.Node))
			set(condition, operator, block)
			set(n, "Condition", condition)
		})
	}
	if !ok {
		pr.WhyNot = "the statement's Condition is worked out by the template"
		return pr
	}
	pr.Changes = []lint.Change{{Edits: edits}}
	return pr
}

// showCondition writes a condition as JSON or YAML.
func showCondition(p *lint.Pass, operator string, c policy.Condition) string {
	var values []string
	for _, v := range c.Values {
		values = append(values, `"`+p.Show(v.Text)+`"`)
	}
	value := strings.Join(values, ", ")
	if len(values) != 1 {
		value = "[" + value + "]"
	}
	if language(p) == "yaml" {
		return fmt.Sprintf("Condition:\n  %s:\n    %s: %s", operator, c.Key, value)
	}
	return fmt.Sprintf(`"Condition": {"%s": {"%s": %s}}`, operator, c.Key, value)
}
