package cfn

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// Errors are what joining and answering could not do within the limits, beside the errors that the templates had when they were
// opened: parts that are not read although a parent passes what they need, IAM policies that are too many to list. Uses that
// [Index.Uses] cut off are among them, so whoever asks about keys asks for the errors afterwards. Each counts: something that
// may reach a key was not looked at.
func (x *Index) Errors() []*syntax.Error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.build()
	var all []*syntax.Error
	for _, t := range x.Templates {
		known := x.before[t]
		for _, e := range append(slices.Clone(t.Errors), x.shadows[t].Errors...) {
			if !slices.ContainsFunc(known, func(o *syntax.Error) bool { return *o == *e }) {
				known, all = append(known, e), append(all, e)
			}
		}
		if e := x.cutIn(t); e != nil {
			all = append(all, e)
		}
	}
	return all
}

// cutIn is the error of a template with keys that too many IAM policies reach: one for all of them.
func (x *Index) cutIn(t *Template) *syntax.Error {
	var first *Key
	others := 0
	for _, k := range t.Keys {
		switch {
		case !x.cut[k]:
		case first == nil:
			first = k
		default:
			others++
		}
	}
	if first == nil {
		return nil
	}
	what := "this key"
	if others > 0 {
		what = fmt.Sprintf("this key and %d more of the file", others)
	}
	return &syntax.Error{File: first.File.Name, Position: first.File.Position(first.Node.Span.Start),
		Message: fmt.Sprintf("over %d statements of IAM policies that are on all keys reach %s; the rest was not looked at", maxWideUses, what)}
}
