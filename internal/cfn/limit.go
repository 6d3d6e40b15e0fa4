package cfn

// Limits of what one template may ask for. Templates are written by strangers; over a limit the value is Unknown and
// its construct names the limit, so that a question about it is undecided and never clean.
const (
	// maxSteps is the number of nodes visited for one policy, references followed. A policy of 32 KB, KMS's limit, has
	// fewer than 10,000 nodes.
	maxSteps = 100_000
	// maxTemplateSteps is the same for one file: a template of 1 MB, CloudFormation's limit, has 30,000 nodes, which its keys
	// and identities visit a few times.
	maxTemplateSteps = 3_000_000
	// maxNesting is the depth of calls and references. The deepest policy seen, made by the CDK, has 14.
	maxNesting = 120
	// maxText is the length of one string, in bytes: twice what KMS accepts as a whole policy (semantics.md §1.1).
	maxText = 64 << 10
	// maxAlternatives is the number of texts or lists that one expression may have, depending on parameters and conditions; package policy has the same limit for a statement.
	maxAlternatives = 64
	// maxCombinations is the number of combinations of parameters and conditions that a condition is tabled over.
	maxCombinations = 1024
	// maxResources is the number of resources of a template, Fn::ForEach unrolled; CloudFormation's own limit is 500.
	maxResources = 5_000
	// maxItems is the number of items that an Fn::ForEach or a list function makes.
	maxItems = 1_000
	// maxGrants is the number of IAM policies of one template's identities, each counted once for every identity that it is
	// attached to. AWS allows an identity 20 managed policies; templates have 500 resources.
	maxGrants = 10_000
	// maxWideUses is the number of statements on patterns that are listed for one key: more help nobody.
	maxWideUses = 2_000
	// maxEmbedded is how deep templates and policies may stand inside strings of each other.
	maxEmbedded = 4
)
