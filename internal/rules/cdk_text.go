package rules

import (
	"fmt"
	"strings"

	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/lint"
)

// cdkText writes the hardened policy as CDK source (cdk.md §7). The caller's grant methods then write to IAM alone, which no longer
// counts, so each grant is named on both sides; those of a bucket or queue that the key encrypts go round KeyGrants too (§7.2).
func cdkText(p *lint.Pass) string {
	who := p.Config.Administrators
	if p.Key.Deployer != "" {
		who = append(who[:len(who):len(who)], p.Show(p.Key.Deployer))
	}
	who = append(who[:len(who):len(who)], p.Config.Deployers...)
	if len(who) == 0 {
		who = []string{"<your key administrators, and the role that deploys>"}
	}
	var principals, seen []string
	for _, w := range who {
		w = strings.NewReplacer("${AWS::Partition}", "${this.partition}", "${AWS::AccountId}", "${this.account}", "${AWS::Region}", "${this.region}").Replace(w)
		if line := fmt.Sprintf("new iam.ArnPrincipal(`%s`)", strings.ReplaceAll(w, "`", "")); !contains(seen, line) {
			seen = append(seen, line)
			principals = append(principals, line)
		}
	}
	var b strings.Builder
	b.WriteString("policy: new iam.PolicyDocument({ statements: [\n")
	fmt.Fprintf(&b, "  new iam.PolicyStatement({ sid: '%s', principals: [new iam.AccountRootPrincipal()], actions: ['kms:*'], resources: ['*'],\n", rootSid)
	b.WriteString("    conditions: { StringEquals: { 'aws:PrincipalType': 'Account' } } }),\n")
	fmt.Fprintf(&b, "  new iam.PolicyStatement({ sid: '%s', resources: ['*'],\n", administratorsSid)
	fmt.Fprintf(&b, "    principals: [%s],\n", strings.Join(principals, ", "))
	fmt.Fprintf(&b, "    actions: ['%s'] }),\n", strings.Join(kms.AdministratorActions, "', '"))
	b.WriteString("]}),\n")
	b.WriteString("// key.grant*() of the same account writes IAM policies only, which stop working: grant on both sides instead\n")
	b.WriteString("kms.KeyGrants.fromKey(key, false).encryptDecrypt(role);\n")
	b.WriteString("// so do the grants of what the key encrypts (bucket.grantRead, queue.grantSendMessages, ...): name their grantees too\n")
	b.WriteString("key.addToResourcePolicy(new iam.PolicyStatement({ principals: [role], actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], resources: ['*'] }));\n")
	return b.String()
}

func contains(all []string, s string) bool {
	for _, have := range all {
		if have == s {
			return true
		}
	}
	return false
}
