package glob

// For the test that compares them with package policy, which imports this one.
const (
	FirstSymbol = firstSymbol
	LastSymbol  = lastSymbol
)
