package authz_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/policy"
)

// satisfiability returns a policy shaped like a random 3-SAT formula: everyone may decrypt, and each Deny is a clause over three keys.
func satisfiability(d dice, keys, denies int) []*policy.Value {
	all := []*policy.Value{object("Effect", text("Allow"), "Principal", text("*"), "Action", text("kms:Decrypt"), "Resource", text("*"))}
	for range denies {
		yes, no := object(), object()
		for len(yes.Members)+len(no.Members) < 3 {
			key := fmt.Sprintf("kms:EncryptionContext:k%d", d.IntN(keys))
			if yes.Get(key) != nil || no.Get(key) != nil {
				continue
			}
			if d.chance(50) {
				put(yes, key, text("x"))
			} else {
				put(no, key, text("x"))
			}
		}
		conditions := object()
		if len(yes.Members) > 0 {
			put(conditions, "StringEquals", yes)
		}
		if len(no.Members) > 0 {
			put(conditions, "StringNotEquals", no)
		}
		all = append(all, object("Effect", text("Deny"), "Principal", text("*"), "Action", text("kms:*"), "Resource", text("*"), "Condition", conditions))
	}
	return all
}

// wildcards returns policies whose patterns blow automata up (decision-procedure.md §10.1).
func wildcards(n int) []*policy.Value {
	allow := object("Effect", text("Allow"), "Principal", text("*"), "Action", text("kms:Decrypt"), "Resource", text("*"),
		"Condition", object("StringLike", object("kms:EncryptionContext:k", text("*a"+strings.Repeat("?", n)))))
	deny := object("Effect", text("Deny"), "Principal", text("*"), "Action", text("kms:*"), "Resource", text("*"),
		"Condition", object("StringLike", object("kms:EncryptionContext:k", list([]string{"*a" + strings.Repeat("?", n-1) + "b", "*a" + strings.Repeat("?", n-1) + "c", "*[!bc]"}))))
	many := []string{}
	for i := range n {
		many = append(many, "*"+strings.Repeat("a?", i%7)+"*b"+strings.Repeat("?", i))
	}
	union := object("Effect", text("Deny"), "Principal", text("*"), "Action", text("kms:*"), "Resource", text("*"),
		"Condition", object("StringNotLike", object("kms:EncryptionContext:k", list(many))))
	return []*policy.Value{allow, deny, union}
}

// patterned returns a policy with many Denies of random patterns over few keys: every branch is a question about patterns.
func patterned(d dice, keys, denies, length int) []*policy.Value {
	all := satisfiability(d, 1, 0)
	for range denies {
		yes, no := object(), object()
		for len(yes.Members)+len(no.Members) < min(3, keys) {
			key := fmt.Sprintf("kms:EncryptionContext:k%d", d.IntN(keys))
			if yes.Get(key) != nil || no.Get(key) != nil {
				continue
			}
			pattern := "*"
			for range length {
				pattern += d.pick("a", "b", "?", "*")
			}
			if d.chance(50) {
				put(yes, key, text(pattern))
			} else {
				put(no, key, text(pattern))
			}
		}
		all = append(all, object("Effect", text("Deny"), "Principal", text("*"), "Action", text("kms:*"), "Resource", text("*"), "Condition", object("StringLike", yes, "StringNotLike", no)))
	}
	return all
}

// questions are what rules ask about a policy: for each caller kind and set of accounts, both ways in, and about each statement.
func questions(e *authz.Engine, p *policy.Policy) int {
	n := 0
	for _, where := range []authz.Where{authz.OwnAccount, authz.NamedAccounts, authz.UnnamedAccounts} {
		for _, set := range []authz.Set{e.Direct(0), e.Delegated(0)} {
			e.Find(authz.Query{Callers: authz.Identities, Where: where}, set)
			n++
		}
	}
	for i := range p.Count {
		e.Find(authz.Query{}, e.Reach(0).Of(i))
		n++
	}
	return n
}

// TestHostile: policies made to cost end soon, with an answer or with the budget that ran out.
func TestHostile(t *testing.T) {
	for _, test := range []struct {
		name       string
		statements []*policy.Value
	}{
		{"20 keys, 85 denies", satisfiability(roll(1), 20, 85)},
		{"40 keys, 170 denies", satisfiability(roll(2), 40, 170)},
		{"60 keys, 255 denies", satisfiability(roll(3), 60, 255)},
		{"80 keys, 340 denies", satisfiability(roll(4), 80, 340)},
		{"80 keys, 340 denies, again", satisfiability(roll(5), 80, 340)},
		{"80 keys, 340 denies, once more", satisfiability(roll(6), 80, 340)},
		{"patterns over 1 key", patterned(roll(7), 1, 300, 8)},
		{"patterns over 3 keys", patterned(roll(8), 3, 200, 6)},
		{"patterns over 10 keys", patterned(roll(9), 10, 200, 10)},
		{"patterns over 40 keys", patterned(roll(10), 40, 200, 12)},
		{"wildcards 8", wildcards(8)},
		{"wildcards 16", wildcards(16)},
		{"wildcards 30", wildcards(30)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := policyOf(test.statements)
			e := authz.New(p)
			start := time.Now()
			a := e.Find(authz.Query{}, e.Direct(0))
			took := time.Since(start)
			t.Logf("%v in %v because %v", a.Verdict, took, a.Because)
			replay(t, p, a, 0, test.statements)
			if a.Verdict == authz.Undecided && !strings.Contains(strings.Join(a.Because, "\n"), "budget") {
				t.Errorf("undecided because %v", a.Because)
			}
		})
	}
}

