// Package config reads .github/kmsguard.yml and the suppressions that stand in files: inline comments and template
// metadata. It is given the known rules as ids, and knows nothing of what they find.
package config

import (
	"github.com/bmatcuk/doublestar/v4"
)

// Limits of what is read.
const (
	// maxEntries is the number of entries of one list: what a person can keep in order, ten times over.
	maxEntries = 10_000
	// maxProblems is the number of errors that are reported: after as many the file is of another kind.
	maxProblems = 50
)

// Delegation is what the own account's IAM policies may be let decide.
type Delegation string

// The delegations.
const (
	Forbid         Delegation = "forbid"         // nothing
	Administration Delegation = "administration" // management, no use of the key
	Allow          Delegation = "allow"          // everything
)

// Config is the configuration. Use [Default] or [Parse]; fields are read, never changed.
type Config struct {
	Account        string    // the own account where nothing else tells it, "" if not configured
	Accounts       []Account // the own account by path, the first that matches
	Include        []string  // doublestar globs
	Exclude        []string
	Delegation     Delegation
	Administrators []string // ARNs, with ${AWS::Partition} and ${AWS::AccountId} unexpanded
	Deployers      []string
	Trusted        Outsiders // outside callers who may have access
	Sources        Outsiders // whose resources services may act for
	Rules          map[string]Level
	Ignore         []Ignore
}

// Account is the own account of the keys in files that a glob matches.
type Account struct{ Path, Account string }

// Outsiders are accounts and organizations other than the own.
type Outsiders struct{ Accounts, Organizations []string }

// Level is a rule's configured level: error, warning, note or off.
type Level string

// Off is the level of a rule that does not run.
const Off Level = "off"

// Default returns the configuration of a repository that has none.
func Default() *Config {
	return &Config{
		Include:    []string{"**/*.{json,yaml,yml,template,snap}"},
		Exclude:    []string{"**/node_modules/**"},
		Delegation: Forbid,
	}
}

// AccountOf returns the configured own account for a file: that of the first matching path, "" where none matches.
// [Config.Account] is for what remains after the policy itself was asked (DESIGN section 1).
func (c *Config) AccountOf(file string) string {
	if c == nil {
		return ""
	}
	for _, a := range c.Accounts {
		if doublestar.MatchUnvalidated(a.Path, file) {
			return a.Account
		}
	}
	return ""
}

// RuleLevel returns the level of a rule whose own one is fallback, and whether it is off.
func (c *Config) RuleLevel(rule, fallback string) (level string, off bool) {
	if c == nil {
		return fallback, false
	}
	switch l := c.Rules[rule]; l {
	case "":
		return fallback, false
	case Off:
		return "", true
	default:
		return string(l), false
	}
}
