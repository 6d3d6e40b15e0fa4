package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// ConfusedDeputy reports services that may use the key for resources of any account (semantics.md §2.5, §6.8, §6.9).
var ConfusedDeputy = &lint.Rule{
	ID:    "KMS005",
	Name:  "confused-deputy",
	Title: "a service may use the key for resources of any account",
	Level: lint.Warning,
	Why: `An AWS service acts for every customer. A statement that names the service alone lets anyone who configures that service with the
key's ARN have it used: to decrypt, or to encrypt what you then read. Conditions on aws:SourceArn and aws:SourceAccount, or on the encryption
context that the service documents, hold it to your resources; not every service sends them, and where one does not, they stop it.`,
	Before: `{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*"}`,
	After:  `{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}}}`,
	Ignore: "Where the service is documented without conditions, as EventBridge to encrypted SNS topics.",
	Page:   "The confused deputy problem",
	Run:    confusedDeputy,
}

var sourceKeys = []string{"aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"}

// deputized are the actions by which a service does harm for a stranger.
var deputized = kms.Plaintext | kms.Set("kms:Encrypt", "kms:CreateGrant")

func confusedDeputy(p *lint.Pass) {
	bounds := elsewhere(p.Policy)
	grant := kms.Set("kms:CreateGrant")
	_, namesOff := p.Config.RuleLevel(UnknownName.ID, string(UnknownName.Level))
	for _, st := range allows(p) {
		if st.may&deputized == 0 {
			continue
		}
		set := p.Engine.Direct(0).Of(st.Index)
		anyService(p, st, set, bounds)
		var open []deputy
		for _, name := range services(st) {
			if _, unknown := unknownService(name); unknown && !namesOff {
				continue // KMS016 says that it is none
			}
			q := authz.Query{Callers: []kms.Caller{kms.ServiceCaller}, Where: authz.UnnamedAccounts, Principal: name, Actions: deputized &^ grant, Having: bounds}
			a := p.Ask(q, set)
			if a.Verdict == authz.No && st.may&grant != 0 {
				// Which encryption context a grant carries is not documented, so it bounds none.
				q.Actions, q.Having = grant, slices.DeleteFunc(slices.Clone(bounds), func(c policy.Condition) bool { return strings.HasPrefix(c.Key, "kms:") })
				a = p.Ask(q, set)
			}
			if a.Verdict == authz.Undecided {
				undecided(p, st.Statement, a, lint.About{Set: set, Query: q}, "service "+p.Show(name)+" may use the key for resources of any account")
				continue
			}
			if a.Verdict == authz.Yes {
				facts, known := kms.Service(name)
				open = append(open, deputy{name, facts, known, a, q})
			}
		}
		if len(open) > 0 {
			reportDeputies(p, st, set, open)
		}
	}
}

// anyService asks whether a statement for everyone that lets in no identity, as by aws:PrincipalIsAWSService, lets in services
// that act for any account. Of others KMS002 and KMS024 speak. No document tells whether "*" means services; where more than
// that is open, as whether a service sends what the condition asks for, the statement was not meant for them.
func anyService(p *lint.Pass, st stated, set authz.Set, bounds []policy.Condition) {
	if !slices.ContainsFunc(st.alternatives, func(one *policy.Statement) bool {
		return one.NotPrincipal || slices.ContainsFunc(one.Principals, func(q principal) bool { return q.Kind == policy.Everyone || q.Kind == policy.AWSEveryone })
	}) {
		return
	}
	q := authz.Query{Callers: []kms.Caller{kms.ServiceCaller}, Where: authz.UnnamedAccounts, Actions: deputized, Having: bounds}
	a := p.Ask(q, set)
	if a.Verdict == authz.No || len(a.Because) > 1 || p.Ask(authz.Query{Callers: authz.Identities}, p.Engine.Reach(0).Of(st.Index)).Verdict != authz.No {
		return
	}
	about := lint.About{Set: set, Query: q}
	if a.Verdict == authz.Undecided {
		undecided(p, st.Statement, a, about, "any AWS service may use the key for resources of any account")
		return
	}
	f := p.Finding(a, q, set)
	f.Message = fmt.Sprintf("any AWS service may call %s for a resource of any account; name the services, and hold them to your resources", a.Request.Action)
	p.Report(f, st.Statement, about, nil)
}

