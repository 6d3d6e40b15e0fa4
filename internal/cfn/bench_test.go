package cfn

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/syntax"
)

// The large inputs are made by shared/cdk/gen/gen.mjs; KMSGUARD_GEN names the folder.
func generated(b *testing.B) string {
	dir := os.Getenv("KMSGUARD_GEN")
	if dir == "" {
		b.Skip("KMSGUARD_GEN names no folder of large inputs")
	}
	return dir
}

// BenchmarkBigTemplate reads a template of 1 MB with 500 resources and 100 keys that is parsed already.
func BenchmarkBigTemplate(b *testing.B) {
	src, err := os.ReadFile(path.Join(generated(b), "big.template.json"))
	if err != nil {
		b.Fatal(err)
	}
	f, err := syntax.ParseJSON("big.template.json", src)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if n := len(Read(f, Options{})[0].Keys); n != 100 {
			b.Fatal(n, " keys")
		}
	}
}

// BenchmarkAssembly opens and joins an assembly of 300 stacks with 630 keys and asks who uses each.
func BenchmarkAssembly(b *testing.B) {
	files := os.DirFS(generated(b))
	for b.Loop() {
		opt := Options{Files: files, Repository: &Repository{}}
		var all []*Template
		_ = fs.WalkDir(files, "assembly", func(p string, d fs.DirEntry, err error) error {
			if strings.HasSuffix(p, ".template.json") {
				src, _ := fs.ReadFile(files, p)
				templates, err := Open(p, src, opt)
				if err != nil {
					b.Fatal(err)
				}
				all = append(all, templates...)
			}
			return err
		})
		x := Join(all...)
		keys := 0
		for _, t := range x.Templates {
			keys += len(t.Keys)
			for _, k := range t.Keys {
				x.Uses(k)
			}
		}
		if keys != 630 {
			b.Fatal(keys, " keys")
		}
	}
}
