package lint

// Rule is one check. Rules are constants: nothing registers or changes them.
type Rule struct {
	ID    string // "KMS001"
	Name  string // "iam-delegation"
	Title string // at most 60 letters, lower case, no full stop
	Level Level  // by default
	// Why says what goes wrong and for whom; Before and After are a statement as JSON, or a whole template; Ignore says when the finding
	// may be accepted; Page is the title of AWS's page on the matter.
	Why, Before, After, Ignore, Page string
	// Run reports what the rule finds in the pass's key. It cannot fail: what it cannot decide it reports as undecided.
	Run func(*Pass)
	// OfResource tells that the rule is about the key's resource and not its policy: its fixes change neither who the policy
	// lets in nor what kind of key it is, so that no rule about the policy has to run again to prove them.
	OfResource bool
	// Late asks that Run comes after all other rules, with their findings in [Pass.Earlier].
	Late bool
	// RunTemplate is Run of a rule that is about no key but about a whole template. A rule has one of the two.
	RunTemplate func(*TemplatePass)
}
