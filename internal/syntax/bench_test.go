package syntax

import (
	"strings"
	"testing"
)

// megabyte returns a document of about 1 MiB with the article's policy many times.
func megabyte(t testing.TB, w writer) []byte {
	_, policy := article(t)
	root := NewMapping()
	size := len(w.print(policy))
	for i := 0; i*size < 1<<20; i++ {
		root.Members = append(root.Members, Member{NewString("Key" + strings.Repeat("x", i%7) + string(rune('A'+i%26)) + strings.Repeat("y", i/26)), policy})
	}
	return []byte(w.print(root))
}

func BenchmarkParseJSON(b *testing.B) {
	src := megabyte(b, layouts()["json indent 4"])
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseJSON("x.json", src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseYAML(b *testing.B) {
	src := megabyte(b, layouts()["yaml"])
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseYAML("x.yaml", src); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseYAMLFlow is the worst case of the YAML parser's memory.
func BenchmarkParseYAMLFlow(b *testing.B) {
	src := megabyte(b, layouts()["json minified with spaces"])
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseYAML("x.yaml", src); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSetMember edits a statement in the middle of 1 MiB.
func BenchmarkSetMember(b *testing.B) {
	for _, name := range []string{"json indent 4", "yaml"} {
		b.Run(name, func(b *testing.B) {
			f := parse(b, name, string(megabyte(b, layouts()[name])))
			statement := f.Root().Members[len(f.Root().Members)/2].Value.Get("Statement").Items[0]
			b.ReportAllocs()
			for b.Loop() {
				f.SetMember(statement, "Condition", NewMapping("Bool", NewMapping("x", NewString("y"))), "Resource")
			}
		})
	}
}

// BenchmarkEditLongList makes the first edit of a minified file with a long list: what a hostile file would slow down.
func BenchmarkEditLongList(b *testing.B) {
	src := []byte(`{"a":[` + strings.Repeat(`{"a":"b"},`, 50000) + `1]}`)
	for b.Loop() {
		f := parse(b, "json", string(src))
		f.InsertItem(f.Root().Get("a"), 25000, NewString("d"))
	}
}
