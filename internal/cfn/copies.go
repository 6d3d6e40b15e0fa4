package cfn

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kmsguard/kmsguard/internal/policy"
)

// findCopies lists the keys, each once. A template that the CDK wrote holds a copy of a key where the same source line and
// construct made it for another stage, where the file is a copy of another one, or where it included a template that is in
// the repository (cdk.md §3, steps 5 and 6): then the resource is the same in everything but its metadata.
func (x *Index) findCopies() {
	originals := map[string][]*Key{}
	var all []*Key
	for _, t := range x.Templates {
		all = append(all, t.Keys...)
	}
	// Files that people write come first: they are what a copy is a copy of.
	slices.SortStableFunc(all, func(a, b *Key) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.File.Name, b.File.Name), cmp.Compare(a.Node.Span.Start, b.Node.Span.Start))
	})
	for _, k := range all {
		if o := k.original(originals[k.LogicalID]); o != nil {
			o.Copies = append(o.Copies, k.File.Name)
			k.CopyOf = o
			continue
		}
		if k.LogicalID != "" && k.Kind != SnapshotKey {
			originals[k.LogicalID] = append(originals[k.LogicalID], k)
		}
		x.Keys = append(x.Keys, k)
	}
	slices.SortStableFunc(x.Keys, func(a, b *Key) int {
		return cmp.Or(cmp.Compare(a.File.Name, b.File.Name), cmp.Compare(a.Node.Span.Start, b.Node.Span.Start))
	})
}

func rank(k *Key) int {
	if k.Generated {
		return 1
	}
	return 0
}

// original is the key that k is a copy of.
func (k *Key) original(candidates []*Key) *Key {
	if !k.Generated || k.Kind == SnapshotKey || len(candidates) == 0 {
		return nil
	}
	var same string
	for _, o := range candidates {
		if o.File == k.File || o.Kind != k.Kind {
			continue
		}
		if o.Generated && (o.Source == nil || k.Source == nil || *o.Source != *k.Source) && string(o.File.Source) != string(k.File.Source) {
			continue
		}
		if same == "" {
			same = k.canonical()
		}
		if same != "" && o.canonical() == same {
			return o
		}
	}
	return nil
}

// canonical is the text of a key's properties as worked out: symbols by name, members in order, the own account by its symbol;
// "" where something in them is not known.
func (k *Key) canonical() string {
	if k.Properties == nil {
		return "{}"
	}
	var b strings.Builder
	if !writeCanonical(&b, k.Properties) {
		return ""
	}
	return strings.ReplaceAll(k.In.Symbols.Show(b.String()), k.Account.ID, policy.AccountSymbol)
}

func writeCanonical(b *strings.Builder, v *policy.Value) bool {
	if b.Len() > maxText {
		return false
	}
	switch v.Kind {
	case policy.Text:
		b.WriteString(quote(v.Text))
	case policy.Object:
		members := slices.Clone(v.Members)
		slices.SortStableFunc(members, func(a, b policy.Member) int { return cmp.Compare(a.Key, b.Key) })
		b.WriteByte('{')
		for _, m := range members {
			b.WriteString(quote(m.Key))
			if !writeCanonical(b, m.Value) {
				return false
			}
		}
		b.WriteByte('}')
	case policy.List:
		b.WriteByte('[')
		for _, item := range v.Items {
			if !writeCanonical(b, item) {
				return false
			}
		}
		b.WriteByte(']')
	case policy.Choice:
		b.WriteByte('(')
		for _, o := range v.Options {
			b.WriteString(guardText(o.When))
			if !writeCanonical(b, o.Value) {
				return false
			}
		}
		b.WriteByte(')')
	case policy.Unknown:
		return false
	}
	return true
}
