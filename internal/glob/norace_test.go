//go:build !race

package glob

const raced = false
