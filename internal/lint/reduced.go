package lint

import (
	"fmt"
	"slices"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// maxWhole is the size in bytes up to which a file is read again as a whole to prove a fix of a property. A template may
// have 1 MB and a hundred keys, each with a property to set: to read all of it for each would take seconds.
const maxWhole = 32 << 10

// reduced returns the key as edits of its resource's properties make it, read from its template with the other resources
// emptied but for their types. A resource's text is read the same whatever stands beside it, so this shows the same of
// the rules about resources; it is nil where that is not so: where the policy reads otherwise without its neighbours.
func (p *Pass) reduced(edits []syntax.Edit) *cfn.Key {
	k := p.Key
	if !p.Rule.OfResource || len(k.File.Source) <= maxWhole || k.Embedded != nil || k.In == nil || k.In.File != k.File {
		return nil
	}
	resources := k.In.Root.Get("Resources")
	if resources == nil || resources.Kind != syntax.Mapping {
		return nil
	}
	own := resources.Member(k.LogicalID)
	if own == nil || own.Value == nil || slices.ContainsFunc(edits, func(e syntax.Edit) bool {
		return e.Start < own.Value.Span.Start || e.End > own.Value.Span.End
	}) {
		return nil
	}
	all := slices.Clone(edits)
	for _, m := range resources.Members {
		if m.Value == nil || m.Value == own.Value || m.Value.Kind != syntax.Mapping {
			continue
		}
		text := "{}"
		if t := m.Value.Get("Type"); t != nil && t.Kind == syntax.Scalar {
			text = fmt.Sprintf(`{"Type": %q}`, t.Value)
		}
		all = append(all, syntax.Edit{Start: m.Value.Span.Start, End: m.Value.Span.End, Text: text})
	}
	slices.SortStableFunc(all, func(a, b syntax.Edit) int { return a.Start - b.Start })
	source, err := syntax.Apply(k.File.Source, all)
	if err != nil {
		return nil
	}
	after, err := p.Target.Reread(source)
	if err != nil || Normal(after.Policy) != Normal(p.Policy) {
		return nil
	}
	return after
}
