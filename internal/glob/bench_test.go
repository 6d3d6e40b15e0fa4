package glob

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func must(s string) Pattern {
	if p, ok := ARN(s); ok {
		return p
	}
	return Wildcard(s)
}

func all(ss ...string) []Pattern {
	var ps []Pattern
	for _, s := range ss {
		ps = append(ps, must(s))
	}
	return ps
}

func likes(ss ...string) []Pattern {
	var ps []Pattern
	for _, s := range ss {
		ps = append(ps, Wildcard(s))
	}
	return ps
}

const roles = "arn:aws:iam::111122223333:role/"

// twenty are negatives of many shapes under role/.
func twenty(n int, format string) []string {
	var ss []string
	for i := range n {
		ss = append(ss, fmt.Sprintf(format, 'a'+rune(i%26), i))
	}
	return ss
}

// union returns negatives that cover app-* together and none of them alone.
func union() []string {
	return append([]string{roles + "app-", roles + "app-?", roles + "app-??*a", roles + "app-*b?", roles + "app-??*"},
		twenty(13, roles+"app-%c%d*")...)
}

// Questions of decision-procedure.md §10.1, and of other hostile shapes.
func questions() []struct {
	name string
	l    Language
} {
	hostile := func(n int) Language {
		tail := "a" + strings.Repeat("?", n)
		return Language{All: [][]Pattern{likes("*" + tail)}, None: likes("?*"+tail, tail)}
	}
	// Subsets that must be kept apart: None has to remember which of the last n letters were a.
	subsets := func(n int) Language {
		var none []Pattern
		none = append(none, Wildcard("*"+"a"+strings.Repeat("?", n)+"b*"), Wildcard("*"+"b"+strings.Repeat("?", n)+"a*"))
		return Language{All: [][]Pattern{likes("*a" + strings.Repeat("?", n) + "c*"), likes("*b" + strings.Repeat("?", n) + "d*")}, None: none}
	}
	distinct := func(n int) Language {
		var l Language
		for i := range n {
			l.All = append(l.All, likes(fmt.Sprintf("*%c*%c%d*", 'a'+rune(i%26), 'z'-rune(i%26), i)))
		}
		l.None = likes("*")[:0]
		for i := range n {
			l.None = append(l.None, must(fmt.Sprintf("*%d*%c*", i, 'a'+rune(i%26))))
		}
		return l
	}
	mixed := append(twenty(20, "*%c%d"), "arn:aws*", "*-name", "?*", "")
	return []struct {
		name string
		l    Language
	}{
		{"subsumed", Language{All: [][]Pattern{all(roles + "app-*")}, None: all(roles + "*")}},
		{"exact/20", Language{All: [][]Pattern{{Literal(roles + "app")}}, None: all(twenty(20, roles+"%c%d*")...)}},
		{"role/20", Language{All: [][]Pattern{all(roles + "*")}, None: all(twenty(20, roles+"%c%d*")...)}},
		{"one-subsumes/20", Language{All: [][]Pattern{all(roles + "app-*")}, None: all(append(twenty(19, roles+"%c%d*"), roles+"a*")...)}},
		{"union/18", Language{All: [][]Pattern{all(roles + "app-*")}, None: all(union()...)}},
		{"star/24", Language{All: [][]Pattern{likes("*")}, None: likes(mixed...)}},
		{"hostile/8", hostile(8)}, {"hostile/16", hostile(16)}, {"hostile/30", hostile(30)}, {"hostile/1000", hostile(1000)},
		{"subsets/8", subsets(8)}, {"subsets/16", subsets(16)}, {"subsets/30", subsets(30)},
		{"distinct/6", distinct(6)}, {"distinct/12", distinct(12)}, {"distinct/100", distinct(100)}, {"distinct/250", distinct(250)},
	}
}

