package cfn

import (
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// shape says what Ref and the ARN attribute of a resource type look like. Sources: "Return values" of each type in the
// CloudFormation User Guide; the ARN forms of the Service Authorization Reference.
type shape struct {
	arn        string // of the part after "arn:": $r Region, $a account, $n name
	name       string // the property that holds the name; "" where AWS makes it
	attribute  string // the attribute that is the ARN, "" where none is
	refIsARN   bool
	refUnknown bool // Ref is neither the name nor the ARN
}

var shapes = map[string]shape{
	"AWS::IAM::Role":                       {arn: "iam::$a:role$p$n", name: "RoleName", attribute: "Arn"},
	"AWS::IAM::User":                       {arn: "iam::$a:user$p$n", name: "UserName", attribute: "Arn"},
	"AWS::IAM::Group":                      {arn: "iam::$a:group$p$n", name: "GroupName", attribute: "Arn"},
	"AWS::IAM::InstanceProfile":            {arn: "iam::$a:instance-profile$p$n", name: "InstanceProfileName", attribute: "Arn"},
	"AWS::IAM::ManagedPolicy":              {arn: "iam::$a:policy$p$n", name: "ManagedPolicyName", attribute: "PolicyArn", refIsARN: true},
	"AWS::KMS::Key":                        {arn: "kms:$r:$a:key/$n", attribute: "Arn"},
	"AWS::KMS::ReplicaKey":                 {arn: "kms:$r:$a:key/$n", attribute: "Arn"},
	"AWS::KMS::Alias":                      {arn: "kms:$r:$a:$n", name: "AliasName"},
	"AWS::Logs::LogGroup":                  {arn: "logs:$r:$a:log-group:$n:*", name: "LogGroupName", attribute: "Arn"},
	"AWS::SNS::Topic":                      {arn: "sns:$r:$a:$n", name: "TopicName", attribute: "TopicArn", refIsARN: true},
	"AWS::SQS::Queue":                      {arn: "sqs:$r:$a:$n", name: "QueueName", attribute: "Arn", refUnknown: true},
	"AWS::S3::Bucket":                      {arn: "s3:::$n", name: "BucketName", attribute: "Arn"},
	"AWS::CloudTrail::Trail":               {arn: "cloudtrail:$r:$a:trail/$n", name: "TrailName", attribute: "Arn"},
	"AWS::Lambda::Function":                {arn: "lambda:$r:$a:function:$n", name: "FunctionName", attribute: "Arn"},
	"AWS::Serverless::Function":            {arn: "lambda:$r:$a:function:$n", name: "FunctionName", attribute: "Arn"},
	"AWS::DynamoDB::Table":                 {arn: "dynamodb:$r:$a:table/$n", name: "TableName", attribute: "Arn"},
	"AWS::DynamoDB::GlobalTable":           {arn: "dynamodb:$r:$a:table/$n", name: "TableName", attribute: "Arn"},
	"AWS::Kinesis::Stream":                 {arn: "kinesis:$r:$a:stream/$n", name: "Name", attribute: "Arn"},
	"AWS::KinesisFirehose::DeliveryStream": {arn: "firehose:$r:$a:deliverystream/$n", name: "DeliveryStreamName", attribute: "Arn"},
	"AWS::StepFunctions::StateMachine":     {arn: "states:$r:$a:stateMachine:$n", name: "StateMachineName", attribute: "Arn", refIsARN: true},
	"AWS::Serverless::StateMachine":        {arn: "states:$r:$a:stateMachine:$n", name: "Name", attribute: "Arn", refIsARN: true},
	"AWS::Events::Rule":                    {arn: "events:$r:$a:rule/$n", name: "Name", attribute: "Arn"},
	"AWS::Events::EventBus":                {arn: "events:$r:$a:event-bus/$n", name: "Name", attribute: "Arn"},
	"AWS::ECR::Repository":                 {arn: "ecr:$r:$a:repository/$n", name: "RepositoryName", attribute: "Arn"},
	"AWS::ECS::Cluster":                    {arn: "ecs:$r:$a:cluster/$n", name: "ClusterName", attribute: "Arn"},
	"AWS::CodeBuild::Project":              {arn: "codebuild:$r:$a:project/$n", name: "Name", attribute: "Arn"},
	"AWS::RDS::DBInstance":                 {arn: "rds:$r:$a:db:$n", name: "DBInstanceIdentifier", attribute: "DBInstanceArn"},
	"AWS::RDS::DBCluster":                  {arn: "rds:$r:$a:cluster:$n", name: "DBClusterIdentifier", attribute: "DBClusterArn"},
}

// arn writes an ARN of the template's own partition and account; a Region of "" leaves it out.
func (w *work) arn(service, region, resource string) string {
	return "arn:" + w.partition + ":" + service + ":" + region + ":" + w.own + ":" + resource
}

// resourceRef is the value of Ref to a resource.
func (w *work) resourceRef(r *resource, n *syntax.Node) *policy.Value {
	s, ok := shapes[r.typ]
	switch {
	case !ok || s.refUnknown:
		return w.symbol(n, r.id)
	case s.refIsARN:
		return w.shapedARN(r, s, n)
	}
	return w.resourceName(r, s, n)
}

// resourceAttribute is the value of an attribute of a resource, or nil where only its name is known.
func (w *work) resourceAttribute(r *resource, attribute string, n *syntax.Node) *policy.Value {
	s, ok := shapes[r.typ]
	switch {
	case ok && attribute == s.attribute:
		return w.shapedARN(r, s, n)
	case (r.typ == "AWS::KMS::Key" || r.typ == "AWS::KMS::ReplicaKey") && attribute == "KeyId":
		return w.symbol(n, r.id)
	case ok && s.name != "" && attribute == s.name, r.typ == "AWS::SNS::Topic" && attribute == "TopicName", r.typ == "AWS::SQS::Queue" && attribute == "QueueName":
		return w.resourceName(r, s, n)
	}
	return nil
}

// resourceName is the physical name of a resource where the template writes it, else a symbol with the logical id.
func (w *work) resourceName(r *resource, s shape, n *syntax.Node) *policy.Value {
	if s.name == "" || r.properties == nil {
		return w.symbol(n, r.id)
	}
	name := r.properties.Get(s.name)
	if name == nil || w.visiting[r.id] {
		return w.symbol(n, r.id)
	}
	w.visiting[r.id] = true
	defer delete(w.visiting, r.id)
	return each(n, w.in(r.loops).value(name), func(v *policy.Value) *policy.Value {
		if v.Kind != policy.Text || v.Text == "" {
			return w.symbol(n, r.id)
		}
		return text(n, v.Text)
	})
}

// shapedARN writes the ARN of a resource out.
func (w *work) shapedARN(r *resource, s shape, n *syntax.Node) *policy.Value {
	var parts []*policy.Value
	add := func(s string) { parts = append(parts, text(n, s)) }
	add("arn:" + w.partition + ":")
	rest := s.arn
	for rest != "" {
		literal, tail, found := strings.Cut(rest, "$")
		add(literal)
		if !found {
			break
		}
		switch tail[0] {
		case 'r':
			add(w.t.Symbols.Rune("${AWS::Region}"))
		case 'a':
			add(w.own)
		case 'n':
			parts = append(parts, w.resourceName(r, s, n))
		case 'p':
			parts = append(parts, w.iamPath(r, n))
		}
		rest = tail[1:]
	}
	return w.concatenate(n, "Fn::GetAtt", "", parts)
}

// iamPath is the Path of an IAM resource, "/" by default.
func (w *work) iamPath(r *resource, n *syntax.Node) *policy.Value {
	if r.properties == nil || r.properties.Get("Path") == nil || w.visiting[r.id+"/Path"] {
		return text(n, "/")
	}
	w.visiting[r.id+"/Path"] = true
	defer delete(w.visiting, r.id+"/Path")
	return each(n, w.in(r.loops).value(r.properties.Get("Path")), func(v *policy.Value) *policy.Value {
		switch {
		case v.Kind == policy.Absent:
			return text(n, "/")
		case v.Kind == policy.Text && policy.HasSymbol(v.Text) && !strings.HasPrefix(v.Text, "/"):
			return text(n, "/"+v.Text+"/") // a parameter that holds "/path/": kept apart from the name
		}
		return v
	})
}
