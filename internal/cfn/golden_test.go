package cfn

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files again")

// describe writes what was read of a file, for the golden files.
func describe(templates []*Template, err error) string {
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "error %v\n", err)
	}
	for _, t := range templates {
		for _, k := range t.Keys {
			describeKey(&b, k)
		}
		for _, e := range t.Errors {
			fmt.Fprintf(&b, "error %v\n", e)
		}
	}
	return b.String()
}

func describeKey(b *strings.Builder, k *Key) {
	s := k.In.Symbols
	fmt.Fprintf(b, "key %s\n  %s, line %d, own account %s: %s", k.ID, k.Kind, k.File.Position(k.Node.Span.Start).Line, s.Show(k.Account.ID), k.Account.How)
	if k.Account.Inferred {
		b.WriteString(" (inferred)")
	}
	if k.When != nil {
		fmt.Fprintf(b, ", when %v", k.When)
	}
	b.WriteString("\n")
	for _, st := range k.Policy.Statements {
		fmt.Fprintf(b, "  %d %s %s", st.Index, st.Effect, st.Sid)
		if len(st.When) > 0 {
			fmt.Fprintf(b, " when %v", st.When)
		}
		for _, p := range st.Principals {
			fmt.Fprintf(b, " [%s %s]", p.Kind, s.Show(p.Text))
		}
		for _, a := range st.Actions {
			b.WriteString(" " + s.Show(a.Text) + a.Unknown)
		}
		for _, c := range st.Conditions {
			fmt.Fprintf(b, " {%s %s", c.OperatorText, c.Key)
			for _, v := range c.Values {
				b.WriteString(" " + s.Show(v.Text))
			}
			b.WriteString("}")
		}
		b.WriteString("\n")
	}
	for _, u := range k.Policy.Unknown {
		fmt.Fprintf(b, "  unknown %s %v\n", u.Construct, u.When)
	}
	for _, d := range k.Policy.Dimensions {
		fmt.Fprintf(b, "  %s is one of %q\n", d.Name, d.Values)
	}
	for _, g := range k.Policy.Impossible {
		fmt.Fprintf(b, "  impossible %v\n", g)
	}
}

// TestGolden reads the files of testdata/cfn; what is expected of each stands beside it.
func TestGolden(t *testing.T) {
	const dir = "../../testdata/cfn"
	names, err := filepath.Glob(dir + "/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".golden") {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := describe(Open(filepath.Base(name), src, Options{Files: os.DirFS(dir)}))
			if *update {
				if err := os.WriteFile(name+".golden", []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name + ".golden")
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
