package kms

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestExpandRemembers asks for more patterns than are remembered, from several goroutines: answers stay the same.
func TestExpandRemembers(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range maxRemembered {
				pattern := fmt.Sprintf("kms:Decrypt%s", strings.Repeat("*", 1+(i+g)%9))
				if got := Expand(pattern); got != Set("kms:Decrypt") {
					t.Errorf("%s means %v", pattern, got.Names())
					return
				}
				if got := Expand(fmt.Sprintf("kms:%d%d", g, i)); got != 0 {
					t.Errorf("an unknown action means %v", got.Names())
					return
				}
			}
		})
	}
	wg.Wait()
	if n := len(expanded.known); n > maxRemembered {
		t.Errorf("%d patterns are remembered, want at most %d", n, maxRemembered)
	}
	long := "kms:" + strings.Repeat("?", maxPattern)
	if Expand(long) != 0 {
		t.Error("a pattern longer than every action means one")
	}
	if _, ok := expanded.get(long); ok {
		t.Error("a long pattern is remembered")
	}
}
