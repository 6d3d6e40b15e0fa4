package syntax

import (
	"fmt"
	"sync"
)

// File is one parsed source. It is made by [Parse] and its kin and may be used by several goroutines at once.
type File struct {
	Name   string // as it is shown to people: slash-separated, relative to the repository
	Format Format
	Source []byte  // never changed
	Roots  []*Node // one a document: exactly one in JSON, any number in YAML
	// Duplicates are the second and later keys of a mapping that an earlier member already has.
	Duplicates []*Node

	lines struct {
		sync.Once
		starts []int // offset of the first byte of each line, as git counts lines
		breaks []int // the same where a lone "\r" ends a line too, as in YAML
	}
	habits struct {
		sync.Once
		hand hand
	}
}

// Position is a place in a file.
type Position struct {
	Offset int `json:"offset"` // bytes from 0
	Line   int `json:"line"`   // from 1
	Column int `json:"column"` // bytes, from 1
}

// Error is a source that could not be read. Its text is "file:line:column: message".
type Error struct {
	File     string
	Position Position
	Message  string // lower case, no full stop: the thing, then the consequence or remedy
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Position.Line, e.Position.Column, e.Message)
}

// Root returns the root of the first document, or nil where the file is empty.
func (f *File) Root() *Node {
	if len(f.Roots) == 0 {
		return nil
	}
	return f.Roots[0]
}

// Text returns the bytes that the span covers, as a string.
func (f *File) Text(s Span) string { return string(f.Source[s.Start:s.End]) }

// errorAt returns the error with the message at the offset (clamped to the source).
func (f *File) errorAt(offset int, format string, args ...any) *Error {
	return &Error{File: f.Name, Position: f.Position(offset), Message: fmt.Sprintf(format, args...)}
}
