package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// TestNotPrincipal is semantics.md §1.4: an identity is exempt where account, identity and (of sessions) session are
// all listed; listed in part, nobody knows; a Deny always hits whoever has a permissions boundary.
func TestNotPrincipal(t *testing.T) {
	for _, row := range []struct {
		list   []string // "AWS" values, or a service
		caller string
		allow  string // Direct of an Allow
		deny   string // Denied of a Deny
	}{
		{[]string{bob}, alice, "y", "y"},
		{[]string{bob}, bob, "?", "?"},       // the account is not listed
		{[]string{bob, root}, bob, "n", "?"}, // the boundary of bob is not known
		{[]string{bob, root}, alice, "?", "?"},
		{[]string{bob, root}, root, "n", "n"},
		{[]string{bob}, root, "y", "y"},
		{[]string{root}, fed, "?", "?"},
		{[]string{bob}, fed, "?", "?"}, // may be bob's own session (§5.2)
		{[]string{root, fed}, fed, "n", "?"},
		{[]string{app}, appOne, "?", "?"},
		{[]string{app, root}, appOne, "?", "?"},
		{[]string{app, root, appOne}, appOne, "n", "?"},
		{[]string{app, root, appOne}, appTwo, "?", "?"},
		{[]string{app, root, appOne}, app, "?", "?"}, // the session has no name
		{[]string{app, root, appOne}, opsOne, "?", "?"},
		{[]string{app}, opsOne, "y", "y"},
		{[]string{other}, alice, "y", "y"},
		{[]string{other}, alien, "?", "?"},
		{[]string{other}, alRoot, "n", "n"},
		{[]string{other}, china, "y", "y"},
		{[]string{"*"}, alice, "n", "?"},
		{[]string{"*"}, root, "n", "n"},
		{[]string{"AIDACKCEVSQ6C2EXAMPLE"}, alice, "y", "y"},
		{[]string{bob}, logs, "?", "y"}, // §1.3: services, for Allow unverified; §6.12: a Deny hits them
		{[]string{logs}, logs, "n", "n"},
		{[]string{logs}, sns, "?", "y"},
		{[]string{"*"}, logs, "?", "?"},
	} {
		list := fmt.Sprintf(`"NotPrincipal": {"AWS": ["%s"]}`, strings.Join(row.list, `", "`))
		if row.list[0] == logs {
			list = fmt.Sprintf(`"NotPrincipal": {"Service": %q}`, logs)
		}
		got := ask(t, key(t, statement("Allow", list, "kms:*", "")), policy.Request{Principal: row.caller})
		if want := row.allow + "nn"; dld(got) != want {
			t.Errorf("Allow %s asked by %s: %s, want %s", list, row.caller, dld(got), want)
		}
		got = ask(t, key(t, allow("*", "kms:*", ""), statement("Deny", list, "kms:*", "")), policy.Request{Principal: row.caller})
		if letters(got.Denied) != row.deny {
			t.Errorf("Deny %s asked by %s: %s, want %s", list, row.caller, letters(got.Denied), row.deny)
		}
	}
}

// TestNotPrincipalEveryone: "*" in NotPrincipal leaves nobody (semantics.md §1.3, §1.4).
func TestNotPrincipalEveryone(t *testing.T) {
	p := key(t, statement("Allow", `"NotPrincipal": "*"`, "kms:*", ""))
	for _, c := range callers {
		if got := ask(t, p, policy.Request{Principal: c}); dld(got) != "nnn" {
			t.Errorf("%s: %s", c, dld(got))
		}
	}
}
