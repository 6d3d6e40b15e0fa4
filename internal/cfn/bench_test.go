package cfn_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/kmsguard/kmsguard/internal/cfn"
	"github.com/kmsguard/kmsguard/internal/config"
	"github.com/kmsguard/kmsguard/internal/repo"
	"github.com/kmsguard/kmsguard/internal/rules"
	"github.com/kmsguard/kmsguard/internal/scan"
)

// large makes the large inputs of cdk.md §9 in a folder of its own: a template at CloudFormation's limits and an assembly of
// 300 stacks with 630 keys.
func large(b *testing.B) string {
	b.Helper()
	const generator = "../../../shared/cdk/gen/gen.mjs" // beside a checkout, where there is one
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(generator); err != nil || missing != nil {
		b.Skip("no node or no generator of large inputs here")
	}
	dir := b.TempDir()
	if out, err := exec.Command(node, generator, dir).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// assembly lists the files of the large assembly that a scan reads.
func assembly(b *testing.B, dir string) (all []repo.File) {
	b.Helper()
	files := os.DirFS(dir)
	err := fs.WalkDir(files, "assembly", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".json" {
			return err
		}
		src, err := fs.ReadFile(files, p)
		all = append(all, repo.File{Path: p, Data: src})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return all
}

func bigTemplate(b *testing.B, dir string) []repo.File {
	b.Helper()
	src, err := os.ReadFile(dir + "/big.template.json")
	if err != nil {
		b.Fatal(err)
	}
	return []repo.File{{Path: "big.template.json", Data: src}}
}

// read opens and joins files and asks who uses each key.
func read(b *testing.B, files []repo.File, opt cfn.Options) (keys int) {
	b.Helper()
	var all []*cfn.Template
	for _, f := range files {
		if !strings.HasSuffix(f.Path, ".template.json") {
			continue
		}
		templates, err := cfn.Open(f.Path, f.Data, opt)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, templates...)
	}
	x := cfn.Join(all...)
	for _, t := range x.Templates {
		for _, k := range t.Keys {
			keys++
			x.Uses(k)
			x.Primary(k)
		}
	}
	return keys
}

// BenchmarkBigTemplate reads 1 MB with 500 resources and 100 keys on one processor. The figure of DESIGN section 10 is 200 ms,
// rules included: see BenchmarkScanBigTemplate.
func BenchmarkBigTemplate(b *testing.B) {
	files := bigTemplate(b, large(b))
	b.ReportAllocs()
	for b.Loop() {
		if n := read(b, files, cfn.Options{}); n != 100 {
			b.Fatal(n, " keys")
		}
	}
}

// BenchmarkAssembly reads 300 stacks with 630 keys on one processor. The figure is 2 s on two, rules included.
func BenchmarkAssembly(b *testing.B) {
	dir := large(b)
	files := assembly(b, dir)
	b.ReportAllocs()
	for b.Loop() {
		if n := read(b, files, cfn.Options{Files: os.DirFS(dir), Repository: &cfn.Repository{}}); n != 630 {
			b.Fatal(n, " keys")
		}
	}
}

func judge(b *testing.B, files []repo.File, dir string) {
	b.Helper()
	opt := scan.Options{Config: config.Default(), Rules: rules.All, Files: os.DirFS(dir), Today: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}
	b.ReportAllocs()
	for b.Loop() {
		if r := scan.Scan(files, nil, opt); len(r.Report.Keys) == 0 || len(r.Report.Findings) == 0 {
			b.Fatalf("%d keys, %d findings", len(r.Report.Keys), len(r.Report.Findings))
		}
	}
}

// BenchmarkScanBigTemplate is a scan of the big template with all rules on all processors.
func BenchmarkScanBigTemplate(b *testing.B) {
	dir := large(b)
	judge(b, bigTemplate(b, dir), dir)
}

// BenchmarkScanAssembly is a scan of the large assembly with all rules on all processors.
func BenchmarkScanAssembly(b *testing.B) {
	dir := large(b)
	judge(b, assembly(b, dir), dir)
}
