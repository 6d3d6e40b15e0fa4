// Package syntax reads JSON and YAML into one tree whose nodes know the exact bytes they stand on,
// and writes changes back as byte edits that keep the author's style.
//
// Laws, which the tests state and the fuzz targets hammer:
//
//   - The text of a node's span, parsed again in the same format, is that node (aliases and anchors apart).
//   - Spans nest: a child's span lies inside its parent's, and siblings do not overlap.
//   - Edits leave every byte outside them as it was; what they write parses to what was asked for.
//   - Parsing never panics, and its time and memory are linear in the input.
//
// Offsets are bytes from 0 into the source as it was given (a byte order mark counts). Lines and columns
// count from 1, columns in bytes; they are computed from offsets only at the door ([File.Position]).
package syntax

// Format is the notation of a file.
type Format uint8

// The two notations.
const (
	JSON Format = iota
	YAML
)

// Kind tells what a node is.
type Kind uint8

// The kinds of node.
const (
	Scalar Kind = iota
	Mapping
	Sequence
	Alias // YAML only: *name
)

// Style is how a node was written.
type Style uint8

// Styles of scalars (Plain to Folded) and of collections (Block, Flow). JSON strings are DoubleQuoted, JSON
// numbers and literals Plain, JSON collections Flow.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal
	Folded
	Block
	Flow
)

// Type is the type of a scalar by the rules of JSON, or of YAML 1.1 as CloudFormation applies them.
type Type uint8

// The types of scalars. A quoted scalar, or one with a tag such as !Sub, is a String.
const (
	String Type = iota
	Bool
	Number
	Null
)

// Span is a half-open range of bytes of the source.
type Span struct{ Start, End int }

// Contains tells whether other lies inside s.
func (s Span) Contains(other Span) bool { return s.Start <= other.Start && other.End <= s.End }

// Node is one value of the tree. Nodes of a parsed file must not be changed; new nodes for edits are made by
// [NewString], [NewMapping] and their kin and have a zero Span.
type Node struct {
	Kind  Kind
	Style Style
	Type  Type   // of scalars
	Tag   string // the local tag as written, such as "!Sub"; "" where none was written
	// Value is the decoded text of a scalar ("true", "012345678901" and "2012-10-17" as written), or the name of an alias.
	Value   string
	Members []Member // of mappings, in source order, duplicates included
	Items   []*Node  // of sequences
	Anchor  string   // the name after &, "" where none was written
	Target  *Node    // of aliases: the node they stand for
	Span    Span     // properties (tag, anchor) included
}

// Member is one key of a mapping with its value. Merge keys ("<<") are members like any other.
type Member struct{ Key, Value *Node }

// Get returns the value of the first member with the key, following an alias, or nil where there is none or n is no mapping.
func (n *Node) Get(key string) *Node {
	m := n.Member(key)
	if m == nil {
		return nil
	}
	return m.Value.Resolved()
}

// Member returns the first member with the key, or nil.
func (n *Node) Member(key string) *Member {
	if n = n.Resolved(); n == nil || n.Kind != Mapping {
		return nil
	}
	for i := range n.Members {
		if n.Members[i].Key.Kind == Scalar && n.Members[i].Key.Value == key {
			return &n.Members[i]
		}
	}
	return nil
}

// Resolved returns the node that n stands for: its target if n is an alias (nil where the alias is cyclic or dangling), else n itself. It is safe on nil.
func (n *Node) Resolved() *Node {
	for i := 0; n != nil && n.Kind == Alias; i++ {
		if i > 100 {
			return nil
		}
		n = n.Target
	}
	return n
}

// NewString returns a string scalar; how it is quoted is decided by where it is put.
func NewString(s string) *Node { return &Node{Kind: Scalar, Type: String, Value: s} }

// NewBool returns a boolean scalar.
func NewBool(b bool) *Node {
	v := "false"
	if b {
		v = "true"
	}
	return &Node{Kind: Scalar, Type: Bool, Value: v}
}

// NewTagged returns a YAML scalar with a local tag, such as NewTagged("!Sub", "arn:…").
func NewTagged(tag, s string) *Node { return &Node{Kind: Scalar, Type: String, Tag: tag, Value: s} }

// NewSequence returns a sequence of the items.
func NewSequence(items ...*Node) *Node { return &Node{Kind: Sequence, Items: items} }

// NewMapping returns a mapping of the pairs key, value, key, value, …; keys are strings and values nodes.
func NewMapping(pairs ...any) *Node {
	n := &Node{Kind: Mapping}
	for i := 0; i+1 < len(pairs); i += 2 {
		n.Members = append(n.Members, Member{Key: NewString(pairs[i].(string)), Value: pairs[i+1].(*Node)})
	}
	return n
}
