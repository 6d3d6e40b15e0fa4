package github

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	gh "github.com/google/go-github/v60/github"
)

// Event is what happened, as far as it tells what to look at (github.md section 7.1).
type Event struct {
	Name   string // "pull_request", …
	Repo   string // "owner/name"
	Number int    // of the pull request, 0 where there is none or GitHub must be asked: see Ask
	// Head is the commit to judge, "" where the event does not tell: then it is what is checked out.
	Head string
	// Base is the commit that it is compared with: the tip of the target branch of a pull request, the commit before a
	// push or merge group. "" is none, and then every finding counts as introduced.
	Base   string
	Fork   bool // the head is in another repository: its files are read through the API as data, never checked out
	Closed bool
	// Ask tells that the pull request must be looked up by the head commit ([Client.Locate]).
	Ask bool
	// Comments tells whether review comments are wanted on this kind of event at all.
	Comments bool
}

// known are the events that kmsguard runs on.
var known = []string{"pull_request", "pull_request_target", "merge_group", "push", "workflow_run", "workflow_dispatch", "schedule"}

var (
	fullSHA  = regexp.MustCompile(`^[0-9a-f]{40}(?:[0-9a-f]{24})?$`)
	zeroSHA  = regexp.MustCompile(`^0+$`)
	prNumber = regexp.MustCompile(`^[0-9]{1,9}$`)
)

// numberInputs are the inputs of workflow_dispatch that may hold the number of a pull request.
var numberInputs = []string{"pull-request", "pull_request", "number", "pr"}

// LoadEvent reads the payload of GITHUB_EVENT_PATH. name is GITHUB_EVENT_NAME and repo GITHUB_REPOSITORY.
func LoadEvent(name string, payload []byte, repo string) (Event, error) {
	e := Event{Name: name, Repo: repo}
	if !slices.Contains(known, name) {
		return e, fmt.Errorf("event %q: kmsguard runs on pull_request, pull_request_target, merge_group, push, workflow_run, workflow_dispatch and schedule", oneLine(name))
	}
	if name == "schedule" {
		return e, nil
	}
	if len(payload) == 0 {
		return e, fmt.Errorf("event %s: GITHUB_EVENT_PATH is missing or empty, so there is no pull request to look at", name)
	}
	var err error
	switch name {
	case "pull_request", "pull_request_target":
		err = e.pullRequest(payload)
	case "merge_group":
		var m gh.MergeGroupEvent
		err = json.Unmarshal(payload, &m)
		e.Head, e.Base = m.GetMergeGroup().GetHeadSHA(), m.GetMergeGroup().GetBaseSHA()
	case "push":
		var p gh.PushEvent
		err = json.Unmarshal(payload, &p)
		e.Head, e.Base, e.Ask, e.Comments = p.GetAfter(), p.GetBefore(), true, true
		e.Closed = p.GetDeleted()
	case "workflow_run":
		err = e.workflowRun(payload)
	case "workflow_dispatch":
		err = e.dispatch(payload)
	}
	if err != nil {
		return e, fmt.Errorf("event %s: the payload cannot be read: %w", name, err)
	}
	if zeroSHA.MatchString(e.Base) {
		e.Base = "" // the first push of a branch
	}
	if zeroSHA.MatchString(e.Head) {
		e.Head = ""
	}
	for _, sha := range []string{e.Head, e.Base} {
		if sha != "" && !fullSHA.MatchString(sha) {
			return e, fmt.Errorf("event %s: %q is no commit", name, oneLine(sha))
		}
	}
	if e.Head == "" && name != "workflow_dispatch" && !e.Closed {
		return e, fmt.Errorf("event %s: the payload names no commit", name)
	}
	return e, nil
}

func (e *Event) pullRequest(payload []byte) error {
	var p gh.PullRequestEvent
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	pull := p.GetPullRequest()
	if e.Number = pull.GetNumber(); e.Number <= 0 {
		return fmt.Errorf("it names no pull request")
	}
	e.Head, e.Base, e.Comments = pull.GetHead().GetSHA(), pull.GetBase().GetSHA(), true
	e.Fork = pull.GetHead().GetRepo().GetFullName() != e.Repo
	e.Closed = pull.GetState() == "closed"
	return nil
}

