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

// BrickingDeny reports Deny statements that leave the key to nobody (semantics.md §6.21).
var BrickingDeny = &lint.Rule{
	ID:    "KMS011",
	Name:  "bricking-deny",
	Title: "a Deny locks administrators or AWS services out",
	Level: lint.Error,
	Why: `A Deny counts more than every Allow, the root user's and the administrators' included. One that asks for a network or for MFA also hits
the console, pipelines and AWS services, whose calls carry neither; one that takes PutKeyPolicy from everyone cannot be taken back without AWS Support.`,
	Before: `{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}}`,
	After:  `{"Effect": "Deny", "Principal": "*", "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"], "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}, "Bool": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}}}`,
	Ignore: "Where all administration is known to come from the named network, and no AWS service uses the key.",
	Page:   "Troubleshooting key access",
	Run:    brickingDeny,
}

// dataActions are the actions on data, in the form of AWS's documents.
var dataActions = []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:Sign", "kms:Verify", "kms:GenerateMac", "kms:VerifyMac",
	"kms:DeriveSharedSecret", "kms:Encapsulate", "kms:Decapsulate"}

func expandAll(list []string) kms.ActionSet {
	var set kms.ActionSet
	for _, a := range list {
		set |= kms.Expand(a)
	}
	return set
}

func brickingDeny(p *lint.Pass) {
	defer suspectHidden(p, "a Deny locks administrators or AWS services out")
	denied := slices.DeleteFunc(slices.Clone(denials(p)), func(st stated) bool { return st.may&putting.Actions == 0 })
	if len(denied) == 0 {
		return
	}
	named := beforeDeny(p)
	reach := p.Ask(putting, p.Engine.Reach(0))
	var hitting []stated
	for _, st := range denied {
		hit := named.And(p.Engine.Denied(0, st.Index))
		direct := putting
		direct.Via = authz.Directly
		switch a := askDenied(p, direct, hit); {
		case a.Verdict == authz.Undecided:
			undecided(p, st.Statement, a, lint.About{Set: hit, Query: direct}, "the Deny takes kms:PutKeyPolicy from an administrator")
		case a.Verdict == authz.No:
		case reach.Verdict == authz.No && p.Engine.Find(putting, named.Less(p.Engine.Denied(0, st.Index))).Verdict == authz.No:
			reportBricking(p, st, hit, direct, a, "everyone, so nobody can change the policy back")
		case asksCircumstance(st) && p.Engine.Find(servicesCall(), p.Engine.Denied(0, st.Index)).Verdict != authz.No:
			reportBricking(p, st, hit, direct, a, "administrators and AWS services whose calls lack what it asks for")
		default:
			hitting = append(hitting, st)
		}
	}
	if reach.Verdict == authz.No && len(hitting) > 1 {
		st := hitting[0]
		hit := named.And(p.Engine.Denied(0, st.Index))
		if a := askDenied(p, putting, hit); a.Verdict == authz.Yes {
			reportBricking(p, st, hit, putting, a, "everyone, together with other statements, so nobody can change the policy back")
		}
	}
}

// servicesCall asks for calls that a service passes on, on data.
func servicesCall() authz.Query {
	return authz.Query{Callers: authz.Identities, Where: authz.OwnAccount, Via: authz.ThroughService, Actions: expandAll(dataActions)}
}

// asksCircumstance tells whether a statement depends on the network or on MFA.
func asksCircumstance(st stated) bool {
	keys := append([]string{"aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"}, networkKeys...)
	return slices.ContainsFunc(st.alternatives, func(one *policy.Statement) bool {
		return slices.ContainsFunc(one.Conditions, func(c policy.Condition) bool {
			return slices.ContainsFunc(keys, func(key string) bool { return equalKey(key, c.Key) })
		})
	})
}

func reportBricking(p *lint.Pass, st stated, hit authz.Set, q authz.Query, a authz.Answer, whom string) {
	f := lint.Finding{Witness: p.Witness(a)}
	f.Witness.Access = "denied"
	remedy := "narrow it to actions on data, and spare AWS services"
	if st.may&expandAll(dataActions) == 0 {
		remedy = "spare the administrators"
	}
	f.Message = fmt.Sprintf("the Deny takes kms:PutKeyPolicy from %s: %s is denied; %s", whom, caller(p, a.Request.Principal), remedy)
	if strings.HasPrefix(whom, "everyone") {
		f.Also = []string{"KMS010"}
	}
	var fix *lint.Proposal
	if !p.Quiet() {
		fix = dataOnly(p, st)
	}
	p.Report(f, st.Statement, lint.About{Set: hit, Query: q}, fix)
}