// TestQuestions prints the table of §10.1 with -v, and checks the answers that are known.
func TestQuestions(t *testing.T) {
	for _, q := range questions() {
		b := &Budget{}
		start := time.Now()
		s, ok, err := q.l.Member(b)
		took := time.Since(start)
		t.Logf("%-16s %v %v %8d states %10v %.60q", q.name, ok, err, b.Used(), took, s)
		if ok && !q.l.Has(s) {
			t.Errorf("%s: %q is no member", q.name, s)
		}
		empty := slices.Contains([]string{"subsumed", "one-subsumes/20", "union/18", "star/24", "hostile/8", "hostile/16", "hostile/30"}, q.name)
		if err != nil && !strings.HasPrefix(q.name, "distinct/") || empty && ok || !empty && !ok && err == nil && !strings.HasPrefix(q.name, "hostile/") {
			t.Errorf("%s: got %v, %v", q.name, ok, err)
		}
	}
}

// TestHostile: whatever comes, an answer or OverBudget within the counted budget, which BenchmarkMember shows to be under 250 ms (DESIGN section 10).
func TestHostile(t *testing.T) {
	rep := strings.Repeat
	many := func(n int, s func(i int) string) []Pattern {
		var ps []Pattern
		for i := range n {
			ps = append(ps, Wildcard(s(i)))
		}
		return ps
	}
	r := rand.New(rand.NewPCG(11, 12))
	random := func(alphabet string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	tests := []struct {
		name string
		l    Language
	}{
		{"many stars", Language{All: [][]Pattern{likes(rep("*a", 1024))}, None: likes(rep("a*", 1024), rep("?*", 1024)+"b")}},
		{"many stars, all groups", Language{All: [][]Pattern{likes(rep("*a", 1024)), likes(rep("*b", 1024)), likes(rep("*c?", 600))}, None: likes(rep("*ba", 600))}},
		{"500 long", Language{All: [][]Pattern{likes("*")}, None: many(500, func(i int) string { return "*" + random("ab", 2046) + "*" })}},
		{"500 long with wildcards", Language{All: [][]Pattern{likes("*")}, None: many(500, func(i int) string { return random("ab*?", 2048) })}},
		{"500 long groups", Language{All: [][]Pattern{many(250, func(i int) string { return random("ab*?", 2048) })}, None: many(250, func(i int) string { return random("ab*?", 2048) })}},
		{"500 groups", Language{All: slices.Collect(func(yield func([]Pattern) bool) {
			for range 500 {
				if !yield(likes("*" + random("ab*?", 20) + "*")) {
					return
				}
			}
		})}},
		{"500 stars of one letter", Language{All: [][]Pattern{likes("*")}, None: many(500, func(i int) string { return "*" + string(rune('a'+i%26)) + rep("?", i%40) })}},
		{"too many", Language{All: [][]Pattern{likes("*a?")}, None: many(2000, func(i int) string { return "*" + random("abc?", 6) + "*" + random("ab?", 3) })}},
		{"a?…?b in a literal", Language{All: [][]Pattern{{Literal(rep("a", 20000))}}, None: many(500, func(i int) string { return "*a" + rep("?", 2000) + "b" })}},
		{"every rune named", Language{All: [][]Pattern{likes("?")}, None: func() []Pattern {
			var b strings.Builder
			for r := rune(1); r < 30000; r++ {
				b.WriteRune(r)
			}
			return []Pattern{Literal(b.String()), Wildcard("*" + b.String()), Wildcard("?")}
		}()}},
		{"depth", Language{All: [][]Pattern{likes(rep("*a", 30000))}, None: likes(rep("*a", 30001), rep("a*", 29999)+"?")}},
		{"exclusions", Language{All: [][]Pattern{{Concat(WildcardExcept(rep("*a", 500), 'x'), WildcardExcept(rep("*b", 500), 'y'))}, {Concat(WildcardExcept(rep("*b", 500), 'y'), WildcardExcept(rep("*?a", 500), 'z'))}}, None: []Pattern{WildcardExcept(rep("*?", 500), 'a'), WildcardExcept(rep("*ba", 300), 'q')}}},
		{"folded", Language{All: [][]Pattern{{Wildcard(rep("*k?s", 400)).Fold()}}, None: []Pattern{Wildcard(rep("*K?", 400)).Fold(), Wildcard("*" + rep("ks", 300) + "*").Fold()}}},
	}
	for i := range 40 {
		var l Language
		for range 1 + r.IntN(4) {
			l.All = append(l.All, many(1+r.IntN(5), func(int) string { return random("ab:*?", 1+r.IntN(60)) }))
		}
		l.None = many(r.IntN(60), func(int) string { return random("ab:**?", 1+r.IntN(12)) })
		tests = append(tests, struct {
			name string
			l    Language
		}{fmt.Sprint("random ", i), l})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &Budget{}
			s, ok, err := tt.l.Member(b)
			var over *OverBudget
			switch {
			case err != nil && !errors.As(err, &over):
				t.Errorf("error %v", err)
			case ok && !tt.l.Has(s):
				t.Errorf("%.80q is no member", s)
			case b.Used() > DefaultStates*11/10:
				t.Errorf("used %d states", b.Used())
			}
			t.Logf("%v %v %d states", ok, err, b.Used())
		})
	}
}

