// Package cfn finds KMS keys and IAM policies in templates and JSON documents: AWS CloudFormation, SAM, the output of
// the CDK, and bare policy documents. It works the template language out ([policy.Value]) and knows which source line
// a person must edit. It decides nothing about access.
package cfn

import (
	"github.com/kmsguard/kmsguard/internal/policy"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Kind is where a key comes from.
type Kind string

// The kinds of key.
const (
	KeyResource     Kind = "AWS::KMS::Key"
	ReplicaResource Kind = "AWS::KMS::ReplicaKey"
	DocumentKey     Kind = "document" // a bare policy
	SnapshotKey     Kind = "snapshot" // a template inside a test snapshot
)

// Key is one KMS key with its policy.
type Key struct {
	ID        string // "template.yaml#DataKey", or "policy.json#/pointer" of a document
	File      *syntax.File
	Kind      Kind
	LogicalID string
	Path      string   // construct path, "" outside the CDK
	Source    *Source  // the line that a person made, where it is not in File
	Copies    []string // other files that hold the same key; filled by [Join]
	CopyOf    *Key     // the key that this one is a copy of; filled by [Join]

	Node       *syntax.Node // the resource's or the document's node
	PolicyNode *syntax.Node // the policy as written, nil where the key has none (KMS's default applies then)
	// Embedded is the policy's own file where it is written as JSON inside a string; nodes of Policy are then of that file.
	Embedded *syntax.Embedded
	Policy   *policy.Policy
	// Properties are the resource's properties, worked out; nil for a document.
	Properties *policy.Value
	Account    Account
	// When holds the resource's own Condition; nil where it is always made.
	When policy.Guard
	// Deployer is the ARN of the role that creates the key, where the template or CDK manifest says so.
	Deployer string
	// Generated tells that a program wrote the file (CDK output, snapshots): its text is never edited.
	Generated bool
	// Template tells that the key stands in a template, where ${AWS::AccountId} and ${AWS::Partition} may be written.
	Template bool
	// In is the template or document that the key stands in.
	In *Template
}

// Source is a place in a file that a person edits.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1
	// Kind is "exact", "enclosing" or "by name".
	Kind string `json:"-"`
}

// Account is the account that owns a key (DESIGN section 1, "own account").
type Account struct {
	ID       string // twelve digits or a symbol
	Inferred bool   // worked out from the policy itself, so printed with each finding
	How      string // "account of the configuration", "the only account in the policy", …
}