// dataOnly proposes to deny actions on data alone, and where a network or MFA is asked for, of direct calls alone.
func dataOnly(p *lint.Pass, st stated) *lint.Proposal {
	var list []string
	for _, a := range dataActions {
		if kms.Expand(a)&st.may&possible(p) != 0 {
			list = append(list, a)
		}
	}
	pr := &lint.Proposal{
		Message:  "deny actions on data alone",
		Restores: p.Engine.Denied(0, st.Index),
		Added:    []string{"management by those whom other statements allow it"},
		Kept:     []string{"the denial of actions on data"},
		Withheld: []authz.Query{{Via: authz.Directly, Actions: expandAll(list) & st.may, Callers: append([]kms.Caller{kms.RootUser}, authz.Identities...)}},
	}
	switch {
	case len(list) == 0 || expandAll(list)&^st.may != 0:
		pr.WhyNot = "the Deny is about management; spare the administrators by a condition"
		pr.Text, pr.Language = conditionText(p, "ArnNotEquals", "aws:PrincipalArn", "<ARN of an administrator>"), language(p)
		return pr
	case st.NotAction || !st.plainActions():
		pr.WhyNot = "the statement's actions are not a plain list"
		pr.Text, pr.Language = actionLine(p, list), language(p)
		return pr
	}
	f := p.Document()
	edits := writeActions(f, st.Statement, list)
	if asksCircumstance(st) {
		pr.Message = "deny actions on data alone, and spare AWS services"
		pr.Added = append(pr.Added, "calls of AWS services for those whom other statements allow them")
		spare, ok := spareServices(f, st)
		if !ok {
			pr.WhyNot = "the statement's Condition is worked out by the template, or has a Bool block already"
			pr.Text, pr.Language = actionLine(p, list), language(p)
			return pr
		}
		edits = append(edits, spare)
	}
	pr.Changes = []lint.Change{{Edits: edits}}
	after(p, pr, edits)
	return pr
}

// spareServices returns the edit that makes a statement speak of direct calls of identities alone.
func spareServices(f *syntax.File, st stated) (syntax.Edit, bool) {
	condition := st.Node.Get("Condition")
	if condition == nil || condition.Kind != syntax.Mapping || condition.Tag != "" || intrinsic(condition) || condition.Member("Bool") != nil {
		return syntax.Edit{}, false
	}
	spare := syntax.NewMapping("aws:ViaAWSService", syntax.NewString("false"), "aws:PrincipalIsAWSService", syntax.NewString("false"))
	return f.SetMember(condition, "Bool", spare, ""), true
}

// conditionText writes one condition in the notation of the file.
func conditionText(p *lint.Pass, operator, key, value string) string {
	if language(p) == "yaml" {
		return fmt.Sprintf("Condition:\n  %s:\n    %s: %s", operator, key, valueText(p, value))
	}
	return fmt.Sprintf(`"Condition": {%q: {%q: %s}}`, operator, key, valueText(p, value))
}

// valueText writes a value that may hold pseudo parameters: by Fn::Sub in a template, else with the account to fill in.
func valueText(p *lint.Pass, value string) string {
	switch {
	case !strings.Contains(value, "${"):
		return fmt.Sprintf("%q", value)
	case !p.Key.Template || p.Key.Embedded != nil:
		return fmt.Sprintf("%q", strings.ReplaceAll(value, policy.AccountSymbol, "<your account>"))
	case value == policy.AccountSymbol && language(p) != "yaml":
		return `{"Ref": "AWS::AccountId"}`
	case value == policy.AccountSymbol && !intrinsicsOf(p).writesLong("Ref"):
		return "!Ref AWS::AccountId"
	case language(p) != "yaml":
		return fmt.Sprintf(`{"Fn::Sub": %q}`, value)
	case intrinsicsOf(p).writesLong("Sub"):
		return fmt.Sprintf("{Fn::Sub: %q}", value)
	}
	return fmt.Sprintf("!Sub %q", value)
}
