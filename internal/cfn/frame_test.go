package cfn

import (
	"os"
	"strconv"
	"testing"
	"testing/fstest"
)

// TestFrames reads every form of frame that cdk.md §3 (step 4) and §4 list.
func TestFrames(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"new AddToPolicyStack (/abs/lib/keys.ts:54:17)", "/abs/lib/keys.ts:54:17"},
		{"at new Key (/abs/lib/keys.ts:54:17)", "/abs/lib/keys.ts:54:17"},
		{"    at /abs/lib/keys.ts:54:17", "/abs/lib/keys.ts:54:17"},
		{"<anonymous> (/build/app/bin/app.ts:17:13)", "/build/app/bin/app.ts:17:13"},
		{"/abs/dist/lib/keys.js:287: (/abs/dist/lib/keys.js:287:4)", "/abs/dist/lib/keys.js:287:4"},
		{"__init__ (/abs/app.py:5)", "/abs/app.py:5:0"},
		{"fixture.KeysStack.<init> (KeysStack.java:14)", "KeysStack.java:14:0"},
		{"Object.<anonymous> (file:///abs/bin/app.mjs:3:1)", "/abs/bin/app.mjs:3:1"},
		{`new Key (C:\repo\lib\keys.ts:5:6)`, "C:/repo/lib/keys.ts:5:6"},
		{"new Key (file:///C:/repo/lib/keys.ts:5:6)", "/C:/repo/lib/keys.ts:5:6"},
		{"new Key (/abs/a dir (old)/keys.ts:5:6)", "/abs/a dir (old)/keys.ts:5:6"},
		{"...new Key2 in aws-cdk-lib...", ""},
		{"...node internals, tsx...", ""},
		{"(no user code in 10 frames, use --stack-trace-limit to capture more)", ""},
		{"Array.map (:)", ""},
		{"Array.map (<anonymous>)", ""},
		{"Module._compile (node:internal/modules/cjs/loader:1521:14)", ""},
		{"new Key (/r/node_modules/aws-cdk-lib/aws-kms/lib/key.js:1:8797)", ""},
		{"Kernel.create (/tmp/jsii-kernel-x/lib/program.js:218:93)", ""},
		{"f (/r/.venv/lib/python3/site-packages/aws_cdk/__init__.py:3)", ""},
		{"", ""},
	} {
		got := ""
		if f, ok := parseFrame(c.text); ok {
			got = f.file + ":" + strconv.Itoa(f.line) + ":" + strconv.Itoa(f.column)
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// TestFind chooses the repository's file by the longest common end, and never between two.
func TestFind(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{"packages/a/lib/keys.ts", "packages/b/lib/keys.ts", "infra/lib/only.ts", "app.ts", "deep/index.ts", "node_modules/x/lib/keys.ts"} {
		files[name] = &fstest.MapFile{Data: []byte("\n\n\n")}
	}
	s := (&Repository{}).sourcesOf(files)
	for _, c := range []struct{ file, root, near, want string }{
		{"/ci/packages/a/lib/keys.ts", "", ".", "packages/a/lib/keys.ts"},
		{"/ci/lib/keys.ts", "", ".", ""}, // two
		{"/ci/lib/only.ts", "", ".", "infra/lib/only.ts"},
		{"/ci/src/only.ts", "", ".", ""}, // a bare name
		{"/ci/app.ts", "", ".", "app.ts"},
		{"/ci/lib/keys.ts", "/ci", "packages/b", "packages/b/lib/keys.ts"},
		{"/ci/packages/b/lib/keys.ts", "/ci/", "packages/a/cdk.out", "packages/b/lib/keys.ts"},
		{"/etc/passwd", "", ".", ""},
		{"/ci/../../etc/app.ts", "/ci", ".", "app.ts"},
	} {
		if got := s.find(c.file, c.root, c.near); got != c.want {
			t.Errorf("%s in %s by %s: %q, want %q", c.file, c.near, c.root, got, c.want)
		}
	}
}

// TestSourceMaps maps frames of compiled JavaScript as the table of the sample data does.
func TestSourceMaps(t *testing.T) {
	if _, err := os.Stat(shared + "/cdk/app/dist"); err != nil {
		t.Skip("no CDK samples here: ", err)
	}
	s := (&Repository{}).sourcesOf(os.DirFS(shared + "/cdk"))
	for _, c := range []struct {
		frame string
		line  int
	}{
		{"new EncryptedThing (/build/app/dist/lib/keys.js:278:20)", 242},
		{"new LoopStack (/build/app/dist/lib/keys.js:286:13)", 248},
		{"/build/app/dist/lib/keys.js:287: (/build/app/dist/lib/keys.js:287:4)", 249},
		{"new LoopStack (/build/app/dist/lib/keys.js:287:32)", 249},
		{"<anonymous> (/build/app/dist/bin/app.js:66:1)", 33},
	} {
		f, ok := parseFrame(c.frame)
		if !ok {
			t.Errorf("%s is no frame", c.frame)
			continue
		}
		at := s.place(f, "/build/app", "app")
		if at == nil || at.Line != c.line || at.Kind != Exact || at.File != "app/lib/keys.ts" && at.File != "app/bin/app.ts" {
			t.Errorf("%s: %v, want line %d", c.frame, at, c.line)
		}
	}
}

// TestHostileSourceMap: a map that leads out of the repository leads nowhere.
func TestHostileSourceMap(t *testing.T) {
	files := fstest.MapFS{
		"lib/a.js":     {Data: []byte("x\n//# sourceMappingURL=a.js.map")},
		"lib/a.js.map": {Data: []byte(`{"version":3,"sources":["../../../../etc/passwd"],"mappings":"AAAA"}`)},
		"lib/b.js":     {Data: []byte("x\n//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbImZpbGU6Ly8vZXRjL3Bhc3N3ZCJdLCJtYXBwaW5ncyI6IkFBQUEifQ==")},
		"lib/c.js":     {Data: []byte("x\n//# sourceMappingURL=../../../../../../etc/passwd")},
	}
	s := (&Repository{}).sourcesOf(files)
	for _, name := range []string{"a", "b", "c"} {
		at := s.place(frame{file: "/ci/lib/" + name + ".js", line: 1, column: 1}, "", ".")
		if at == nil || at.File != "lib/"+name+".js" {
			t.Errorf("%s.js: %v", name, at)
		}
	}
}

// TestVersions finds the keys and anchors of older assemblies (cdk.md §2.1): with a trace, "exact"; without, none.
func TestVersions(t *testing.T) {
	if _, err := os.Stat(shared + "/cdk/versions"); err != nil {
		t.Skip("no CDK samples here: ", err)
	}
	for _, c := range []struct {
		dir, root    string
		keys, traced int
	}{
		{"out-2.100.0-plain", "2.100.0", 2, 0}, {"out-2.100.0-debug", "2.100.0", 2, 2}, {"out-2.250.0-plain", "2.250.0", 2, 0},
		{"out-2.251.0-plain", "2.251.0", 2, 2}, {"out-v1-off", "v1", 2, 2}, {"out-v1-on", "v1", 2, 2}, {"out-v1-trust", "v1", 2, 2},
	} {
		keys, traced := 0, 0
		for _, tmpl := range openTree(t, os.DirFS(shared+"/cdk/versions"), c.dir, Options{CDKRoot: "/build/versions/w-" + c.root}) {
			for _, k := range tmpl.Keys {
				keys++
				if k.Source != nil && k.Source.Kind == Exact {
					traced++
				}
				if k.Account.ID != "111111111111" {
					t.Errorf("%s: own account %s", k.ID, k.Account.ID)
				}
			}
		}
		if keys != c.keys || traced != c.traced {
			t.Errorf("%s: %d keys, %d traced; want %d and %d", c.dir, keys, traced, c.keys, c.traced)
		}
	}
}
