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

// sourceTypes are the resource types for which a service uses a key with its own principal.
var sourceTypes = map[string][]string{
	"cloudtrail": {"AWS::CloudTrail::Trail"},
	"logs":       {"AWS::Logs::LogGroup"},
	"sns":        {"AWS::SNS::Topic"},
	"s3":         {"AWS::S3::Bucket"},
	"cloudwatch": {"AWS::CloudWatch::Alarm"},
	"config":     {"AWS::Config::DeliveryChannel", "AWS::Config::ConfigurationRecorder"},
	"lambda":     {"AWS::Lambda::Function"},
	"codebuild":  {"AWS::CodeBuild::Project"},
}

// holdDeputy proposes the condition that the service's own document recommends, for the resources of the own account, or of
// the accounts and organizations in sources.
func holdDeputy(p *lint.Pass, st stated, set authz.Set, open []deputy) *lint.Proposal {
	d := open[0]
	key := d.key(p)
	operator, value := d.condition(p, key)
	pr := &lint.Proposal{
		Message: fmt.Sprintf("hold the service to your resources by %s", key), Loses: set,
		Kept: []string{"use of the key by " + p.Show(d.name) + " for resources of your accounts"},
		Lost: []string{"use of the key by " + p.Show(d.name) + " for resources of other accounts"},
	}
	alone := len(open) == 1 && len(st.named) == 1
	var edits []syntax.Edit
	ok := value == nil
	if !ok {
		edits, ok = pinCondition(p.Document(), st.Node, operator, key, value)
	}
	switch {
	case !alone:
		pr.WhyNot = "the statement names other principals too, which do not send the same keys; give each service a statement of its own"
	case !ok:
		pr.WhyNot = "the statement's Condition is worked out by the template, or asks " + key + " already"
	case value == nil:
		pr.WhyNot = "the ARN of the resource that uses the key is yours to fill in"
	case len(p.Config.Sources.Accounts)+len(p.Config.Sources.Organizations) == 0 && !usesSource(p, d):
		pr.WhyNot = "no resource of the repository shows for whom the service uses the key; set sources in .github/kmsguard.yml, or write one of these"
	}
	if pr.WhyNot != "" {
		pr.Text, pr.Language = bothForms(p, d), language(p)
		return pr
	}
	pr.Changes = []lint.Change{{Edits: edits}}
	after(p, pr, edits)
	return pr
}

// key is the condition key that holds the service to resources of accounts: what its document recommends, but the account
// rather than the ARN where it sends both, since one condition then fits all of its resources.
func (d deputy) key(p *lint.Pass) string {
	sources := p.Config.Sources
	switch {
	case d.facts.Recommended != "aws:SourceArn":
		return d.facts.Recommended
	case len(sources.Accounts) == 0 && len(sources.Organizations) > 0 && d.facts.SourceOrg == kms.SendsYes:
		return "aws:SourceOrgID"
	case d.facts.SourceAccount == kms.SendsYes:
		return "aws:SourceAccount"
	}
	return "aws:SourceArn"
}

// condition fills in the own account and what sources says. The value is nil where the ARN of the service's resources is not known.
func (d deputy) condition(p *lint.Pass, key string) (operator string, value *syntax.Node) {
	switch key {
	case "aws:SourceOrgID":
		return "StringEquals", stringList(p.Config.Sources.Organizations)
	case "aws:SourceAccount":
		values := []*syntax.Node{ownAccount(p)}
		for _, a := range p.Config.Sources.Accounts {
			values = append(values, syntax.NewString(a))
		}
		return "StringEquals", oneOrList(values)
	}
	if d.facts.Resource == "" {
		return "ArnLike", nil
	}
	return "ArnLike", d.resources(p, p.Config.Sources.Accounts)
}

// resources writes the ARN pattern of the service's resources in the own account and the others.
func (d deputy) resources(p *lint.Pass, others []string) *syntax.Node {
	region := "*"
	if rest, ok := strings.CutPrefix(d.name, d.facts.Short+"."); ok {
		region, _, _ = strings.Cut(rest, ".")
		if region == "amazonaws" {
			region = "*"
		}
	}
	var all []*syntax.Node
	for _, account := range append([]string{p.Policy.Own}, others...) {
		text := strings.NewReplacer("arn:aws:", "arn:"+p.Policy.Partition+":", "<region>", region, "<account>", account).Replace(d.facts.Resource)
		all = append(all, written(p, text))
	}
	return oneOrList(all)
}

// written writes a text of the policy in the file: with Fn::Sub where a symbol stands in it, or the template has pseudo parameters for it.
func written(p *lint.Pass, text string) *syntax.Node {
	if p.Key.Template {
		if rest, ok := strings.CutPrefix(text, "arn:"+p.Policy.Partition+":"); ok {
			text = "arn:${AWS::Partition}:" + rest
		}
	}
	text = p.Show(text)
	if strings.Contains(text, "${") {
		return substitute(p, text)
	}
	return syntax.NewString(text)
}

// ownAccount writes the own account: by its pseudo parameter in a template that uses it.
func ownAccount(p *lint.Pass) *syntax.Node {
	if !policy.HasSymbol(p.Policy.Own) {
		return syntax.NewString(p.Policy.Own)
	}
	return intrinsicsOf(p).ref("AWS::AccountId")
}

// usesSource tells whether a resource of the template for which the service works refers to the key.
func usesSource(p *lint.Pass, d deputy) bool {
	key := p.Key
	if key.LogicalID == "" {
		return false
	}
	return slices.ContainsFunc(key.In.ResourceIDs(), func(id string) bool {
		return slices.Contains(sourceTypes[d.facts.Short], key.In.TypeOf(id)) && slices.Contains(key.In.Needs(id), key.LogicalID)
	})
}

// bothForms shows the source keys and, where the service documents one, the encryption context.
func bothForms(p *lint.Pass, d deputy) string {
	var forms []string
	form := func(operator, key, value string) { forms = append(forms, conditionText(p, operator, key, value)) }
	own := p.Show(p.Policy.Own)
	arn := "<ARN of the resource>"
	if d.facts.Resource != "" {
		arn = p.Show(strings.NewReplacer("arn:aws:", "arn:"+p.Policy.Partition+":", "<region>", "*", "<account>", p.Policy.Own).Replace(d.facts.Resource))
	}
	if d.facts.SourceAccount == kms.SendsYes {
		form("StringEquals", "aws:SourceAccount", own)
	}
	if d.facts.SourceArn == kms.SendsYes {
		form("ArnLike", "aws:SourceArn", arn)
	}
	if d.facts.ContextKey != "" {
		form("ArnLike", "kms:EncryptionContext:"+d.facts.ContextKey, arn)
	}
	return strings.Join(forms, "\n")
}
