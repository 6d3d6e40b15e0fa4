package rules

import (
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/cfn"
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
	"lambda":     {"AWS::Lambda::Function", "AWS::Serverless::Function"},
	"codebuild":  {"AWS::CodeBuild::Project"},
}

// carriers are the types through which a source uses a key that it does not name itself: what they hold is encrypted with it.
var carriers = []string{"AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket"}

// sourcesOf returns the resources of the template for which the service uses the key: those that refer to it, and those
// that send to a queue, topic or bucket which does, themselves or by a subscription.
func sourcesOf(p *lint.Pass, d deputy) (found []string) {
	key, t := p.Key, p.Key.In
	if key.LogicalID == "" {
		return nil
	}
	encrypted := func(id string) bool {
		return slices.Contains(carriers, t.TypeOf(id)) && slices.Contains(t.Needs(id), key.LogicalID)
	}
	for _, id := range t.ResourceIDs() {
		needs := t.Needs(id)
		switch typ := t.TypeOf(id); {
		case slices.Contains(sourceTypes[d.facts.Short], typ):
			if slices.Contains(needs, key.LogicalID) || slices.ContainsFunc(needs, encrypted) {
				found = append(found, id)
			}
		case typ == "AWS::SNS::Subscription" && d.facts.Short == "sns" && slices.ContainsFunc(needs, func(id string) bool { return t.TypeOf(id) == "AWS::SQS::Queue" && encrypted(id) }):
			for _, topic := range needs {
				if t.TypeOf(topic) == "AWS::SNS::Topic" {
					found = append(found, topic)
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// pins writes the ARNs of the sources where all have names that the template writes out. It is nil where others may use the
// key too: another stack, by an output, a parameter or an alias.
func (d deputy) pins(p *lint.Pass, found []string) *syntax.Node {
	sources := p.Config.Sources
	if len(found) == 0 || len(sources.Accounts)+len(sources.Organizations) > 0 || d.facts.Resource == "" || givenOut(p, d) {
		return nil
	}
	var all []*syntax.Node
	for _, id := range found {
		arn := strings.TrimSuffix(p.Key.ARN(id), ":*") // of a log group's streams
		if arn == "" || !fixedName(p, arn) {
			return nil
		}
		all = append(all, written(p, arn))
	}
	return oneOrList(all)
}

// fixedName tells whether an ARN hangs on nothing but parameters, so that no resource has to be there first (R7).
func fixedName(p *lint.Pass, arn string) bool {
	for _, r := range arn {
		if !policy.IsSymbol(r) {
			continue
		}
		name, ok := strings.CutPrefix(p.Policy.Symbols.Show(string(r)), "${")
		name, closed := strings.CutSuffix(name, "}")
		if !ok || !closed || !strings.HasPrefix(name, "AWS::") && !p.Key.In.HasParameter(name) {
			return false
		}
	}
	return true
}

// givenOut tells whether resources that are not in the template may use the key.
func givenOut(p *lint.Pass, d deputy) bool {
	key := p.Key
	if key.In.GivenOut(key.LogicalID) {
		return true
	}
	return slices.ContainsFunc(key.In.References(key.LogicalID), func(r cfn.Reference) bool {
		switch {
		case r.Type == "AWS::KMS::Alias":
			return d.facts.Short != "logs" // which takes the key's ARN alone
		case strings.HasPrefix(r.Type, "AWS::CloudFormation::"), strings.HasPrefix(r.Type, "AWS::SSM::"), !strings.HasPrefix(r.Type, "AWS::"):
			return true
		}
		return false
	})
}
