package repo

// Limits on what a repository may make kmsguard read. Whatever is over one is an entry in the report's errors.
const (
	// MaxFile is the size of one file, in bytes. CloudFormation takes templates of 1 MB; a snapshot file holds several.
	MaxFile = 4 << 20
	// MaxTotal is the size of all candidates together, in bytes: they are held in memory until they are analysed.
	MaxTotal = 256 << 20
	// MaxEntries is the number of files and folders of one walk: ten times the largest repository we know of.
	MaxEntries = 5_000_000
	// MaxDepth is the number of folders above a file. npm's deepest trees have about 30; every level costs a system call.
	MaxDepth = 128
	// MaxPaths is the number of PATH arguments: more than a command line holds, so that only a mistake reaches it.
	MaxPaths = 100_000
)

// limits are the constants above, smaller in tests.
type limits struct {
	file    int
	total   int64
	entries int64
	depth   int
}

var defaultLimits = limits{file: MaxFile, total: MaxTotal, entries: MaxEntries, depth: MaxDepth}
