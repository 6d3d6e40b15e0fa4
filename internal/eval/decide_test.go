package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// identityPolicy is one statement of an IAM policy: no Principal.
func identityPolicy(effect, action, resource, condition string) string {
	if condition != "" {
		condition = `, "Condition": ` + condition
	}
	return fmt.Sprintf(`{"Effect": %q, "Action": %q, "Resource": %q%s}`, effect, action, resource, condition)
}

// TestDecide is DESIGN section 4, reasons of simulate, and semantics.md §5.1.
func TestDecide(t *testing.T) {
	useAll := identityPolicy("Allow", "kms:*", "*", "")
	maybeDeny := deny("*", "kms:*", `{"ArnLike": {"aws:PrincipalArn": "*"}}`)
	for _, row := range []struct {
		name     string
		key      []string
		identity string
		caller   string
		action   string
		want     string // decision reason key_policy statements
	}{
		// §5.1 step 5: the own account
		{"named user", []string{allow(alice, "kms:*", "")}, "", alice, decrypt, "allow direct direct [0]"},
		{"root user", []string{allow(root, "kms:*", "")}, "", root, decrypt, "allow direct direct [0]"},
		{"delegated", []string{allow(root, "kms:*", "")}, useAll, alice, decrypt, "allow delegated delegated [0]"},
		{"delegated, no policy", []string{allow(root, "kms:*", "")}, "", alice, decrypt, "deny identity-policy-missing delegated [0]"},
		{"delegated, other action", []string{allow(root, "kms:Encrypt", "")}, useAll, alice, decrypt, "deny not-delegated none []"},
		{"both", []string{allow(root, "kms:*", ""), allow(alice, "kms:*", "")}, useAll, alice, decrypt, "allow direct direct [1]"},
		{"silent", []string{allow(bob, "kms:*", "")}, "", alice, decrypt, "deny implicit-deny none []"},
		{"two statements", []string{allow(alice, "kms:*", ""), allow(bob, "kms:*", ""), allow("*", "kms:*", "")}, "", alice, decrypt, "allow direct direct [0 2]"},
		// step 1
		{"key policy denies", []string{allow(alice, "kms:*", ""), deny(alice, "kms:*", "")}, useAll, alice, decrypt, "deny explicit-deny deny [1]"},
		{"identity policy denies", []string{allow(alice, "kms:*", "")}, identityPolicy("Deny", "kms:*", "*", ""), alice, decrypt, "deny explicit-deny direct []"},
		{"root denied by account", []string{allow(root, "kms:*", ""), deny(root, "kms:*", "")}, "", root, decrypt, "deny explicit-deny deny [1]"},
		// step 4
		{"service", []string{allow(logs, "kms:*", "")}, "", logs, decrypt, "allow direct direct [0]"},
		{"other service", []string{allow(logs, "kms:*", "")}, "", sns, decrypt, "deny implicit-deny none []"},
		{"service and star", []string{allow("*", "kms:*", "")}, "", logs, decrypt, "undecided direct direct [0]"},
		// step 6: another account
		{"foreign identity", []string{allow(alien, "kms:*", "")}, useAll, alien, decrypt, "allow direct direct [0]"},
		{"foreign identity, no policy", []string{allow(alien, "kms:*", "")}, "", alien, decrypt, "deny identity-policy-missing direct [0]"},
		{"foreign account", []string{allow(other, "kms:*", "")}, useAll, alien, decrypt, "allow delegated delegated [0]"},
		{"foreign account, no policy", []string{allow(other, "kms:*", "")}, "", alien, decrypt, "deny identity-policy-missing delegated [0]"},
		{"everyone", []string{allow("*", "kms:*", "")}, useAll, alien, decrypt, "allow direct direct [0]"},
		{"foreign, own-account action", []string{allow("*", "kms:*", "")}, useAll, alien, "kms:PutKeyPolicy", "deny not-delegated none []"},
		// §2.3, §3.1
		{"RetireGrant", []string{allow("*", "kms:*", "")}, "", alice, "kms:RetireGrant", "deny implicit-deny none []"},
		{"RetireGrant denied", []string{deny("*", "kms:*", "")}, "", alice, "kms:RetireGrant", "deny explicit-deny deny [0]"},
		{"CreateKey", []string{deny("*", "kms:*", "")}, "", alice, "kms:CreateKey", "deny implicit-deny none []"},
		// doubt
		{"doubtful deny", []string{allow(alice, "kms:*", ""), maybeDeny}, "", alice, decrypt, "undecided explicit-deny deny [1 0]"},
		{"doubtful deny, nothing allowed", []string{maybeDeny}, "", alice, decrypt, "deny implicit-deny none []"},
		{"doubtful direct, sure delegated", []string{allow(root, "kms:*", ""), allow(alice, "kms:*", `{"ArnLike": {"aws:PrincipalArn": "*"}}`)}, useAll, alice, decrypt, "allow delegated delegated [0]"},
		{"doubtful direct and delegated", []string{allow(root, "kms:*", ""), allow(alice, "kms:*", `{"ArnLike": {"aws:PrincipalArn": "*"}}`)}, "", alice, decrypt, "undecided direct direct [0 1]"},
		{"doubtful identity policy", []string{allow(root, "kms:*", "")}, identityPolicy("Allow", "kms:*", keyARN, ""), alice, decrypt, "undecided delegated delegated [0]"},
		{"identity policy, other key of the Region", []string{allow(root, "kms:*", "")}, identityPolicy("Allow", "kms:*", "arn:aws:kms:*:111122223333:alias/*", ""), alice, decrypt, "deny identity-policy-missing delegated [0]"},
		{"identity policy, all own keys", []string{allow(root, "kms:*", "")}, identityPolicy("Allow", "kms:*", "arn:aws:kms:*:111122223333:key/*", ""), alice, decrypt, "allow delegated delegated [0]"},
		{"identity policy, other action", []string{allow(root, "kms:*", "")}, identityPolicy("Allow", "kms:Encrypt", "*", ""), alice, decrypt, "deny identity-policy-missing delegated [0]"},
		{"identity policy, condition", []string{allow(root, "kms:*", "")}, identityPolicy("Allow", "kms:*", "*", `{"StringEquals": {"aws:username": "${aws:username}"}}`), alice, decrypt, "allow delegated delegated [0]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := key(t, row.key...)
			var identity []*policy.Policy
			if row.identity != "" {
				identity = append(identity, nil, read(t, policy.Version2012, row.identity))
			}
			r, err := eval.Complete(p, policy.Request{Principal: row.caller, Action: row.action})
			if err != nil {
				t.Fatal(err)
			}
			d := eval.Decide(p, identity, r)
			if got := fmt.Sprintf("%s %s %s %v", d.Decision, d.Reason, d.KeyPolicy, d.Statements); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
			if (d.Decision == "undecided") != (len(d.Because) > 0) || d.Statements == nil {
				t.Errorf("%+v", d)
			}
		})
	}
}

