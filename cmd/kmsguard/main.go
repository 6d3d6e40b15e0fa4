// Kmsguard finds AWS KMS key policies in a repository, decides who they let in, and proves the statements that harden them.
package main

import (
	"os"
	"runtime/debug"

	"github.com/kmsguard/kmsguard/internal/cli"
)

func main() {
	if os.Getenv("GOGC") == "" {
		// A run is short, so time counts more than memory, up to what a small runner spares.
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(160 << 20)
	}
	os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
