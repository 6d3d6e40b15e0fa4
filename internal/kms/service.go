package kms

import "strings"

// Sends says whether a service passes a source key when it calls KMS with its own principal.
type Sends uint8

// The answers.
const (
	SendsUnverified Sends = iota // no source says, or it depends on what is encrypted
	SendsYes
	SendsNo
)

// ServiceFacts is what is known of a service that calls KMS as a service principal. Source: semantics.md §2.5.
type ServiceFacts struct {
	Name string // "logs.eu-west-1.amazonaws.com" as asked for; in [Services] with <region>
	// Short is the first part of the name, as in ARNs of the service's resources where they agree.
	Short string
	// Regional: the documents write the principal with its Region.
	Regional bool
	// The source keys: aws:SourceArn, aws:SourceAccount, and aws:SourceOrgID with aws:SourceOrgPaths.
	SourceArn, SourceAccount, SourceOrg Sends
	// NotAlone: its document advises against aws:SourceAccount without aws:SourceArn.
	NotAlone bool
	// ContextKey is the encryption context key that names the resource ("aws:logs:arn"), "" where none is documented.
	ContextKey string
	// Recommended is the condition key that the service's own document restricts by ("aws:SourceArn",
	// "kms:EncryptionContext:aws:logs:arn"), "" where it prints none.
	Recommended string
	// Resource is the shape of the ARN that the recommended key holds, with <region> and <account> to fill in, "" where not documented.
	Resource string
	// Actions are those that its document asks for.
	Actions []string
	// Note is a sentence on what is special; Origin says which document the row is from.
	Note, Origin string
}

var dataKeyAndDecrypt = []string{"kms:GenerateDataKey*", "kms:Decrypt"}

const sqsOrigin = "SQS Developer Guide, excerpt (semantics.md §2.5)"