// workflowRun takes the pull request of this repository: an entry may name another one, and there is none for forks.
func (e *Event) workflowRun(payload []byte) error {
	var w gh.WorkflowRunEvent
	if err := json.Unmarshal(payload, &w); err != nil {
		return err
	}
	run := w.GetWorkflowRun()
	e.Head, e.Ask, e.Comments = run.GetHeadSHA(), true, true
	e.Fork = run.GetHeadRepository().GetFullName() != e.Repo
	return nil
}

func (e *Event) dispatch(payload []byte) error {
	var d struct {
		Inputs map[string]any `json:"inputs"`
	}
	if err := json.Unmarshal(payload, &d); err != nil {
		return err
	}
	for _, name := range numberInputs {
		text, ok := d.Inputs[name].(string)
		if !ok || text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if !prNumber.MatchString(text) || err != nil || n == 0 {
			return fmt.Errorf("input %s %q is not the number of a pull request", name, oneLine(text))
		}
		e.Number, e.Comments = n, true
		break
	}
	return nil
}

// Load fills in what the event does not tell (the pull request of a commit, the commits of a pull request), and lists
// what changed. It returns nil where there is nothing to compare with: everything counts as introduced then. Where the
// pull request has moved on since the event, nothing is to be said on it, and e.Comments is false.
func (c *Client) Load(ctx context.Context, e *Event) (*Changes, error) {
	if e.Head == "" && e.Number == 0 {
		e.Ask, e.Comments = false, false // a schedule, or a branch that was deleted
		return nil, nil
	}
	if e.Ask {
		number, err := c.find(ctx, e.Head)
		if err != nil {
			return nil, err
		}
		e.Ask, e.Number = false, number
	}
	if e.Number == 0 {
		e.Comments = false
		if e.Base == "" || e.Head == "" {
			return nil, nil
		}
		return c.Range(ctx, e.Base, e.Head)
	}
	p, err := c.Pull(ctx, e.Number)
	if err != nil {
		return nil, err
	}
	e.Fork, e.Closed = p.Fork, !p.Open
	if e.Head == "" {
		e.Head = p.Head
	}
	if e.Base == "" || e.Name != "push" {
		e.Base = p.Base
	}
	if e.Head == p.Head && e.Base == p.Base {
		return c.PullChanges(ctx, p)
	}
	if e.Head == p.Head { // a push: compared with the commit before it, and said on the pull request
		return c.Range(ctx, e.Base, e.Head)
	}
	e.Comments = false
	changes, err := c.Range(ctx, e.Base, e.Head)
	if changes != nil {
		changes.Log = append(changes.Log, fmt.Sprintf("the pull request moved on to %s: nothing is said on it about %s", abbreviate(p.Head), abbreviate(e.Head)))
	}
	return changes, err
}

// find returns the open pull request whose head is the commit, 0 where there is none. The pull requests of a commit do
// not include those of forks, so all open ones are looked through (github.md section 7.1).
func (c *Client) find(ctx context.Context, sha string) (int, error) {
	options := &gh.PullRequestListOptions{State: "open", ListOptions: gh.ListOptions{PerPage: 100}}
	of, _, err := c.rest.PullRequests.ListPullRequestsWithCommit(ctx, c.owner, c.name, sha, &gh.ListOptions{PerPage: 100})
	if err != nil && diagnose(err) != missing && diagnose(err) != invalid {
		return 0, fmt.Errorf("the pull request of commit %s could not be looked up: %s", abbreviate(sha), explain(err))
	}
	for _, p := range of {
		if p.GetState() == "open" && p.GetHead().GetSHA() == sha {
			return p.GetNumber(), nil
		}
	}
	for range maxPages {
		page, resp, err := c.rest.PullRequests.List(ctx, c.owner, c.name, options)
		if err != nil {
			return 0, fmt.Errorf("the open pull requests could not be listed: %s", explain(err))
		}
		for _, p := range page {
			if p.GetHead().GetSHA() == sha {
				return p.GetNumber(), nil
			}
		}
		if resp.NextPage == 0 {
			break
		}
		options.Page = resp.NextPage
	}
	return 0, nil
}
