package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// creator is a service that calls KMS with the credentials of whoever creates a resource that is encrypted with the key.
type creator struct {
	via      string // of kms:ViaService, without Region
	property string // that names the key
	actions  []string
}

// creators are resource types whose creation uses the key with the deployer's credentials. Source: KMS Developer Guide,
// "How AWS services use AWS KMS", and each service's page on encryption.
var creators = map[string]creator{
	"AWS::SecretsManager::Secret":  {"secretsmanager", "KmsKeyId", []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}},
	"AWS::RDS::DBInstance":         {"rds", "KmsKeyId", []string{"kms:CreateGrant", "kms:DescribeKey"}},
	"AWS::RDS::DBCluster":          {"rds", "KmsKeyId", []string{"kms:CreateGrant", "kms:DescribeKey"}},
	"AWS::DynamoDB::Table":         {"dynamodb", "SSESpecification.KMSMasterKeyId", []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}},
	"AWS::DynamoDB::GlobalTable":   {"dynamodb", "Replicas.SSESpecification.KMSMasterKeyId", []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}},
	"AWS::Serverless::SimpleTable": {"dynamodb", "SSESpecification.KMSMasterKeyId", []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}},
	"AWS::EC2::Volume":             {"ec2", "KmsKeyId", []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncrypt*"}},
	"AWS::EFS::FileSystem":         {"elasticfilesystem", "KmsKeyId", []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}},
}

// bystanders are types that refer to a key without using it by the deployer's credentials.
var bystanders = []string{"AWS::KMS::", "AWS::IAM::", "AWS::S3::", "AWS::SNS::", "AWS::SQS::", "AWS::Logs::", "AWS::CloudTrail::", "AWS::CloudWatch::",
	"AWS::Events::", "AWS::Config::", "AWS::SSM::Parameter", "AWS::CloudFormation::", "AWS::CDK::", "AWS::Lambda::Permission"}

// texts are the parts of properties that hand a text to a program or a policy, encrypting nothing with a key that they name.
var texts = []string{"Environment", "EnvironmentVariables", "DefinitionString", "DefinitionSubstitutions", "Definition", "UserData", "Tags", "Policies"}

// encryptors lists where other resources of the template name the key in order to be encrypted with it, or for what is not
// known. An environment variable that holds its ARN does not count, nor does DependsOn.
func encryptors(key *cfn.Key) []cfn.Reference {
	return slices.DeleteFunc(key.In.References(key.LogicalID), func(r cfn.Reference) bool {
		return r.From == key.LogicalID || slices.ContainsFunc(strings.Split(r.Property, "."), func(part string) bool { return slices.Contains(texts, part) })
	})
}

// services keeps what the deployer needs to create the template's resources that are encrypted with the key, by statements after st.
func (c closing) services(st *policy.Statement) {
	key := c.p.Key
	if key.LogicalID == "" {
		return
	}
	uses := map[string]creator{}
	for _, r := range encryptors(key) {
		if make, ok := creators[r.Type]; ok && r.Property == make.property {
			uses[make.via] = make
			continue
		}
		if !slices.ContainsFunc(bystanders, func(prefix string) bool { return strings.HasPrefix(r.Type, prefix) }) {
			c.pr.Used = append(c.pr.Used, lint.User{Affected: lint.Affected{File: key.File.Name, LogicalID: r.From, Principal: "who creates " + r.From},
				Why: fmt.Sprintf("it is not known what %s needs of the key for its %s", r.Type, r.Property)})
		}
	}
	for _, make := range sorted(uses) {
		c.through(st, make)
	}
}

func sorted(uses map[string]creator) []creator {
	var all []creator
	for _, u := range uses {
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b creator) int { return strings.Compare(a.via, b.via) })
	return all
}

// through adds a statement for the deployers' use through a service.
func (c closing) through(st *policy.Statement, make creator) {
	actions := kms.ActionSet(0)
	for _, a := range make.actions {
		actions |= kms.Expand(a)
	}
	var who []*syntax.Node
	for i, d := range c.pr.Deployers {
		if c.loses(d, actions&^c.appointed(d)&^leftToIAM(c.p, st)) {
			who = append(who, arn(c.p, c.configured(i)))
			c.pr.Gains = append(c.pr.Gains, lint.Gain{Principal: d, Actions: actions, Why: "creates what is encrypted with the key, through " + make.via, Needed: true})
		}
	}
	if len(c.pr.Deployers) == 0 {
		c.pr.Used = append(c.pr.Used, lint.User{Affected: lint.Affected{File: c.p.Key.File.Name, Principal: "the role that deploys", Actions: make.actions},
			Why: "it creates resources that are encrypted with the key through " + make.via + "; name it under deployers in .github/kmsguard.yml"})
	}
	if len(who) == 0 {
		return
	}
	if !refers(c.p) {
		c.pr.Used = append(c.pr.Used, lint.User{Affected: lint.Affected{File: c.p.Key.File.Name, Principal: "the role that deploys", Actions: make.actions},
			Why: "it creates resources that are encrypted with the key through " + make.via + ", and the key's policy, a string without Fn::Sub, cannot name the Region"})
		return
	}
	condition, ok := c.narrowed(st, syntax.NewMapping("StringEquals", syntax.NewMapping("kms:ViaService", substitute(c.p, make.via+".${AWS::Region}.amazonaws.com"))))
	if !ok {
		c.pr.Used = append(c.pr.Used, lint.User{Affected: lint.Affected{File: c.p.Key.File.Name, Principal: "the role that deploys", Actions: make.actions},
			Why: "it creates resources that are encrypted with the key through " + make.via + ", and the statement has a condition on kms:ViaService"})
		return
	}
	c.insert(st, syntax.NewMapping(
		"Sid", syntax.NewString("Allow use of the key through "+make.via),
		"Effect", syntax.NewString("Allow"),
		"Principal", syntax.NewMapping("AWS", oneOrList(who)),
		"Action", stringList(make.actions),
		"Resource", syntax.NewString("*"),
		"Condition", condition))
}

// appointed returns the actions that the fix gives somebody as an administrator.
func (c closing) appointed(who string) (actions kms.ActionSet) {
	if slices.ContainsFunc(c.pr.Gains, func(g lint.Gain) bool { return g.Principal == who && g.Actions == kms.Manage }) {
		for _, a := range kms.AdministratorActions {
			actions |= kms.Expand(a)
		}
	}
	return actions
}

// configured returns the text of a deployer as the configuration or the manifest has it.
func (c closing) configured(i int) string {
	if i < len(c.p.Config.Deployers) {
		return c.p.Config.Deployers[i]
	}
	return c.p.Show(c.p.Key.Deployer)
}
