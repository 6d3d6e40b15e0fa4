package github_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kmsguard/kmsguard/internal/github"
	"github.com/kmsguard/kmsguard/internal/github/githubtest"
	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// world is a pull request on the stand-in, and kmsguard's client for it.
type world struct {
	*testing.T
	server *githubtest.Server
	client *github.Client
	number int
	waits  []time.Duration
	log    []string
	find   func(tree githubtest.Tree) []lint.Finding
	option github.Options
	sum    github.Summary
}

// policy is a key policy whose root statement delegates to IAM.
const policy = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Enable IAM User Permissions",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
      "Action": "kms:*",
      "Resource": "*"
    },
    {
      "Sid": "Admin",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:role/Admin"},
      "Action": "kms:PutKeyPolicy",
      "Resource": "*"
    }
  ]
}
`

// newWorld opens a pull request that changes the files of base to those of head.
func newWorld(t *testing.T, base, head githubtest.Tree, o githubtest.Options) *world {
	t.Helper()
	o.Fail = t.Errorf
	w := &world{T: t, server: githubtest.New(o), find: delegation}
	t.Cleanup(w.server.Close)
	b := w.server.Commit(base)
	w.number = w.server.Pull(b, w.server.Commit(head, b), "")
	w.client = w.connect()
	return w
}

func (w *world) connect() *github.Client {
	w.Helper()
	now := time.Now()
	c, err := github.NewClient(github.Config{API: w.server.URL(), Token: w.server.Token(), Repo: w.server.Repository(), Wait: 5 * time.Minute,
		Now: func() time.Time { return now },
		Sleep: func(_ context.Context, d time.Duration) error {
			w.waits = append(w.waits, d)
			now = now.Add(d)
			return nil
		},
		Log: func(s string) { w.log = append(w.log, s) }})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// plan reads the pull request and plans what to say, as the action does.
func (w *world) plan() github.Plan {
	w.Helper()
	ctx := context.Background()
	event := github.Event{Name: "pull_request", Repo: w.server.Repository(), Number: w.number, Comments: true}
	changes, err := w.client.Load(ctx, &event)
	if err != nil {
		w.Fatal(err)
	}
	head, err := w.client.Snapshot(ctx, event.Head)
	if err != nil {
		w.Fatal(err)
	}
	tree, sources := githubtest.Tree{}, map[string][]byte{}
	for _, name := range head.Names() {
		body, err := head.ReadFile(name)
		if err != nil {
			w.Fatal(err)
		}
		tree[name], sources[name] = string(body), body
	}
	review, notes, self, log, err := w.client.Existing(ctx, w.number)
	if err != nil {
		w.Fatal(err)
	}
	w.log = append(w.log, log...)
	p := github.NewPlan(github.Input{Findings: w.find(tree), Sources: sources, Files: changes.Files, Existing: review, Notes: notes, Self: self,
		Head: event.Head, Summary: w.sum, Options: w.option})
	w.log = append(w.log, p.Log...)
	return p
}

// run is one run of the action.
func (w *world) run() (github.Plan, github.Outcome) {
	w.Helper()
	p := w.plan()
	o := w.client.Execute(context.Background(), w.number, p)
	w.log = append(w.log, o.Log...)
	return p, o
}

func (w *world) logged(text string) {
	w.Helper()
	if !strings.Contains(strings.Join(w.log, "\n"), text) {
		w.Errorf("the log does not say %q:\n%s", text, strings.Join(w.log, "\n"))
	}
}

// delegation finds the statement that delegates, in every file, and closes it: a stand-in for the rules.
func delegation(tree githubtest.Tree) []lint.Finding {
	var out []lint.Finding
	for name, text := range tree {
		f := statement(name, text, "Enable IAM User Permissions", "KMS001")
		if f == nil {
			continue
		}
		at := f.Range.Start.Offset + strings.Index(text[f.Range.Start.Offset:], `"Resource": "*"`) + len(`"Resource": "*"`)
		f.Fix = &lint.Fix{Message: "close delegation", Proof: lint.Proof{Kept: []string{"arn:aws:iam::111122223333:role/Admin keeps kms:PutKeyPolicy"}},
			Edits: []syntax.Edit{
				edit(text, f.Range.Start.Offset, `Enable IAM User Permissions`, `EnableRootAccessAndPreventPermissionDelegation`),
				{Start: at, End: at, Text: `,` + "\n" + `      "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}}`},
			}}
		out = append(out, *f)
	}
	return out
}

func edit(text string, from int, old, new string) syntax.Edit {
	at := from + strings.Index(text[from:], old)
	return syntax.Edit{Start: at, End: at + len(old), Text: new}
}

// statement makes a finding of the statement with the Sid: the braces around it.
func statement(name, text, sid, rule string) *lint.Finding {
	at := strings.Index(text, `"Sid": "`+sid+`"`)
	if at < 0 {
		return nil
	}
	start := strings.LastIndexByte(text[:at], '{')
	depth, end := 0, start
	for ; end < len(text); end++ {
		switch text[end] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	file := &syntax.File{Source: []byte(text)}
	return &lint.Finding{Rule: rule, Name: "iam-delegation", Level: lint.Error, Key: name, Sid: sid, File: name,
		Range:     lint.Range{Start: file.Position(start), End: file.Position(end + 1)},
		Message:   "any role of 111122223333 whose IAM policy says so can call kms:Decrypt; close delegation",
		Certainty: lint.Always, Fingerprint: rule + "-" + strings.NewReplacer("/", "-", ".", "-").Replace(name),
		Witness: &lint.Witness{Principal: "arn:aws:iam::111122223333:role/any", Account: "111122223333", Action: "kms:Decrypt", Access: "delegated"}}
}
