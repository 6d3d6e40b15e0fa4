package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// managedActions are the actions of AWS managed policies that reach every key, as of 2026-11: those that people attach to
// mean KMS or everything. Each is on Resource "*". "!" before the list makes it a NotAction. Source: AWS Managed Policy
// Reference Guide. Policies that are not here are shown by name; what they allow is not known here.
var managedActions = map[string]string{
	"AdministratorAccess":              "*",
	"PowerUserAccess":                  "!iam:* organizations:* account:*",
	"AWSKeyManagementServicePowerUser": "kms:CreateAlias kms:CreateKey kms:DeleteAlias kms:Describe* kms:GenerateRandom kms:Get* kms:List* kms:TagResource kms:UntagResource",
	"ReadOnlyAccess":                   "kms:Describe* kms:Get* kms:List*",
}

// silentManaged are AWS managed policies without any KMS action, by what their names begin with: those that function and
// task roles have.
var silentManaged = []string{"service-role/AWSLambda", "CloudWatch", "AWSXRay", "AWSXray", "service-role/AmazonECSTaskExecutionRolePolicy", "AmazonSQS", "AmazonSNS", "service-role/AmazonAPIGateway"}

// awsManaged is the document of an AWS managed policy, nil where it is not known.
func awsManaged(arn string) *policy.Value {
	_, name, found := strings.Cut(arn, ":iam::aws:policy/")
	if !found {
		return nil
	}
	name = strings.TrimPrefix(name, "job-function/")
	list, ok := managedActions[name]
	if !ok {
		for _, prefix := range silentManaged {
			if strings.HasPrefix(name, prefix) {
				return document(&syntax.Node{})
			}
		}
		return nil
	}
	n := &syntax.Node{}
	key := "Action"
	if strings.HasPrefix(list, "!") {
		key, list = "NotAction", list[1:]
	}
	actions := &policy.Value{Kind: policy.List, Node: n}
	for _, a := range strings.Fields(list) {
		actions.Items = append(actions.Items, text(n, a))
	}
	return document(n, object(n, "Effect", text(n, string(policy.Allow)), key, actions, "Resource", text(n, "*")))
}
