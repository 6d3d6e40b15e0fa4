// The keys of this app are made in as many ways as people make them. Each line that makes keys says how many the whole
// assembly has of it: "// makes 2".
import * as path from 'node:path';
import * as cdk from 'aws-cdk-lib';
import * as include from 'aws-cdk-lib/cloudformation-include';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

const anyone = () => new iam.PolicyStatement({ sid: 'LeftOpen', principals: [new iam.AnyPrincipal()], actions: ['kms:Decrypt'], resources: ['*'] });

class Vault extends Construct {
  readonly key: kms.Key;
  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key'); // makes 4
  }
}

class Keys extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    new kms.Key(this, 'Plain'); // makes 1
    const hardened = new kms.Key(this, 'Hardened', { // makes 1
      enableKeyRotation: true,
      policy: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({
            sid: 'EnableRootAccessAndPreventPermissionDelegation', principals: [new iam.AccountRootPrincipal()], actions: ['kms:*'], resources: ['*'],
            conditions: { StringEquals: { 'aws:PrincipalType': 'Account' } },
          }),
          new iam.PolicyStatement({ sid: 'Administrators', principals: [new iam.ArnPrincipal(`arn:${this.partition}:iam::${this.account}:role/KeyAdmin`)], actions: ['kms:Put*', 'kms:Describe*'], resources: ['*'] }),
        ],
      }),
    });
    hardened.grantDecrypt(role);
    const open = new kms.Key(this, 'Open'); // makes 1
    open.addToResourcePolicy(anyone());
    new kms.CfnKey(this, 'Raw', { // makes 1
      multiRegion: true,
      keyPolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${this.account}:root` }, Action: 'kms:*', Resource: '*' }] },
    });
    new kms.CfnReplicaKey(this, 'Replica', { // makes 1
      primaryKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/mrk-1234',
      keyPolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:Decrypt', Resource: '*' }] },
    });
    for (const name of ['a', 'b', 'c', 'd']) new Vault(this, 'Vault' + name);
    new s3.Bucket(this, 'Bucket', { encryption: s3.BucketEncryption.KMS }); // makes 1
    new sqs.Queue(this, 'Queue', { encryption: sqs.QueueEncryption.KMS }); // makes 1
    const condition = new cdk.CfnCondition(this, 'InChina', { expression: cdk.Fn.conditionEquals(this.partition, 'aws-cn') });
    const sometimes = new kms.Key(this, 'Sometimes'); // makes 1
    (sometimes.node.defaultChild as kms.CfnKey).cfnOptions.condition = condition;
    sometimes.grantEncrypt(role);
  }
}

class Inner extends cdk.NestedStack {
  constructor(scope: Construct, id: string, reader: iam.IRole, props?: cdk.NestedStackProps) {
    super(scope, id, props);
    const key = new kms.Key(this, 'InnerKey'); // makes 3
    key.addToResourcePolicy(new iam.PolicyStatement({ sid: 'Reader', principals: [new iam.ArnPrincipal(reader.roleArn)], actions: ['kms:Decrypt'], resources: ['*'] }));
    const who = new cdk.CfnParameter(this, 'Who', { type: 'String' });
    new kms.CfnKey(this, 'Passed', { // makes 3
      keyPolicy: { Version: '2012-10-17', Statement: [{ Sid: 'Passed', Effect: 'Allow', Principal: { AWS: who.valueAsString }, Action: 'kms:Decrypt', Resource: '*' }] },
    });
  }
}

class Outer extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    new Inner(this, 'Inner', role, { parameters: { Who: '*' } });
  }
}

class Included extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new include.CfnInclude(this, 'Shared', { templateFile: path.join(__dirname, 'include', 'shared.yaml') }); // makes 1
  }
}

class Grants extends cdk.Stack {
  constructor(scope: Construct, id: string, key: kms.IKey) {
    super(scope, id);
    key.grantEncryptDecrypt(new iam.Role(this, 'Consumer', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
  }
}

class Exporting extends cdk.Stack {
  readonly key = new kms.Key(this, 'Exported'); // makes 1
}

const app = new cdk.App();
new Keys(app, 'Keys');
new Outer(app, 'Outer');
new Included(app, 'Included');
new Grants(app, 'Grants', new Exporting(app, 'Exporting').key);
for (const [name, account] of [['Beta', '111122223333'], ['Prod', '444455556666']]) {
  const stage = new cdk.Stage(app, name, { env: { account, region: 'eu-west-1' } });
  new Outer(stage, 'Outer');
}
