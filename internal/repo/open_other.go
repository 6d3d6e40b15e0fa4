//go:build !unix

package repo

import "os"

const openFlags = os.O_RDONLY