// TestDecideForeignIdentityPolicy: an unnamed key is of the key policy's account, whoever's the identity policy is.
func TestDecideForeignIdentityPolicy(t *testing.T) {
	p, identity := key(t, allow(other, "kms:*", "")), read(t, policy.Version2012, identityPolicy("Allow", "kms:*", "arn:aws:kms:*:111122223333:key/*", ""))
	identity.SetOwn(other)
	r, err := eval.Complete(p, policy.Request{Principal: alien, Action: decrypt})
	if err != nil {
		t.Fatal(err)
	}
	if d := eval.Decide(p, []*policy.Policy{identity}, r); d.Decision != "allow" || d.Reason != "delegated" {
		t.Errorf("%+v", d)
	}
}

// TestDecideUnreadIdentity: an identity policy that could not be read makes delegated access undecided.
func TestDecideUnreadIdentity(t *testing.T) {
	p, identity := key(t, allow(root, "kms:*", "")), read(t, policy.Version2012, identityPolicy("Allow", "kms:*", "*", ""))
	identity.Unknown = []policy.Unread{{Construct: "Fn::Transform"}}
	r, err := eval.Complete(p, policy.Request{Principal: alice, Action: decrypt})
	if err != nil {
		t.Fatal(err)
	}
	if d := eval.Decide(p, []*policy.Policy{identity}, r); d.Decision != "undecided" || !strings.Contains(fmt.Sprint(d.Because), "Fn::Transform") {
		t.Errorf("%+v", d)
	}
}
