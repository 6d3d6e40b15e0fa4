package authz_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/kms"
	"github.com/kmsguard/kmsguard/internal/policy"
)

var (
	exportSMT = flag.String("export-smt", "", "file for the queries that testdata/decisions/cvc5.sh puts to cvc5")
	smt       = flag.Int("smt", 1500, "number of those queries")
)

// aQuery is a question about one case, with the policy.
type aQuery struct {
	statements []*policy.Value
	query      authz.Query
	text       string
}

// solverQueries makes the queries, always the same.
func solverQueries(n int) []aQuery {
	var all []aQuery
	for i := uint64(0); len(all) < n; i++ {
		d := roll(9_000_000 + i)
		statements := d.statements(4)
		p := policyOf(statements)
		for _, kind := range []kms.Caller{kms.RoleCaller, kms.IAMUser, kms.RootUser} {
			for _, account := range []string{own, partner, ""} {
				via := d.chance(30)
				x := &encoding{kind: kind, account: account, named: append(p.Accounts(), own), via: via}
				text, ok := x.query(p)
				if !ok || account == partner && !strings.Contains(showAll(statements), partner) {
					continue
				}
				q := authz.Query{Callers: []kms.Caller{kind}, Where: authz.UnnamedAccounts, Account: account, Via: authz.Directly}
				if account != "" {
					q.Where = 0
				}
				if via {
					q.Via = authz.ThroughService
				}
				all = append(all, aQuery{statements, q, text})
			}
		}
	}
	return all[:n]
}

// TestSolverVerdicts compares the engine with what cvc5 said to the same questions, encoded without its code.
func TestSolverVerdicts(t *testing.T) {
	all := solverQueries(*smt)
	var b strings.Builder
	b.WriteString("(set-logic ALL)\n")
	for _, q := range all {
		b.WriteString(q.text)
	}
	if *exportSMT != "" {
		if err := os.WriteFile(*exportSMT, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile("../../testdata/decisions/cvc5.txt")
	if err != nil {
		t.Fatal(err)
	}
	header, letters, _ := strings.Cut(string(data), "\n")
	letters = strings.ReplaceAll(letters, "\n", "")
	if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(b.String()))); !strings.Contains(header, sum) || len(letters) != len(all) {
		t.Fatalf("the recorded answers are of other queries: run testdata/decisions/cvc5.sh (%s, want %s)", header, sum)
	}
	sat, unsat, unknown, undecided := 0, 0, 0, 0
	for i, q := range all {
		e := authz.New(policyOf(q.statements))
		a := e.Find(q.query, e.Direct(0))
		switch {
		case letters[i] == '?':
			unknown++
			continue
		case a.Verdict == authz.Undecided:
			undecided++
			continue
		case letters[i] == 's':
			sat++
		default:
			unsat++
		}
		if (a.Verdict == authz.Yes) != (letters[i] == 's') {
			t.Errorf("query %d: cvc5 says %c, the engine %v: %+v; %+v%s", i, letters[i], a.Verdict, q.query, a.Request, showAll(q.statements))
		}
	}
	t.Logf("%d queries: both yes %d, both no %d; undecided by the engine %d, unknown to cvc5 %d", len(all), sat, unsat, undecided, unknown)
}
