package rules

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// holdDeputy proposes the condition that the service's own document recommends, for the resources of the own account, or of
// the accounts and organizations in sources.
func holdDeputy(p *lint.Pass, st stated, set authz.Set, open []deputy) *lint.Proposal {
	d := open[0]
	found := sourcesOf(p, d)
	kept, lost := "resources of your accounts", "resources of other accounts"
	key, operator := d.key(p), "ArnEquals"
	value := d.pins(p, found)
	if value != nil {
		kept, lost = strings.Join(found, ", "), "any other resource"
	} else {
		operator, value = d.condition(p, key)
	}
	use := "use of the key by " + p.Show(d.name) + " for "
	pr := &lint.Proposal{Message: fmt.Sprintf("hold the service to your resources by %s", key), Loses: set,
		Kept: []string{use + kept}, Lost: []string{use + lost}}
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
	case len(p.Config.Sources.Accounts)+len(p.Config.Sources.Organizations) == 0 && len(found) == 0:
		pr.WhyNot = "no resource of the repository shows for whom the service uses the key; set sources in .github/kmsguard.yml, or write one of these"
	}
	if pr.WhyNot != "" {
		pr.Text, pr.Language = eachForm(p, d), language(p)
		return pr
	}
	pr.Changes = []lint.Change{{Edits: edits}}
	after(p, pr, edits)
	return pr
}

// key is the condition key that holds the service to resources of accounts: what its document recommends. Where the ARNs are not
// written out, it is the account rather than the ARN if the service sends both, since one condition then fits all of its resources.
func (d deputy) key(p *lint.Pass) string {
	sources := p.Config.Sources
	switch {
	case d.facts.Recommended != "aws:SourceArn", d.pins(p, sourcesOf(p, d)) != nil:
		return d.facts.Recommended
	case len(sources.Accounts) == 0 && len(sources.Organizations) > 0 && d.facts.SourceOrg == kms.SendsYes:
		return "aws:SourceOrgID"
	case d.facts.SourceAccount == kms.SendsYes && !d.facts.NotAlone:
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
	if !writesAccount(p) {
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

// forms are the conditions that hold the service to the own account's resources: the source keys that it sends and, where
// it documents one, the encryption context.
func (d deputy) forms(p *lint.Pass) (all []form) {
	arn := "<ARN of the resource>"
	if d.facts.Resource != "" {
		partition := p.Policy.Partition
		if p.Key.Template {
			partition = "${AWS::Partition}"
		}
		arn = strings.NewReplacer("arn:aws:", "arn:"+partition+":", "<region>", "*", "<account>", p.Show(p.Policy.Own)).Replace(d.facts.Resource)
	}
	if d.facts.SourceAccount == kms.SendsYes && !d.facts.NotAlone {
		all = append(all, form{"StringEquals", "aws:SourceAccount", p.Show(p.Policy.Own)})
	}
	if d.facts.SourceArn == kms.SendsYes {
		all = append(all, form{"ArnLike", "aws:SourceArn", arn})
	}
	if d.facts.ContextKey != "" {
		all = append(all, form{"ArnLike", "kms:EncryptionContext:" + d.facts.ContextKey, arn})
	}
	return all
}

// form is a condition on one key.
type form struct{ operator, key, value string }

// eachForm shows the conditions of which one is enough.
func eachForm(p *lint.Pass, d deputy) string {
	var all []string
	for _, c := range d.forms(p) {
		all = append(all, conditionText(p, c.operator, c.key, c.value))
	}
	between := "\n"
	if language(p) == "yaml" {
		between = "\n# or\n"
	}
	return strings.Join(all, between)
}

// constructs are what of the CDK writes a statement for a service by itself, and how that is closed (cdk.md §6.3).
var constructs = map[string]string{
	"sns": "// where a subscription wrote the statement, set \"@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption\": true in cdk.json instead\n",
	"s3":  "// where a notification to a queue wrote the statement, no flag of the CDK closes it\n",
}

// deputyText is the first condition as CDK source.
func deputyText(p *lint.Pass, d deputy) string {
	c := d.forms(p)[0]
	return constructs[d.facts.Short] + fmt.Sprintf("principals: [new iam.ServicePrincipal(%s, { conditions: { %s: { '%s': %s } } })],", cdkString(p.Show(d.name)), c.operator, c.key, cdkString(c.value))
}

// cdkString writes a text with pseudo parameters as a string of TypeScript in a construct's scope.
func cdkString(text string) string {
	text = strings.NewReplacer("${AWS::Partition}", "${this.partition}", "${AWS::AccountId}", "${this.account}", "${AWS::Region}", "${this.region}", "`", "", "'", "", `\`, "").Replace(text)
	switch {
	case text == "${this.account}":
		return "this.account"
	case strings.Contains(text, "${"):
		return "`" + text + "`"
	}
	return "'" + text + "'"
}
