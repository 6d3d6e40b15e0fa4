package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kmsguard/kmsguard/internal/cli"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
)

// step runs the action on a pull request of the stand-in, as a workflow would without a checkout.
func step(t *testing.T, s *githubtest.Server, number int, inputs map[string]string) (status int, log, summary, outputs string) {
	t.Helper()
	return stepIn(t, s, number, inputs, nil, nil)
}

// stepIn is step in a workspace that has files, and with variables of the runner that are other than usual.
func stepIn(t *testing.T, s *githubtest.Server, number int, inputs, files, env map[string]string) (status int, log, summary, outputs string) {
	t.Helper()
	dir := t.TempDir()
	workspace := filepath.Join(dir, "workspace")
	if err := os.Mkdir(workspace, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(workspace, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, text)
	}
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for k, v := range map[string]string{
		"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": file("event.json", s.Event(number, "opened")),
		"GITHUB_REPOSITORY": s.Repository(), "GITHUB_API_URL": s.URL(), "GITHUB_GRAPHQL_URL": s.URL() + "/graphql",
		"GITHUB_WORKSPACE": workspace, "GITHUB_OUTPUT": file("output", nil), "GITHUB_STEP_SUMMARY": file("summary", nil),
		"INPUT_TOKEN": s.Token(),
	} {
		t.Setenv(k, v)
	}
	for k, v := range inputs {
		t.Setenv("INPUT_"+strings.ToUpper(k), v)
	}
	for k, v := range env {
		t.Setenv(k, v)
	}
	var out, errs bytes.Buffer
	status = cli.Main([]string{"action"}, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return status, out.String() + errs.String(), read("summary"), read("output")
}

const configuration = `version: 1
account: "111122223333"
administrators: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/KMSAdminRole"]
deployers: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/KMSAdminRole"]
`

const defaultPolicy = `{
    "Id": "key-default-1",
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {
                "AWS": "arn:aws:iam::111122223333:root"
            },
            "Action": "kms:*",
            "Resource": "*"
        }
    ]
}
`

// A pull request that adds the default policy gets one review with a suggestion; pressing its button leaves nothing to say.
func TestActionSuggestsAndTheButtonMends(t *testing.T) {
	s := githubtest.New(githubtest.Options{Fail: t.Errorf})
	defer s.Close()
	base := githubtest.Tree{"README.md": "keys\n", ".github/kmsguard.yml": configuration}
	head := githubtest.Tree{"README.md": "keys\n", ".github/kmsguard.yml": configuration, "policies/data.json": defaultPolicy}
	b := s.Commit(base)
	number := s.Pull(b, s.Commit(head, b), "")

	status, log, summary, outputs := step(t, s, number, nil)
	if status != 1 {
		t.Fatalf("status %d, want 1; log:\n%s", status, log)
	}
	comments := s.Comments(number)
	if len(comments) != 1 || !strings.Contains(comments[0].Body, "```suggestion") || comments[0].Path != "policies/data.json" {
		t.Fatalf("want one suggestion on policies/data.json, have %+v; log:\n%s", comments, log)
	}
	for _, want := range []string{"KMS001", "EnableRootAccessAndPreventPermissionDelegation", "kms:Decrypt"} {
		if !strings.Contains(comments[0].Body, want) {
			t.Errorf("the comment does not say %s:\n%s", want, comments[0].Body)
		}
	}
	if !strings.Contains(summary, "KMS001") {
		t.Errorf("the step summary does not name the finding:\n%s", summary)
	}
	for _, want := range []string{"conclusion<<", "failure", "introduced<<"} {
		if !strings.Contains(outputs, want) {
			t.Errorf("the outputs lack %s:\n%s", want, outputs)
		}
	}

	if err := s.Press(comments[0].ID); err != nil {
		t.Fatal(err)
	}
	status, log, _, _ = step(t, s, number, nil)
	if status != 0 {
		t.Errorf("status %d after the button, want 0; log:\n%s", status, log)
	}
	_, tree := s.Head(number)
	if !strings.Contains(tree["policies/data.json"], `"aws:PrincipalType": "Account"`) {
		t.Errorf("the button did not harden the policy:\n%s", tree["policies/data.json"])
	}
}

// Two roles each manage the key and use it. That one of them may lose the management is proved by the other, so both fixes are right
// and together leave nobody: one is a button, and pressing all that there are leaves a key that somebody can manage.
func TestActionButtonsGoTogether(t *testing.T) {
	both := func(who string) string {
		return `,
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/` + who + `"},
            "Action": ["kms:PutKeyPolicy", "kms:DescribeKey", "kms:Decrypt"],
            "Resource": "*"
        }`
	}
	policy := strings.Replace(defaultPolicy, `"Resource": "*"
        }`, `"Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}}
        }`+both("One")+both("Two"), 1)
	s := githubtest.New(githubtest.Options{Fail: t.Errorf})
	defer s.Close()
	configuration := githubtest.Tree{".github/kmsguard.yml": "version: 1\naccount: \"111122223333\"\n"}
	b := s.Commit(configuration)
	number := s.Pull(b, s.Commit(githubtest.Tree{".github/kmsguard.yml": configuration[".github/kmsguard.yml"], "key.json": policy}, b), "")
	_, log, _, _ := step(t, s, number, nil)
	var buttons []int64
	comments := s.Comments(number)
	for _, c := range comments {
		if strings.Contains(c.Body, "```suggestion") {
			buttons = append(buttons, c.ID)
		}
	}
	if len(comments) != 2 || len(buttons) != 1 || !strings.Contains(log, "it does not go together with the suggestions above it") {
		t.Fatalf("%d comments with %d buttons, want 2 with 1; log:\n%s", len(comments), len(buttons), log)
	}
	if err := s.PressAll(buttons...); err != nil {
		t.Fatal(err)
	}
	_, log, summary, _ := step(t, s, number, nil)
	if strings.Contains(log+summary, "KMS010") || !strings.Contains(summary, "KMS007") {
		t.Errorf("nobody can manage the key, or both have lost it; log:\n%s\nsummary:\n%s", log, summary)
	}
}

// What the base already had is counted, and fails the check only under gate: all.
func TestActionGate(t *testing.T) {
	s := githubtest.New(githubtest.Options{Fail: t.Errorf})
	defer s.Close()
	base := githubtest.Tree{".github/kmsguard.yml": configuration, "policies/data.json": defaultPolicy}
	head := githubtest.Tree{".github/kmsguard.yml": configuration, "policies/data.json": defaultPolicy, "other.txt": "x\n"}
	b := s.Commit(base)
	number := s.Pull(b, s.Commit(head, b), "")
	if status, log, _, _ := step(t, s, number, nil); status != 0 {
		t.Errorf("status %d for a finding that is not introduced, want 0; log:\n%s", status, log)
	}
	if n := len(s.Comments(number)); n != 0 {
		t.Errorf("%d comments for a finding that is not introduced, want none", n)
	}
	if status, log, _, _ := step(t, s, number, map[string]string{"gate": "all"}); status != 1 {
		t.Errorf("status %d under gate: all, want 1; log:\n%s", status, log)
	}
}

// A suppression or a configuration that the pull request itself brings has no effect on its own check.
func TestActionReadsConfigurationOfTheBase(t *testing.T) {
	s := githubtest.New(githubtest.Options{Fail: t.Errorf})
	defer s.Close()
	b := s.Commit(githubtest.Tree{".github/kmsguard.yml": configuration})
	number := s.Pull(b, s.Commit(githubtest.Tree{".github/kmsguard.yml": configuration + "delegation: allow\n", "policies/data.json": defaultPolicy}, b), "")
	if status, log, _, _ := step(t, s, number, nil); status != 1 {
		t.Errorf("status %d, want 1: the head's configuration must not count; log:\n%s", status, log)
	}
}

// Without a token the findings still appear in the log and the summary, with one clear sentence.
func TestActionWithoutToken(t *testing.T) {
	s := githubtest.New(githubtest.Options{Fail: t.Errorf})
	defer s.Close()
	b := s.Commit(githubtest.Tree{})
	number := s.Pull(b, s.Commit(githubtest.Tree{"k.json": defaultPolicy}, b), "")
	t.Setenv("GITHUB_TOKEN", "")
	status, log, summary, _ := stepIn(t, s, number, map[string]string{"token": ""}, map[string]string{"k.json": defaultPolicy}, nil)
	if status != 1 || !strings.Contains(log, "no token") || !strings.Contains(log, "KMS001") || !strings.Contains(summary, "KMS001") {
		t.Errorf("status %d, want 1 and the findings in log and summary, and that the token is missing:\n%s", status, log)
	}
}
