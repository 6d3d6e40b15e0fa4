// Kmsguard finds AWS KMS key policies in a repository, decides who they let in, and proves the statements that harden them.
package main

import (
	"os"

	"github.com/kmsguard/kmsguard/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