// deputy is a service that a statement lets act for anyone.
type deputy struct {
	name   string
	facts  kms.ServiceFacts
	known  bool
	answer authz.Answer
	query  authz.Query
}

// services returns the services that a statement lists.
func services(st stated) []string {
	var all []string
	for _, alternative := range st.alternatives {
		for _, q := range alternative.Principals {
			if q.Kind == policy.Service && !alternative.NotPrincipal && !slices.Contains(all, q.Text) {
				all = append(all, q.Text)
			}
		}
	}
	return all
}

// elsewhere returns the conditions of calls for resources that no closed value of the policy names: neither by a source
// key nor by an encryption context that holds an ARN.
func elsewhere(pol *policy.Policy) []policy.Condition {
	named := map[string][]policy.Operand{}
	var keys []string
	for _, st := range pol.Statements {
		for _, c := range st.Conditions {
			key := strings.ToLower(c.Key)
			source := slices.ContainsFunc(sourceKeys, func(k string) bool { return equalKey(k, key) })
			if !source && !strings.HasPrefix(key, "kms:encryptioncontext:") {
				continue
			}
			for _, v := range c.Values {
				if source && !strings.Contains(v.Text, ":") && !openValue(v.Text) || namesOwner(v.Text) {
					if named[key] == nil {
						keys = append(keys, key)
					}
					named[key] = append(named[key], v)
				}
			}
		}
	}
	var all []policy.Condition
	for _, key := range keys {
		op := policy.Operator{Base: policy.StringNotLike}
		if strings.HasSuffix(key, "orgpaths") {
			op.Quantifier = policy.ForAllValues
		}
		all = append(all, policy.Condition{Key: key, Operator: op, Values: named[key]})
	}
	return all
}

// namesOwner tells whether an ARN pattern says whose resource it means: by its account, or, where that is empty as in ARNs of buckets, by a whole name.
func namesOwner(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return false
	}
	if parts[4] != "" {
		return !wildcard(parts[4])
	}
	name, _, _ := strings.Cut(parts[5], "/")
	return name != "" && !wildcard(name)
}

// bounded tells whether the service documents a condition that holds it to its resources.
func (d deputy) bounded() bool { return d.known && d.facts.Recommended != "" }

func reportDeputies(p *lint.Pass, st stated, set authz.Set, open []deputy) {
	slices.SortStableFunc(open, func(a, b deputy) int { return rank(b) - rank(a) })
	d := open[0]
	f := p.Finding(d.answer, d.query, set)
	who := "service " + p.Show(d.name)
	if n := len(open) - 1; n > 0 {
		who = fmt.Sprintf("%s, like %d more,", who, n)
	}
	may := fmt.Sprintf("%s may call %s for a resource of any account", who, d.answer.Request.Action)
	switch {
	case p.Key.Generated:
		f.Level = lint.Note
		f.Message = may + ", as the CDK writes it; add the conditions in its source"
	case d.bounded():
		f.Message = fmt.Sprintf("%s; hold it to your resources by %s", may, d.key(p))
	case d.known && d.facts.ContextKey != "":
		f.Level = lint.Note
		f.Message = fmt.Sprintf("%s; conditions on the source are not documented for it in every use (%s), so add none unless you have tried them", may, d.facts.Note)
	default:
		f.Level = lint.Note
		f.Message = may + "; whether it sends aws:SourceArn or aws:SourceAccount to KMS is not documented, and a condition that it does not send stops it"
	}
	var fix *lint.Proposal
	switch {
	case p.Quiet() || !d.bounded():
	case p.Key.Generated:
		fix = &lint.Proposal{Text: deputyText(p, d), Language: "typescript", WhyNot: "the file is generated; change its source"}
	default:
		fix = holdDeputy(p, st, set, open)
	}
	p.Report(f, st.Statement, lint.About{Set: set, Query: d.query}, fix)
}

func rank(d deputy) int {
	if d.bounded() {
		return 1
	}
	return 0
}
