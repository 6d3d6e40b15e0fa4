package authz_test

import (
	"testing"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// smallStatements is every statement of a small universe.
func smallStatements() []*policy.Value {
	var all []*policy.Value
	for _, effect := range []string{"Allow", "Deny"} {
		for _, principal := range []*policy.Value{
			text("*"), object("AWS", text(own)), object("AWS", text("arn:aws:iam::111122223333:role/Admin")),
			object("AWS", text("arn:aws:iam::444455556666:root"), "Service", text("logs.amazonaws.com")),
		} {
			for _, element := range []string{"Principal", "NotPrincipal"} {
				for _, action := range [][]string{{"kms:Decrypt"}, {"kms:*"}} {
					for _, condition := range []*policy.Value{
						nil, object("StringEquals", object("aws:PrincipalTag/team", text("red"))),
						object("StringNotEquals", object("aws:PrincipalTag/team", text("red"))), object("Null", object("aws:PrincipalTag/team", text("false"))),
					} {
						if element == "NotPrincipal" && (condition != nil || action[0] == "kms:*") {
							continue
						}
						s := object("Effect", text(effect), element, principal, "Action", list(action), "Resource", text("*"))
						if condition != nil {
							put(s, "Condition", condition)
						}
						all = append(all, s)
					}
				}
			}
		}
	}
	return all
}

// smallCallers are the callers that the small universe can tell apart, with who can carry a tag.
var smallCallers = []struct {
	principal string
	tagged    bool
}{
	{"arn:aws:iam::111122223333:root", false},
	{"arn:aws:iam::111122223333:user/Bob", true},
	{"arn:aws:iam::111122223333:role/Admin", true},
	{"arn:aws:iam::444455556666:role/Admin", true},
	{"arn:aws:iam::999900001111:role/Admin", true},
	{"logs.amazonaws.com", false},
}

// TestAllSmallPolicies asks of every policy of one or two statements of the small universe who can do what. The requests
// of the universe stand for all others, so the evaluator's answers to them settle what the engine must say.
func TestAllSmallPolicies(t *testing.T) {
	statements := smallStatements()
	policies, questions := 0, 0
	for i, first := range statements {
		for j, second := range statements[i:] {
			if testing.Short() && (i+j)%10 != 0 {
				continue
			}
			all := []*policy.Value{first, second}
			if j == 0 {
				all = all[:1]
			}
			policies++
			questions += small(t, all)
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d policies of %d statements, %d questions", policies, len(statements), questions)
}

func small(t *testing.T, statements []*policy.Value) (questions int) {
	p := policyOf(statements)
	e := authz.New(p)
	sets := []authz.Set{e.Direct(0), e.Delegated(0), e.Denied(0, -1)}
	for _, caller := range smallCallers {
		for _, action := range []string{"kms:Decrypt", "kms:PutKeyPolicy"} {
			var best [3]eval.Truth
			for _, tag := range [][]string{nil, {"red"}, {"blue"}} {
				if tag != nil && !caller.tagged {
					continue
				}
				r := policy.Request{Principal: caller.principal, Action: action, When: map[string]string{"IsProd": "true", "Stage": "prod"}}
				if tag != nil {
					r.Context = map[string][]string{"aws:PrincipalTag/team": tag}
				}
				r, err := eval.Complete(p, r)
				if err != nil {
					t.Fatal(err)
				}
				got := eval.KeyPolicy(p, r)
				for i, truth := range []eval.Truth{got.Direct, got.Delegated, got.Denied} {
					best[i] = max(best[i], truth)
				}
			}
			for i, s := range sets {
				questions++
				q := authz.Query{Principal: caller.principal, Actions: kms.Set(action), Via: authz.Directly}
				want := map[eval.Truth]authz.Verdict{eval.Yes: authz.Yes, eval.No: authz.No, eval.Maybe: authz.Undecided}[best[i]]
				if a := e.Find(q, s); a.Verdict != want {
					t.Errorf("set %d, %s by %s: the engine says %v because %v, the evaluator at best %v%s", i, action, caller.principal, a.Verdict, a.Because, best[i], showAll(statements))
				}
			}
		}
	}
	return questions
}