var services = shortened([]ServiceFacts{
	{Name: "cloudtrail.amazonaws.com", SourceArn: SendsYes, SourceAccount: SendsYes, NotAlone: true, ContextKey: "aws:cloudtrail:arn",
		Recommended: "aws:SourceArn", Resource: "arn:aws:cloudtrail:<region>:<account>:trail/*",
		Actions: []string{"kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt"},
		Note:    "aws:SourceAccount alone is supported, but not recommended", Origin: "CloudTrail User Guide, excerpt (semantics.md §2.5)"},
	{Name: "logs.<region>.amazonaws.com", Regional: true, ContextKey: "aws:logs:arn",
		Recommended: "kms:EncryptionContext:aws:logs:arn", Resource: "arn:aws:logs:<region>:<account>:log-group:*",
		Actions: []string{"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"},
		Note:    "the documented form uses the encryption context, not aws:SourceArn", Origin: "CloudWatch Logs User Guide, excerpt (semantics.md §2.5)"},
	{Name: "sns.amazonaws.com", SourceArn: SendsYes, SourceAccount: SendsYes, Recommended: "aws:SourceArn",
		Resource: "arn:aws:sns:<region>:<account>:*", Actions: dataKeyAndDecrypt,
		Note: "to encrypted SQS queues", Origin: sqsOrigin},
	{Name: "s3.amazonaws.com", SourceArn: SendsYes, SourceAccount: SendsYes, Recommended: "aws:SourceArn",
		Actions: dataKeyAndDecrypt, Note: "to encrypted SQS queues and SNS topics; its ARNs name no account, so aws:SourceAccount is needed too", Origin: sqsOrigin},
	{Name: "events.amazonaws.com", ContextKey: "aws:sns:topicArn", Actions: dataKeyAndDecrypt,
		Note:   "source keys work for encrypted SQS queues and are not supported for encrypted SNS topics, whose delivery they break",
		Origin: "SQS Developer Guide, and SNS Developer Guide at second hand (semantics.md §2.5)"},
	{Name: "cloudwatch.amazonaws.com", SourceArn: SendsYes, SourceAccount: SendsYes, Recommended: "aws:SourceArn",
		Resource: "arn:aws:cloudwatch:<region>:<account>:alarm:*", Actions: dataKeyAndDecrypt,
		Note: "alarms to encrypted SNS topics; known from AWS samples, not from its guide", Origin: "AWS samples (semantics.md §2.5)"},
	{Name: "config.amazonaws.com", SourceAccount: SendsYes, Recommended: "aws:SourceAccount",
		Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Note: "delivery to S3", Origin: "AWS Config Developer Guide, excerpt (semantics.md §2.5)"},
	{Name: "delivery.logs.amazonaws.com", Actions: dataKeyAndDecrypt,
		Note: "its documents print no conditions", Origin: "vended logs documents, excerpt (semantics.md §2.5)"},
	{Name: "backup.amazonaws.com", Note: "works with a role and kms:ViaService; use of its own principal is unverified",
		Origin: "KMS Developer Guide, list of kms:ViaService (semantics.md §2.5)"},
	{Name: "lambda.amazonaws.com", SourceArn: SendsYes, Recommended: "aws:SourceArn", Actions: dataKeyAndDecrypt, Note: "to encrypted SQS queues", Origin: sqsOrigin},
	{Name: "codebuild.amazonaws.com", SourceArn: SendsYes, Recommended: "aws:SourceArn", Actions: dataKeyAndDecrypt, Note: "to encrypted SQS queues", Origin: sqsOrigin},
	{Name: "profile.amazonaws.com", SourceArn: SendsYes, Recommended: "aws:SourceArn", Actions: dataKeyAndDecrypt,
		Note: "Connect Customer Profiles to encrypted SQS queues; the name of the principal is an inference", Origin: sqsOrigin},
	{Name: "autoscaling.amazonaws.com", SourceArn: SendsYes, Recommended: "aws:SourceArn", Actions: dataKeyAndDecrypt, Note: "to encrypted SQS queues", Origin: sqsOrigin},
	{Name: "chime.amazonaws.com", SourceArn: SendsYes, Recommended: "aws:SourceArn", Actions: dataKeyAndDecrypt,
		Note: "to encrypted SQS queues; the name of the principal is an inference", Origin: sqsOrigin},
})

func shortened(fs []ServiceFacts) []ServiceFacts {
	for i := range fs {
		fs[i].Short = short(fs[i].Name)
	}
	return fs
}

// short returns the part of a service principal that names the service, as logs or delivery.logs.
func short(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".cn"), ".amazonaws.com")
	return strings.TrimSuffix(name, ".<region>")
}

// Services returns what is known of every service in the table. The slice is the caller's.
func Services() []ServiceFacts { return append([]ServiceFacts(nil), services...) }

// Service finds a service by its principal, without letter case: with or without Region, and in China's domain too.
// False does not mean that there is no such service: the table has those whose calls to KMS are documented.
func Service(name string) (ServiceFacts, bool) {
	asked := short(strings.ToLower(name))
	if len(asked) == len(name) { // no domain
		return ServiceFacts{}, false
	}
	for _, f := range services {
		region, ok := strings.CutPrefix(asked, f.Short)
		if !ok || region != "" && !isRegion(strings.TrimPrefix(region, ".")) {
			continue
		}
		f.Name = name
		return f, true
	}
	return ServiceFacts{}, false
}

// isRegion tells whether the text looks like a Region: eu-west-1, us-gov-east-1; or like a template's symbol for one,
// which is a single rune beyond ASCII.
func isRegion(text string) bool {
	parts := strings.Split(text, "-")
	if last := parts[len(parts)-1]; len(parts) >= 3 && len(last) == 1 && '0' <= last[0] && last[0] <= '9' {
		return !strings.Contains(text, ".")
	}
	runes := []rune(text)
	return len(runes) == 1 && runes[0] >= 0xF0000
}
