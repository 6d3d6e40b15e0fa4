//go:build unix

package repo

import (
	"os"
	"syscall"
)

// openFlags do not wait for a writer where a pipe has taken a file's place since the folder was listed.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK
