package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kmsguard/kmsguard/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kmsguard": func() {
		os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}})
}

// TestScripts runs the scripts of testdata/script, which say what a person at a terminal sees.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireExplicitExec: true,
		ContinueOnError:     true,
		Setup: func(e *testscript.Env) error {
			top, err := filepath.Abs("../..")
			if err != nil {
				return err
			}
			e.Vars = append(e.Vars, "TESTDATA="+filepath.Join(top, "testdata"))
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("condition %q is not known", name)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"status": status,
			"folder": folder,
			"odd":    odd,
			"mode":   mode,
			"has":    has,
			"sarif":  sarif,
			"schema": schema,
			"lines":  lines,
		},
	})
}

// status N COMMAND ARG… runs a command, which must end with that status.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND ARG...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("%s ends with status %d, want %s", strings.Join(args[1:], " "), got, args[0])
	}
	for _, word := range []string{"panic", "goroutine", "internal error"} {
		if strings.Contains(ts.ReadFile("stderr")+ts.ReadFile("stdout"), word) {
			ts.Fatalf("%s says %q", strings.Join(args[1:], " "), word)
		}
	}
}

// folder FROM TO copies a folder.
func folder(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: folder FROM TO")
	}
	from := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		to := filepath.Join(ts.MkAbs(args[1]), rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	}))
}

// odd FILE NAME copies a file to a name in Go's syntax, such as "a\nb.json".
func odd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: odd FILE NAME")
	}
	name, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(name)), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs(name), []byte(ts.ReadFile(args[0])), 0o644))
}

// mode PERM FILE checks the permissions of a file.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode PERM FILE")
	}
	info, err := os.Lstat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] || !info.Mode().IsRegular() {
		ts.Fatalf("%s is %s, want a regular file with %s", args[1], info.Mode(), args[0])
	}
}

// has FILE LIST FIELD=VALUE… checks that an entry of a list of a JSON document has all the fields. LIST and FIELD are paths with
// dots; "." is the document itself. FIELD~REGEXP matches a part of the value, FIELD alone asks whether it is there.
func has(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: has FILE LIST FIELD=VALUE...")
	}
	var doc any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc))
	entries := []any{doc}
	if args[1] != "." {
		list, ok := at(doc, args[1]).([]any)
		if !ok {
			ts.Fatalf("%s is no list", args[1])
		}
		entries = list
	}
	if slices.ContainsFunc(entries, func(e any) bool {
		return !slices.ContainsFunc(args[2:], func(field string) bool { return !holds(e, field) })
	}) == neg {
		ts.Fatalf("entries of %s with %s: want them %t, in\n%s", args[1], strings.Join(args[2:], " "), !neg, ts.ReadFile(args[0]))
	}
}

func at(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch w := v.(type) {
		case map[string]any:
			v = w[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(w) {
				return nil
			}
			v = w[i]
		default:
			return nil
		}
	}
	return v
}

func holds(entry any, field string) bool {
	i := strings.IndexAny(field, "=~")
	if i < 0 {
		return at(entry, field) != nil
	}
	value := at(entry, field[:i])
	text, ok := value.(string)
	if !ok {
		b, _ := json.Marshal(value)
		text = string(b)
	}
	if field[i] == '=' {
		return text == field[i+1:]
	}
	return regexp.MustCompile(field[i+1:]).MatchString(text)
}

// lines FILE N checks how many lines a file has.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: lines FILE N")
	}
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); (strconv.Itoa(got) == args[1]) == neg {
		ts.Fatalf("%s has %d lines:\n%s", args[0], got, ts.ReadFile(args[0]))
	}
}

// sarif FILE validates a document against the JSON Schema of SARIF 2.1.0.
func sarif(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sarif FILE")
	}
	text, err := sarifSchema()
	ts.Check(err)
	validate(ts, text, ts.ReadFile(args[0]), false)
}

// schema SCHEMA FILE validates a JSON document against a JSON Schema.
func schema(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: schema SCHEMA FILE")
	}
	validate(ts, ts.ReadFile(args[0]), ts.ReadFile(args[1]), neg)
}

func validate(ts *testscript.TestScript, schema, text string, neg bool) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	ts.Check(c.AddResource("schema.json", doc))
	s, err := c.Compile("schema.json")
	ts.Check(err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	ts.Check(err)
	if err := s.Validate(value); (err == nil) == neg {
		ts.Fatalf("valid: %t (%v)\n%s", err == nil, err, text)
	}
}

// sarifSchema returns the JSON Schema of SARIF 2.1.0, which the SARIF library has in its source.
func sarifSchema() (string, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	if err != nil {
		return "", err
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "pkg/report/v210/sarif/schema.go"), nil, 0)
	if err != nil {
		return "", err
	}
	var text string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && len(lit.Value) > len(text) {
			text, _ = strconv.Unquote(lit.Value)
		}
		return true
	})
	return text, nil
}