var hundred = func() *policy.Policy {
	d := roll(9)
	all := []*policy.Value{object("Effect", text("Allow"), "Principal", object("AWS", text(own)), "Action", text("kms:*"), "Resource", text("*"),
		"Condition", object("StringEquals", object("aws:PrincipalType", text("Account"))))}
	for i := range 90 {
		all = append(all, object("Effect", text("Allow"), "Principal", object("AWS", text(fmt.Sprintf("arn:aws:iam::%012d:role/App%d", 100000000000+i%12, i))),
			"Action", list(d.some(3, "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:DescribeKey", "kms:CreateGrant")), "Resource", text("*"),
			"Condition", object("StringEquals", object("kms:ViaService", text(d.pick("s3.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com"))),
				"StringLike", object("kms:EncryptionContext:App", text(fmt.Sprintf("app-%d-*", i%20))))))
	}
	for range 9 {
		all = append(all, object("Effect", text("Deny"), "Principal", text("*"), "Action", text("kms:*"), "Resource", text("*"),
			"Condition", object("StringNotEquals", object("aws:PrincipalOrgID", text("o-one")), "Bool", object("aws:PrincipalIsAWSService", text("false")))))
	}
	return policyOf(all)
}()

func BenchmarkHundredStatements(b *testing.B) {
	n := 0
	for b.Loop() {
		n = questions(authz.New(hundred), hundred)
	}
	b.ReportMetric(float64(n), "questions/op")
}

func BenchmarkNew(b *testing.B) {
	p := read(b, document(root+","+admin+","+everyoneIn+","+denyOthers))
	for b.Loop() {
		authz.New(p)
	}
}

func BenchmarkOneQuery(b *testing.B) {
	p := read(b, document(root+","+admin+","+everyoneIn+","+denyOthers))
	for _, fresh := range []bool{true, false} {
		b.Run(fmt.Sprintf("fresh=%t", fresh), func(b *testing.B) {
			e := authz.New(p)
			for b.Loop() {
				if fresh {
					e = authz.New(p)
				}
				e.Find(authz.Query{Callers: authz.Identities, Where: authz.UnnamedAccounts}, e.Direct(0))
			}
		})
	}
}

// BenchmarkRandomQueries reports how long single questions about random policies take, the compilation of what they need included.
func BenchmarkRandomQueries(b *testing.B) {
	var took []time.Duration
	ask := func(e *authz.Engine, q authz.Query, s authz.Set) {
		start := time.Now()
		e.Find(q, s)
		took = append(took, time.Since(start))
	}
	i := uint64(0)
	for b.Loop() {
		i++
		p := policyOf(roll(i).statements(8))
		e := authz.New(p)
		for _, s := range []authz.Set{e.Direct(0), e.Delegated(0), e.Reach(0).Less(e.Named(0, 0))} {
			for _, where := range []authz.Where{authz.OwnAccount, authz.NamedAccounts, authz.UnnamedAccounts} {
				ask(e, authz.Query{Callers: authz.Identities, Where: where}, s)
			}
		}
	}
	slices.Sort(took)
	for _, at := range []float64{0.5, 0.99, 1} {
		b.ReportMetric(float64(took[int(at*float64(len(took)-1))].Microseconds()), fmt.Sprintf("p%g-µs", at*100))
	}
}

func BenchmarkSatisfiability(b *testing.B) {
	for _, size := range [][2]int{{20, 85}, {40, 170}, {60, 255}, {80, 340}} {
		b.Run(fmt.Sprintf("keys=%d", size[0]), func(b *testing.B) {
			var policies []*policy.Policy
			for i := range uint64(10) {
				policies = append(policies, policyOf(satisfiability(roll(i), size[0], size[1])))
			}
			worst, decided, i := time.Duration(0), 0, 0
			for b.Loop() {
				e := authz.New(policies[i%len(policies)])
				start := time.Now()
				if e.Find(authz.Query{}, e.Direct(0)).Verdict != authz.Undecided {
					decided++
				}
				worst = max(worst, time.Since(start))
				i++
			}
			b.ReportMetric(float64(worst.Milliseconds()), "worst-ms")
			b.ReportMetric(100*float64(decided)/float64(i), "decided-%")
		})
	}
}
