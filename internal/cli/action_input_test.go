package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/cli"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

// adds makes a pull request that adds or changes files, in a repository that has the configuration.
func adds(t *testing.T, base, change map[string]string) (*githubtest.Server, int) {
	t.Helper()
	s := githubtest.New(githubtest.Options{Fail: t.Errorf})
	t.Cleanup(s.Close)
	before := githubtest.Tree{".github/kmsguard.yml": configuration}
	for name, text := range base {
		before[name] = text
	}
	after := githubtest.Tree{}
	for name, text := range before {
		after[name] = text
	}
	for name, text := range change {
		after[name] = text
	}
	b := s.Commit(before)
	return s, s.Pull(b, s.Commit(after, b), "")
}

// With check-run a check run says how the step ends and shows the findings; without it there is none.
func TestActionCheckRun(t *testing.T) {
	s, number := adds(t, nil, map[string]string{"policies/data.json": defaultPolicy})
	if status, log, _, _ := step(t, s, number, nil); status != 1 || len(s.Checks()) != 0 {
		t.Errorf("status %d and %d check runs without the input, want 1 and none; log:\n%s", status, len(s.Checks()), log)
	}
	status, log, _, _ := step(t, s, number, map[string]string{"check-run": "true"})
	head, _ := s.Head(number)
	checks := s.Checks()
	if status != 1 || len(checks) != 1 {
		t.Fatalf("status %d and %d check runs, want 1 and one; log:\n%s", status, len(checks), log)
	}
	c := checks[0]
	if c.Name != "kmsguard" || c.Head != head || c.Conclusion != "failure" || c.Annotations != 1 || !strings.HasPrefix(c.Title, "1 errors, ") || !strings.Contains(c.Summary, "KMS001") {
		t.Errorf("the check run is %+v; log:\n%s", c, log)
	}

	s, number = adds(t, nil, map[string]string{"README.md": "keys\n"})
	if status, log, _, _ = step(t, s, number, map[string]string{"check-run": "true"}); status != 0 {
		t.Errorf("status %d of a harmless change; log:\n%s", status, log)
	}
	if checks = s.Checks(); len(checks) != 1 || checks[0].Conclusion != "success" || checks[0].Annotations != 0 {
		t.Errorf("the check runs of a harmless change are %+v", checks)
	}
}

// Without the event file, what is checked out is judged, and the log says why nothing is posted.
func TestActionWithoutEventFile(t *testing.T) {
	s, number := adds(t, nil, map[string]string{"policies/data.json": defaultPolicy})
	status, log, _, _ := stepIn(t, s, number, nil, map[string]string{"policies/data.json": defaultPolicy}, map[string]string{
		"GITHUB_EVENT_PATH": "/github/workflow/event.json"})
	if status != 1 || len(s.Comments(number)) != 0 || !strings.Contains(log, "::warning") || !strings.Contains(log, "KMS001") {
		t.Errorf("status %d and %d comments, want 1 and none; log:\n%s", status, len(s.Comments(number)), log)
	}
}

// What the report of the base has is not introduced, whatever the change touches.
func TestActionBaseline(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "data.json"), defaultPolicy)
	write(t, filepath.Join(dir, "kmsguard.yml"), configuration)
	known := scanJSON(t, "--config", filepath.Join(dir, "kmsguard.yml"), filepath.Join(dir, "data.json"))

	s, number := adds(t, nil, map[string]string{"policies/data.json": defaultPolicy})
	inputs := map[string]string{"baseline": "base.json"}
	status, log, _, outputs := stepIn(t, s, number, inputs, map[string]string{"base.json": known}, nil)
	if status != 0 || len(s.Comments(number)) != 0 || output(t, outputs, "introduced") != "0" || output(t, outputs, "findings") != "1" {
		t.Errorf("status %d and %d comments, want 0 and none; outputs:\n%s\nlog:\n%s", status, len(s.Comments(number)), outputs, log)
	}
	none := `{"schema": 1, "findings": []}`
	if status, log, _, outputs = stepIn(t, s, number, inputs, map[string]string{"base.json": none}, nil); status != 1 || output(t, outputs, "introduced") != "1" {
		t.Errorf("status %d with an empty baseline, want 1; log:\n%s", status, log)
	}
	for name, text := range map[string]string{"missing": "", "of another program": `{"version": "2.1.0"}`, "no JSON": "x"} {
		files := map[string]string{"base.json": text}
		if text == "" {
			files = nil
		}
		if status, log, _, _ = stepIn(t, s, number, inputs, files, nil); status != 2 || !strings.Contains(log, "baseline") {
			t.Errorf("status %d with a baseline that is %s, want 2; log:\n%s", status, name, log)
		}
	}
}

