// An app that is run by node itself: no template has aws:cdk:path or aws:asset:path then.
const cdk = require('aws-cdk-lib');
const iam = require('aws-cdk-lib/aws-iam');
const kms = require('aws-cdk-lib/aws-kms');

class Inner extends cdk.NestedStack {
  constructor(scope, id) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key'); // makes 1
  }
}

class Plain extends cdk.Stack {
  constructor(scope, id) {
    super(scope, id);
    new kms.Key(this, 'Key', { pendingWindow: cdk.Duration.days(7) }); // makes 1
    const inner = new Inner(this, 'Inner');
    inner.key.grantDecrypt(new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') }));
  }
}

const app = new cdk.App({ outdir: process.env.OUT });
new Plain(app, 'Plain');
app.synth();
