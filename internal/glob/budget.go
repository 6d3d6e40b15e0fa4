package glob

import (
	"fmt"
	"math"
)

// DefaultStates is the number of product states of a [Budget] that names none (decision-procedure.md §1.8).
const DefaultStates = 20_000

// stepsPerState is the work, in elementary steps of a few nanoseconds, that counts as one product state: what a state
// of an ordinary question costs. So a state of a wide product, and everything before the product, is counted too.
const stepsPerState = 1024

// Budget bounds the work of [Language.Member] in counted steps, so that the answer is the same on every machine. It
// counts on through the calls that share it, and is not for several goroutines. nil is a new default Budget.
type Budget struct {
	States int // product states allowed, 0 for DefaultStates
	steps  int
}

// Used returns the product states counted so far, begun ones too.
func (b *Budget) Used() int { return (b.steps + stepsPerState - 1) / stepsPerState }

// work counts steps and tells whether the budget holds them. A nil Budget holds everything.
func (b *Budget) work(steps int) bool {
	if b == nil {
		return true
	}
	b.steps += steps
	return !b.over()
}

// over tells whether the budget ran out.
func (b *Budget) over() bool { return b.left() < 0 }

// left returns the steps that the budget still holds.
func (b *Budget) left() int {
	switch {
	case b == nil:
		return math.MaxInt
	case b.States == 0:
		return DefaultStates*stepsPerState - b.steps
	}
	return b.States*stepsPerState - b.steps
}

// OverBudget is the error of a question that was given up: its answer is not known.
type OverBudget struct {
	What string // what ran out: "product states", "pattern length", "patterns" or "distinct characters"
	Used int    // product states counted until then
}

// Error names what ran out.
func (e *OverBudget) Error() string {
	return fmt.Sprintf("wildcard patterns are too complex: over the budget of %s after %d states", e.What, e.Used)
}

func (b *Budget) error(what string) error { return &OverBudget{What: what, Used: b.Used()} }