func BenchmarkMember(b *testing.B) {
	for _, q := range questions() {
		b.Run(q.name, func(b *testing.B) {
			states := 0
			for b.Loop() {
				budget := &Budget{}
				_, _, err := q.l.Member(budget)
				states = budget.Used()
				_ = err
			}
			b.ReportMetric(float64(states), "states")
		})
	}
}

// BenchmarkProduct puts the same questions to the product alone.
func BenchmarkProduct(b *testing.B) {
	for _, q := range questions() {
		b.Run(q.name, func(b *testing.B) {
			states := 0
			for b.Loop() {
				budget := &Budget{}
				_, _, err := q.l.product(budget)
				states = budget.Used()
				_ = err
			}
			b.ReportMetric(float64(states), "states")
		})
	}
}

// arns makes random questions about ARNs like those of §10.1.
func arns(r *rand.Rand, negatives int) Language {
	kinds := []string{"role", "user", "role/app", "role/ci/deploy", "group"}
	names := []string{"Admin", "app", "deploy", "ci", "audit", "x", "backup"}
	arn := func() string {
		account := fmt.Sprintf("%012d", r.IntN(3))
		name := names[r.IntN(len(names))]
		switch r.IntN(6) {
		case 0:
			account = "*"
		case 1:
			name += "*"
		case 2:
			name = "*" + name
		case 3:
			name = "*"
		case 4:
			name += "-?" + names[r.IntN(len(names))]
		}
		return "arn:aws:iam::" + account + ":" + kinds[r.IntN(len(kinds))] + "/" + name
	}
	var ss []string
	for range r.IntN(negatives + 1) {
		ss = append(ss, arn())
	}
	return Language{All: [][]Pattern{all(arn())}, None: all(ss...)}
}

// TestRandomARNs prints the distribution of §10.1 with -v, and holds the answers against the product's.
func TestRandomARNs(t *testing.T) {
	for _, negatives := range []int{5, 20, 60} {
		r := rand.New(rand.NewPCG(13, uint64(negatives)))
		var times []time.Duration
		products := 0
		for range 1500 {
			l := arns(r, negatives)
			start := time.Now()
			s, ok, err := l.Member(nil)
			times = append(times, time.Since(start))
			if err != nil || ok && !l.naive(s) {
				t.Fatalf("%s: got %q, %v", l, s, err)
			}
			if _, also, err := l.product(&Budget{}); err == nil && also != ok {
				t.Fatalf("%s: got %v, the product says %v", l, ok, also)
			} else if err == nil {
				products++
			}
		}
		slices.Sort(times)
		t.Logf("≤ %d negatives: p50 %v, p99 %v, max %v; %d compared", negatives, times[len(times)/2], times[len(times)*99/100], times[len(times)-1], products)
	}
}
