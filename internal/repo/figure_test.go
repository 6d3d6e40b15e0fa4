package repo

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"
)

// TestFigure measures a walk of the tree that KMSGUARD_TREE names, for the figure of DESIGN section 10:
// at most twice the time of rg -l -i -uu -e kms -e AWS::IAM:: -e AWS::Serverless.
func TestFigure(t *testing.T) {
	dir := os.Getenv("KMSGUARD_TREE")
	if dir == "" {
		t.Skip("KMSGUARD_TREE is not set")
	}
	include := []string{"**/*.{json,yaml,yml,template,snap}"}
	if os.Getenv("KMSGUARD_ALL") != "" {
		include = []string{"**"}
	}
	for range 5 {
		began := time.Now()
		tree, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		files, failures := tree.Candidates(context.Background(), include, nil, nil, 0)
		took := time.Since(began)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		t.Logf("%v: %d files seen, %d candidates, %d failures, %d MB from the system", took, tree.Seen(), len(files), len(failures), m.Sys>>20)
		tree.Close()
	}
}
