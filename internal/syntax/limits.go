package syntax

// Limits of what is read. A repository is written by strangers; over a limit is an [*Error] with a position, never a
// slow run or a crash.
const (
	// maxBytes is four times the 1 MB that CloudFormation accepts for a template; only generated data is larger.
	maxBytes = 4 << 20
	// maxDepth is the nesting of collections. Templates have 10 to 20 levels and the deepest file of the corpus, a CDK
	// tree.json, has 27; consumers walk trees recursively.
	maxDepth = 200
	// maxNodes bounds the memory of one tree (a node takes 128 bytes and its text).
	maxNodes = 500_000
	// maxAliases is the number of *alias nodes of one file. CloudFormation documents aliases as unsupported; people who
	// use them anyway have a handful.
	maxAliases = 2_000
	// maxExpanded is the number of nodes of one document with every alias followed, so that a consumer that follows
	// aliases stays linear (the "billion laughs" document has 10 aliases a level).
	maxExpanded = 2_000_000
	// maxFlow is the number of flow brackets in YAML. The YAML parser allocates some 150 bytes for every byte of flow text;
	// real templates that are mostly flow are JSON and are read as such.
	maxFlow = 100_000
)
