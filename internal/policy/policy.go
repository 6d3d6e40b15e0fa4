// Package policy is the language of KMS key policies: documents, statements, principals, conditions, and the
// requests they are about. It reads; it decides nothing. Facts are from semantics.md §1 (grammar) and §4 (operators).
//
// A policy of a template is a family of policies, one for each environment (values of parameters and conditions).
// [Read] works the choices out: a statement that depends on them becomes several [Statement] values of the same
// Index with disjoint guards, each of plain text. So whoever reasons about a policy meets guards and strings, never
// intrinsics.
package policy

import "github.com/kmsguard/kmsguard/internal/syntax"

// Policy is one key policy.
type Policy struct {
	Version string // as written, "" where there is none
	// Statements in source order; the alternatives of one statement follow each other.
	Statements []*Statement
	Count      int // statements as written
	// Own is the account that owns the key: twelve digits, or one symbol. See [Policy.SetOwn].
	Own       string
	Partition string // "aws", "aws-cn", …: the first that the policy's ARNs write, else "aws"
	// Partitions tells that ARNs of other partitions, which some environments choose, are written in Partition.
	Partitions bool
	// Dimensions are the parameters and conditions that guards speak of, sorted by name.
	Dimensions []Dimension
	// Impossible are combinations of their values that no deployment has.
	Impossible []Guard
	Problems   []Problem
	// Unknown are whole statements, or the whole policy, that could not be read. Where it is not empty, no question about access has a sure answer.
	Unknown []Unread
	Symbols *Symbols
	Node    *syntax.Node // the policy as written; nil for KMS's default policy
}

// Variables tells whether ${…} in values are policy variables: only under Version 2012-10-17 (semantics.md §1.1).
func (p *Policy) Variables() bool { return p.Version == Version2012 }

// The two versions of the language.
const (
	Version2012 = "2012-10-17"
	Version2008 = "2008-10-17"
)

// Unread is a part of a policy that could not be worked out.
type Unread struct {
	Construct string // "Fn::Transform", "over 64 alternatives", …
	When      Guard
	Node      *syntax.Node
}

// Effect is what a statement does.
type Effect string

// The two effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Statement is one statement in the environments of its guard.
type Statement struct {
	Index         int // from 0, in the policy as written
	When          Guard
	Sid           string
	Effect        Effect
	Principals    []Principal // any of them, or with NotPrincipal none of them
	NotPrincipal  bool
	Actions       []Pattern // any of them, or with NotAction none of them
	NotAction     bool
	Resources     []Pattern
	NotResource   bool
	Conditions    []Condition // all of them
	Node          *syntax.Node
	PrincipalNode *syntax.Node // the value of Principal or NotPrincipal; nil where missing
	ActionNode    *syntax.Node
	ResourceNode  *syntax.Node
	ConditionNode *syntax.Node
	SidNode       *syntax.Node
	// Inert says why the statement can grant and deny nothing: a required element is missing or empty, or Effect is neither word. "" for live statements.
	Inert string
}

// Pattern is a value in which * and ? are wildcards: of Action or Resource.
type Pattern struct {
	Text    string
	Unknown string // the construct that hides the value, "" where Text is it
	Node    *syntax.Node
}

// PrincipalKind tells what a principal is (semantics.md §1.3).
type PrincipalKind string

// The kinds of principal.
const (
	Everyone        PrincipalKind = "everyone"          // "Principal": "*"
	AWSEveryone     PrincipalKind = "AWS everyone"      // {"AWS": "*"}
	AccountRoot     PrincipalKind = "account"           // account id or …:root
	User            PrincipalKind = "user"              //
	Role            PrincipalKind = "role"              //
	RoleSession     PrincipalKind = "session"           // sts::A:assumed-role/R/S
	FederatedUser   PrincipalKind = "federated user"    // sts::A:federated-user/F
	Service         PrincipalKind = "service"           //
	WebIdentity     PrincipalKind = "identity provider" // {"Federated": …}: dead in a key policy
	CanonicalUser   PrincipalKind = "canonical user"    // S3 only
	UniqueID        PrincipalKind = "unique id"         // AIDA…, AROA…: what is left of a deleted principal
	InvalidARN      PrincipalKind = "invalid"           // names nobody: KMS refuses it
	UnreadPrincipal PrincipalKind = "unread"            // a template construct hides it
)

// Principal is one entry of a Principal or NotPrincipal element.
type Principal struct {
	Kind PrincipalKind
	Text string // the whole ARN (an account id is written out as its root ARN), service name or id
	// Account, and Name with its path: "path/Name" of a user or role, "Role" of a session with Session beside it, the name of a federated user.
	Account string
	Name    string
	Session string
	Unknown string // the construct, of UnreadPrincipal
	// Partition is the one that the ARN is written in, where that of Text took its place ([Policy.Partitions]); else "".
	Partition string
	Node      *syntax.Node
}

// Condition is one key of one operator block.
type Condition struct {
	Operator     Operator
	OperatorText string // as written
	Key          string // as written; names are compared without case
	Values       []Operand
	// Empty tells that the value list was written as [].
	Empty        bool
	Unknown      string // the construct that hides the values or the operator, "" where they are known
	OperatorNode *syntax.Node
	KeyNode      *syntax.Node
	Node         *syntax.Node // the value or list of values
}

// Operand is one value of a condition.
type Operand struct {
	Text string
	Type syntax.Type
	Node *syntax.Node
}

// Problem is something that PutKeyPolicy refuses, or of which nobody says what it does (semantics.md §1.6).
type Problem struct {
	Kind      string // a stable name, such as "no-principal"
	Statement int    // Index, or -1 for the document
	When      Guard
	Message   string // lower case, no full stop: the thing and the consequence
	// Error is what KMS answers, with its documented text; "" where its answer is not documented.
	Error string
	Node  *syntax.Node
}

// Request is one call to KMS, concrete in everything.
type Request struct {
	// Principal is the ARN of a user, role session (sts assumed-role), role, root user or federated user, or the name of a service.
	Principal string
	Account   string // of the caller; "" for a service
	Action    string // "kms:Decrypt"
	Resource  string // ARN of the key; "" is a key of the own account of which no more is known
	// Context holds every condition key that the request carries, by the name in kms.ConditionKey's spelling; keys that are not in it are absent. A single value is an array of one.
	Context map[string][]string
	// When holds a value for each Dimension of the policy that is asked.
	When map[string]string
}
