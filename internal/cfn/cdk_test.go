package cfn

import (
	"io/fs"
	"os"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// readTree opens every file of a tree that may hold a key.
func openTree(t *testing.T, files fs.FS, root string, opt Options) []*Template {
	t.Helper()
	opt.Files, opt.Repository = files, &Repository{}
	var all []*Template
	err := fs.WalkDir(files, root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch path.Ext(p) {
		case ".json", ".yaml", ".yml", ".template", ".snap":
		default:
			return nil
		}
		src, err := fs.ReadFile(files, p)
		if err != nil {
			return err
		}
		templates, err := Open(p, src, opt)
		if err != nil {
			t.Errorf("%v", err)
		}
		all = append(all, templates...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// expectedAnchors reads the table of anchors in the sample data's README.
func expectedAnchors(t *testing.T) map[string]int {
	t.Helper()
	src, err := os.ReadFile(shared + "/cdk/README.md")
	if err != nil {
		t.Skip("no CDK samples here: ", err)
	}
	all := map[string]int{}
	for _, m := range regexp.MustCompile("(?m)^\\| `((?:lib|bin)/[a-z]+\\.ts):(\\d+):\\d+` \\| (\\d+) \\|").FindAllStringSubmatch(string(src), -1) {
		n, _ := strconv.Atoi(m[3])
		all[m[1]+":"+m[2]] += n
	}
	return all
}

// TestAnchors finds the source lines that the sample app's keys come from, in every assembly that was made of it.
func TestAnchors(t *testing.T) {
	want := expectedAnchors(t)
	for _, out := range []string{"out-default", "out-debug", "out-recflags"} {
		t.Run(out, func(t *testing.T) {
			got := map[string]int{}
			keys := 0
			for _, tmpl := range openTree(t, os.DirFS(shared+"/cdk"), out, Options{CDKRoot: "/build/app"}) {
				for _, k := range tmpl.Keys {
					keys++
					if k.Source == nil {
						t.Errorf("%s (%s): no source", k.ID, k.Path)
						continue
					}
					at := strings.TrimPrefix(k.Source.File, "app/") + ":" + strconv.Itoa(k.Source.Line)
					got[at]++
					if enclosing := at == "bin/app.ts:65"; (k.Source.Kind == Enclosing) != enclosing {
						t.Errorf("%s: the anchor %s is %s", k.ID, at, k.Source.Kind)
					}
				}
			}
			for at, n := range want {
				if got[at] != n && !(out == "out-debug" && (at == "lib/keys.ts:159")) {
					t.Errorf("%d keys at %s, want %d", got[at], at, n)
				}
			}
			t.Logf("%d keys, %d places", keys, len(got))
		})
	}
}

// TestNoPathMetadata finds construct paths and anchors in an assembly without aws:cdk:path.
func TestNoPathMetadata(t *testing.T) {
	if _, err := os.Stat(shared + "/cdk/out-strict"); err != nil {
		t.Skip("no CDK samples here: ", err)
	}
	keys := 0
	for _, tmpl := range openTree(t, os.DirFS(shared+"/cdk"), "out-strict", Options{CDKRoot: "/build/app"}) {
		for _, k := range tmpl.Keys {
			keys++
			if k.Path == "" || k.Source == nil || k.Source.File != "app/strict.ts" || k.Source.Kind != Exact {
				t.Errorf("%s: path %q, source %v", k.ID, k.Path, k.Source)
			}
		}
	}
	if keys != 10 {
		t.Errorf("%d keys, want 10", keys)
	}
}

// TestInferredRoot finds the same anchors when nobody says where the CDK ran.
func TestInferredRoot(t *testing.T) {
	want := expectedAnchors(t)
	got := map[string]int{}
	for _, tmpl := range openTree(t, os.DirFS(shared+"/cdk"), "out-default", Options{}) {
		for _, k := range tmpl.Keys {
			if k.Source != nil {
				got[strings.TrimPrefix(k.Source.File, "app/")+":"+strconv.Itoa(k.Source.Line)]++
			}
		}
	}
	for at, n := range want {
		if got[at] != n {
			t.Errorf("%d keys at %s, want %d", got[at], at, n)
		}
	}
}

// TestSidSources finds the lines of statements by their Sid (cdk.md §3, step 6).
func TestSidSources(t *testing.T) {
	if _, err := os.Stat(shared + "/cdk"); err != nil {
		t.Skip("no CDK samples here: ", err)
	}
	x := Join(openTree(t, os.DirFS(shared+"/cdk"), "out-default", Options{CDKRoot: "/build/app"})...)
	found, missing := 0, []string{}
	for _, k := range x.Keys {
		for _, s := range k.Policy.Statements {
			if s.SidNode == nil {
				continue
			}
			at := k.SidSource(s.Sid)
			if at == nil {
				missing = append(missing, k.LogicalID+" "+s.Sid)
				continue
			}
			found++
			src, err := os.ReadFile(shared + "/cdk/" + at.File)
			if err != nil || !strings.Contains(strings.Split(string(src), "\n")[at.Line-1], s.Sid) {
				t.Errorf("%s: %s does not stand at %v (%v)", k.ID, s.Sid, *at, err)
			}
		}
	}
	t.Logf("%d statements found, not %q", found, missing)
	if found < 20 {
		t.Errorf("%d statements found", found)
	}
}

// TestByName finds a key without a trace by its name, once or not at all.
func TestByName(t *testing.T) {
	const template = `{"Resources":{"K":{"Type":"AWS::KMS::Key","Metadata":{"aws:cdk:path":"Stack/OrdersKey/Resource"}}}}`
	one := fstest.MapFile{Data: []byte("from aws_cdk import aws_kms as kms\n\nkms.Key(self, \"OrdersKey\")\n")}
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		at    string
		want  *Source
	}{
		{"once", fstest.MapFS{"app/stack.py": &one}, "cdk.out/S.template.json", &Source{"app/stack.py", 3, ByName}},
		{"twice", fstest.MapFS{"app/a.py": &one, "app/b.py": &one}, "cdk.out/S.template.json", nil},
		{"never", fstest.MapFS{}, "cdk.out/S.template.json", nil},
		{"in the test of a snapshot", fstest.MapFS{"test/integ.a.ts": &one, "test/integ.b.ts": &one, "test/integ.a.js": &one}, "test/integ.a.js.snapshot/S.template.json", &Source{"test/integ.a.ts", 3, ByName}},
	} {
		templates, err := Open(c.at, []byte(template), Options{Files: c.files})
		if err != nil || len(templates) != 1 {
			t.Fatal(err)
		}
		if got := templates[0].Keys[0].Source; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
