//go:build race

package glob

// raced: the race detector makes everything several times slower.
const raced = true
