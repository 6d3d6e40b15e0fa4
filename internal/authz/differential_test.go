package authz_test

import (
	"flag"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kmsguard/kmsguard/internal/authz"
	"github.com/kmsguard/kmsguard/internal/eval"
	"github.com/kmsguard/kmsguard/internal/policy"
)

var (
	pairs     = flag.Int("pairs", 100_000, "random (policy, request) pairs on which the engine is compared with the evaluator")
	perPolicy = flag.Int("per-policy", 50, "requests for each random policy")
	pinned    = flag.Int("pinned", 10, "percentage of the requests that the whole engine is asked about too, pinned as points")
	seed      = flag.Uint64("seed", 1, "first seed of the random tests")
)

// tally counts what a comparison saw.
type tally struct {
	mu                                                             sync.Mutex
	reasons                                                        map[string]int
	pairs, doubtful, points, undecided, wide, wideUndecided, found atomic.Int64
}

// TestEngineAgainstEvaluator compares the two on random policies and requests: what the boxes say of each request, what
// the engine answers to some of them as points, and for questions about all requests, that their witnesses replay and
// that no request contradicts their proofs. 10 million pairs: go test -run Against -timeout 2h -args -pairs 10000000 -per-policy 250 -pinned 2
func TestEngineAgainstEvaluator(t *testing.T) {
	n := tally{reasons: map[string]int{}}
	var next atomic.Uint64
	next.Store(*seed)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Add(1)
		go func() {
			defer group.Done()
			for n.pairs.Load() < int64(*pairs) && !t.Failed() {
				comparison{T: t, dice: roll(next.Add(1)), n: &n}.run()
			}
		}()
	}
	group.Wait()
	t.Logf("%d pairs, %d of them in doubt; %d points asked, %d undecided where the evaluator is sure; %d wide questions, %d undecided; %d witnesses replayed",
		n.pairs.Load(), n.doubtful.Load(), n.points.Load(), n.undecided.Load(), n.wide.Load(), n.wideUndecided.Load(), n.found.Load())
	for _, why := range slices.Sorted(maps.Keys(n.reasons)) {
		t.Logf("%6d undecided: %s", n.reasons[why], why)
	}
}

// comparison is of one policy.
type comparison struct {
	*testing.T
	dice
	n          *tally
	statements []*policy.Value
	p          *policy.Policy
	e          *authz.Engine
	sets       []authz.Set
	wide       []authz.Answer
}

func (c comparison) run() {
	c.statements = c.dice.statements(4)
	c.p = policyOf(c.statements)
	c.e = authz.New(c.p)
	c.sets = []authz.Set{c.e.Direct(0), c.e.Delegated(0), c.e.Denied(0, -1)}
	for i, s := range c.sets {
		a := c.e.Find(authz.Query{}, s)
		c.wide = append(c.wide, a)
		c.n.wide.Add(1)
		if a.Verdict == authz.Undecided {
			c.n.wideUndecided.Add(1)
			if len(a.Because) == 0 {
				c.Errorf("set %d undecided without a reason:%s", i, showAll(c.statements))
			}
		}
		replay(c.T, c.p, a, i, c.statements)
		c.n.count(a)
	}
	mentioned := mentionedKeys(c.p)
	for range *perPolicy {
		r, err := eval.Complete(c.p, c.request(mentioned))
		if err != nil {
			c.Errorf("a request that is none: %v", err)
			return
		}
		c.n.pairs.Add(1)
		got := eval.KeyPolicy(c.p, r)
		truths := []eval.Truth{got.Direct, got.Delegated, got.Denied}
		if c.boxes(r, got, truths); c.chance(*pinned) && !c.Failed() {
			c.point(r, got, truths, mentioned)
		}
		if c.Failed() {
			return
		}
	}
}

// boxes compares the boxes with the evaluator at a request.
func (c comparison) boxes(r policy.Request, got eval.Result, truths []eval.Truth) {
	for i, truth := range truths {
		if truth == eval.Maybe {
			c.n.doubtful.Add(1)
		}
		have := c.e.At(c.sets[i], r)
		if have == authz.True && truth != eval.Yes || have == authz.False && truth != eval.No || truth == eval.Yes && c.wide[i].Verdict == authz.No {
			c.Errorf("set %d: the evaluator says %v because %v, the boxes %v, the engine of all requests %v\nrequest %+v\npolicy%s",
				i, truth, got.Because, have, c.wide[i].Verdict, r, showAll(c.statements))
		}
	}
}

// point asks the engine about one request alone.
func (c comparison) point(r policy.Request, got eval.Result, truths []eval.Truth, mentioned []string) {
	q := pin(r, mentioned)
	for i, truth := range truths {
		a := c.e.Find(q, c.sets[i])
		replay(c.T, c.p, a, i, c.statements)
		c.n.count(a)
		c.n.points.Add(1)
		switch {
		case a.Verdict == authz.Undecided && truth != eval.Maybe:
			c.n.undecided.Add(1)
			c.n.because(a.Because)
			if strings.HasPrefix(a.Because[0], "the budget") {
				c.Errorf("over the budget: %v%s", a.Because, showAll(c.statements))
			}
		case a.Verdict == authz.Yes && truth != eval.Yes, a.Verdict == authz.No && truth == eval.Yes:
			c.Errorf("set %d: the evaluator says %v because %v; the engine %v\nrequest %+v\npolicy%s", i, truth, got.Because, a.Verdict, r, showAll(c.statements))
		}
	}
}

func (n *tally) count(a authz.Answer) {
	if a.Verdict == authz.Yes {
		n.found.Add(1)
	}
}

// because counts what stopped an answer.
func (n *tally) because(why []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reasons[why[0]]++
}

// replay checks the witness of a yes.
func replay(t *testing.T, p *policy.Policy, a authz.Answer, set int, statements []*policy.Value) {
	t.Helper()
	if a.Verdict != authz.Yes {
		return
	}
	r, err := eval.Complete(p, a.Request)
	if err != nil {
		t.Errorf("set %d: the witness contradicts itself: %v\nrequest %+v\npolicy%s", set, err, a.Request, showAll(statements))
		return
	}
	got := eval.KeyPolicy(p, r)
	if truth := []eval.Truth{got.Direct, got.Delegated, got.Denied}[set]; truth != eval.Yes {
		t.Errorf("set %d: the evaluator says %v to the witness because %v\nrequest %+v\npolicy%s", set, truth, got.Because, r, showAll(statements))
	}
}
