package cfn

import (
	"bufio"
	"bytes"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const cdkApps = "../../testdata/cdk"

// synthesized is the tree of testdata/cdk; KMSGUARD_CDK_OUT names a folder with the output of another release.
func synthesized(t *testing.T) fstest.MapFS {
	t.Helper()
	out := os.Getenv("KMSGUARD_CDK_OUT")
	if out == "" {
		out = cdkApps + "/out"
	}
	files := fstest.MapFS{}
	for at, dir := range map[string]string{"app": cdkApps + "/app", "out": out} {
		err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			src, err := os.ReadFile(dir + "/" + p)
			files[at+"/"+p] = &fstest.MapFile{Data: src}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// madeKeys reads the comments "// makes 2" of an app: how many keys of an assembly each line makes.
func madeKeys(t *testing.T, files fstest.MapFS, name string) map[string]int {
	t.Helper()
	all := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(files[name].Data))
	for n := 1; lines.Scan(); n++ {
		if m := regexp.MustCompile(`// makes (\d+)$`).FindStringSubmatch(lines.Text()); m != nil {
			all[name+":"+strconv.Itoa(n)], _ = strconv.Atoi(m[1])
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s makes no keys", name)
	}
	return all
}

// TestSynthesis reads what aws-cdk-lib made of the apps in testdata/cdk: every key is found once, at the exact line.
func TestSynthesis(t *testing.T) {
	files := synthesized(t)
	for out, app := range map[string]string{"keys": "app/keys.ts", "debug": "app/keys.ts", "plain": "app/plain.js"} {
		for _, root := range []string{"/app", ""} {
			got := map[string]int{}
			for _, tmpl := range openTree(t, files, "out/"+out, Options{CDKRoot: root}) {
				if len(tmpl.Errors) > 0 {
					t.Errorf("%s: %v", tmpl.File.Name, tmpl.Errors)
				}
				for _, k := range tmpl.Keys {
					switch {
					case k.Source == nil:
						t.Errorf("%s (%s): no source", k.ID, k.Path)
					case k.Source.Kind != Exact:
						t.Errorf("%s: the anchor is %s", k.ID, k.Source.Kind)
					default:
						got[k.Source.File+":"+strconv.Itoa(k.Source.Line)]++
					}
					if k.Path == "" || !k.Generated {
						t.Errorf("%s: path %q, generated %v", k.ID, k.Path, k.Generated)
					}
				}
			}
			if want := madeKeys(t, files, app); !maps.Equal(got, want) {
				t.Errorf("out/%s with root %q: keys at\n%v, want\n%v", out, root, got, want)
			}
		}
	}
}

// TestSynthesisMeaning: what the stacks of the apps pass and grant to each other is seen in the policies and their uses.
func TestSynthesisMeaning(t *testing.T) {
	files := synthesized(t)
	for _, out := range []string{"out/keys", "out/debug"} {
		x := Join(append(openTree(t, files, out, Options{}), openTree(t, files, "app/include", Options{})...)...)
		policies := map[string][]string{}
		used := map[string]string{}
		for _, k := range x.Keys {
			name := k.LogicalID[:min(8, len(k.LogicalID))]
			for _, s := range k.Policy.Statements {
				if s.Sid != "" && len(s.When) == 0 {
					policies[name] = append(policies[name], s.Sid+": "+k.In.Symbols.Show(s.Principals[0].Text))
				}
			}
			used[name] = strings.Join(uses(x, k), ", ")
		}
		role := func(account string) string {
			return regexp.MustCompile(`Reader: arn:aws:iam::` + account + `:role/\$\{` + out + `/(assembly-[A-Za-z]+/)?[A-Za-z]*Outer[0-9A-F]*\.template\.json#Role[0-9A-F]{8}\}`).String()
		}
		if got := policies["Passed"]; !slices.Equal(got, []string{"Passed: *"}) {
			t.Errorf("%s: the nested stack's key lets in %q", out, got)
		}
		got := strings.Join(policies["InnerKey"], "\n")
		for _, account := range []string{`\$\{AWS::AccountId\}`, "111122223333", "444455556666"} {
			if !regexp.MustCompile("(?m)^" + role(account) + "$").MatchString(got) {
				t.Errorf("%s: the nested stacks' keys let in\n%s", out, got)
			}
		}
		if want := "/Grants.template.json#Consumer"; !strings.Contains(used["Exported"], want) {
			t.Errorf("%s: the exported key is used by %s", out, used["Exported"])
		}
		if k := keyNamed(t, x, "app/include/shared.yaml#SharedKey"); !slices.Equal(k.Copies, []string{out + "/Included.template.json"}) {
			t.Errorf("%s: the included key has the copies %v", out, k.Copies)
		}
	}
}