// Output of the CDK that no commit has is judged from the workspace. What its key had is not known, so a finding is introduced
// only if the source of the key is part of the change, or if a synthesis of the base does not have it.
func TestActionGenerated(t *testing.T) {
	source := read(t, "../../testdata/demo/lib/data-stack.ts")
	generated := func(dir string, change func(string) string) map[string]string {
		files := map[string]string{}
		entries, err := os.ReadDir("../../testdata/demo/cdk.out")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			text := read(t, "../../testdata/demo/cdk.out/"+e.Name())
			if strings.HasSuffix(e.Name(), ".template.json") && change != nil {
				text = change(text)
			}
			files[dir+"/"+e.Name()] = text
		}
		return files
	}
	closed := func(text string) string {
		return strings.Replace(text, `"Resource": "*"`, `"Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}}`, 1)
	}
	with := func(all ...map[string]string) map[string]string {
		sum := map[string]string{}
		for _, files := range all {
			for name, text := range files {
				sum[name] = text
			}
		}
		return sum
	}
	touched := map[string]string{"lib/data-stack.ts": source + "// more\n"}
	other := map[string]string{"other.txt": "x\n"}
	root := map[string]string{"base-cdk-root": "base/cdk.out"}
	for _, c := range []struct {
		name            string
		change, files   map[string]string
		inputs          map[string]string
		status          int
		findings, fresh string
	}{
		{"source in the change", touched, generated("cdk.out", nil), nil, 1, "1", "1"},
		{"source not in the change", other, generated("cdk.out", nil), nil, 0, "1", "0"},
		{"base has the same", touched, with(generated("cdk.out", nil), generated("base/cdk.out", nil)), root, 0, "1", "0"},
		{"base is closed", touched, with(generated("cdk.out", nil), generated("base/cdk.out", closed)), root, 1, "1", "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, number := adds(t, map[string]string{"lib/data-stack.ts": source}, c.change)
			status, log, _, outputs := stepIn(t, s, number, c.inputs, c.files, nil)
			if status != c.status || output(t, outputs, "introduced") != c.fresh || c.findings != "" && output(t, outputs, "findings") != c.findings || output(t, outputs, "keys") != "1" {
				t.Errorf("status %d, want %d; outputs:\n%s\nlog:\n%s", status, c.status, outputs, log)
			}
			if c.inputs == nil && !strings.Contains(log, "without base-cdk-root or baseline") {
				t.Errorf("the log does not say what is introduced:\n%s", log)
			}
		})
	}
}

// Each output stands between lines that no value can know.
func TestActionOutputs(t *testing.T) {
	s, number := adds(t, nil, map[string]string{"policies/data.json": defaultPolicy})
	marks := map[string]bool{}
	for range 2 {
		_, _, _, outputs := step(t, s, number, map[string]string{"report-file": "report.json"})
		seen := 0
		for _, m := range regexp.MustCompile(`(?m)^([a-z-]+)<<(\S+)\n([^\n]*)\n(\S+)\n`).FindAllStringSubmatch(outputs, -1) {
			if m[2] != m[4] || marks[m[2]] || len(m[2]) < 20 {
				t.Errorf("output %s stands between %q and %q", m[1], m[2], m[4])
			}
			marks[m[2]] = true
			seen++
		}
		if seen != 8 || strings.Count(outputs, "\n") != 3*seen {
			t.Errorf("%d outputs in\n%s", seen, outputs)
		}
		for name, want := range map[string]string{"conclusion": "failure", "findings": "1", "introduced": "1", "errors": "1", "warnings": "0", "keys": "1", "report-file": "report.json", "sarif-file": ""} {
			if got := output(t, outputs, name); got != want {
				t.Errorf("output %s is %q, want %q", name, got, want)
			}
		}
	}
}

// The runner's files that cannot be opened cost a line of the log, and nothing else.
func TestActionWithoutRunnerFiles(t *testing.T) {
	s, number := adds(t, nil, map[string]string{"policies/data.json": defaultPolicy})
	status, log, _, _ := stepIn(t, s, number, nil, nil, map[string]string{"GITHUB_STEP_SUMMARY": "/nowhere/summary", "GITHUB_OUTPUT": "/nowhere/output"})
	if status != 1 || strings.Contains(log, "goroutine") || len(s.Comments(number)) != 1 {
		t.Errorf("status %d and %d comments, want 1 and one; log:\n%s", status, len(s.Comments(number)), log)
	}
	for _, want := range []string{"the step summary could not be written", "the outputs could not be written"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say that %s:\n%s", want, log)
		}
	}
}

// output is the value of an output of the step.
func output(t *testing.T, outputs, name string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + name + `<<\S+\n([^\n]*)\n`).FindStringSubmatch(outputs)
	if m == nil {
		t.Fatalf("no output %s in\n%s", name, outputs)
	}
	return m[1]
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// scanJSON is the report of a scan.
func scanJSON(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cli.Main(append([]string{"scan", "--format", "json"}, args...), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	if !json.Valid(out.Bytes()) {
		t.Fatalf("scan says %s%s", out.String(), errs.String())
	}
	return out.String()
}
