package github

import (
	"context"
	"fmt"

	gh "github.com/google/go-github/v60/github"
)

const (
	// maxPages bounds every list: 100 entries a page.
	maxPages = 100
	// maxFiles is how many files GitHub lists of a pull request (github.md section 3).
	maxFiles = 3000
)

// PullRequest is what kmsguard needs of one.
type PullRequest struct {
	Number     int
	Head, Base string // commits: the head's, and the tip of the branch that it is for
	HeadRepo   string // "" where the fork is gone
	Fork       bool
	Open       bool
	Files      int
}

// Pull reads a pull request.
func (c *Client) Pull(ctx context.Context, number int) (PullRequest, error) {
	p, _, err := c.rest.PullRequests.Get(ctx, c.owner, c.name, number)
	if err != nil {
		return PullRequest{}, fmt.Errorf("pull request %d could not be read: %s", number, explain(err))
	}
	out := PullRequest{Number: number, Head: p.GetHead().GetSHA(), Base: p.GetBase().GetSHA(), HeadRepo: p.GetHead().GetRepo().GetFullName(),
		Open: p.GetState() == "open", Files: p.GetChangedFiles()}
	out.Fork = out.HeadRepo != c.owner+"/"+c.name
	return out, nil
}

// Changes is what a pull request or a push changes.
type Changes struct {
	Head, Base string // Base is the merge base
	Files      []ChangedFile
	// Log says what GitHub did not tell and how that was made up for.
	Log    []string
	client *Client
	before *Snapshot
}

// PullChanges lists what a pull request changes against the merge base. Where GitHub lists only the first 3,000 files,
// the rest come from comparing the two trees: a file that is left out would count as unchanged.
func (c *Client) PullChanges(ctx context.Context, p PullRequest) (*Changes, error) {
	out := &Changes{Head: p.Head, client: c}
	merge, _, err := c.compare(ctx, p.Base, p.Head)
	if err != nil {
		return nil, fmt.Errorf("the merge base of pull request %d could not be read: %s", p.Number, explain(err))
	}
	out.Base = merge
	options := &gh.ListOptions{PerPage: 100}
	for range maxPages {
		page, resp, err := c.rest.PullRequests.ListFiles(ctx, c.owner, c.name, p.Number, options)
		if err != nil {
			return nil, fmt.Errorf("the files of pull request %d could not be listed: %s", p.Number, explain(err))
		}
		out.add(page)
		if resp.NextPage == 0 {
			break
		}
		options.Page = resp.NextPage
	}
	if len(out.Files) >= maxFiles || len(out.Files) < p.Files {
		if err := out.complete(ctx); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Range lists what changed between two commits of a push or a merge group.
func (c *Client) Range(ctx context.Context, base, head string) (*Changes, error) {
	out := &Changes{Head: head, client: c}
	merge, files, err := c.compare(ctx, base, head)
	if err != nil {
		return nil, fmt.Errorf("the commits %s and %s could not be compared: %s", abbreviate(base), abbreviate(head), explain(err))
	}
	out.Base = merge
	out.add(files)
	if len(files) >= 300 { // that many the comparison lists at most
		return out, out.complete(ctx)
	}
	return out, nil
}

// compare returns the merge base of two commits, and the first 300 files.
func (c *Client) compare(ctx context.Context, base, head string) (string, []*gh.CommitFile, error) {
	r, _, err := c.rest.Repositories.CompareCommits(ctx, c.owner, c.name, base, head, &gh.ListOptions{PerPage: 1})
	if err != nil {
		return "", nil, err
	}
	return r.GetMergeBaseCommit().GetSHA(), r.Files, nil
}

func (ch *Changes) add(files []*gh.CommitFile) {
	for _, f := range files {
		ch.Files = append(ch.Files, ChangedFile{Name: f.GetFilename(), Previous: f.GetPreviousFilename(), Status: f.GetStatus(),
			SHA: f.GetSHA(), Patch: f.GetPatch(), HasPatch: f.Patch != nil})
	}
}

// complete adds the files that GitHub left out, by comparing the trees.
func (ch *Changes) complete(ctx context.Context) error {
	listed := len(ch.Files)
	head, err := ch.client.Snapshot(ctx, ch.Head)
	if err != nil {
		return err
	}
	base, err := ch.Before(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, f := range ch.Files {
		known[f.Name], known[f.Previous] = true, true
	}
	for _, name := range head.names {
		b, had := base.files[name]
		switch h := head.files[name]; {
		case known[name] || had && b.sha == h.sha:
		case had:
			ch.Files = append(ch.Files, ChangedFile{Name: name, Status: "modified", SHA: h.sha})
		default:
			ch.Files = append(ch.Files, ChangedFile{Name: name, Status: "added", SHA: h.sha})
		}
	}
	for _, name := range base.names {
		if _, ok := head.files[name]; !ok && !known[name] {
			ch.Files = append(ch.Files, ChangedFile{Name: name, Status: "removed", SHA: base.files[name].sha})
		}
	}
	if n := len(ch.Files) - listed; n > 0 {
		ch.Log = append(ch.Log, fmt.Sprintf("GitHub lists %d changed files, and %d more come from comparing the trees: those get no comments on lines", listed, n))
	}
	return nil
}

// Before returns the tree of the merge base: the head's with the changed files at their old version (DESIGN section 7).
func (ch *Changes) Before(ctx context.Context) (*Snapshot, error) {
	if ch.before == nil {
		s, err := ch.client.Snapshot(ctx, ch.Base)
		if err != nil {
			return nil, err
		}
		ch.before = s
	}
	return ch.before, nil
}

// Existing lists the comments that are on a pull request: of reviews with the state of their threads, and of the
// conversation. self is our own login, "" where GitHub does not tell.
func (c *Client) Existing(ctx context.Context, number int) (review, conversation []Comment, self string, log []string, err error) {
	if review, err = c.reviewComments(ctx, number); err != nil {
		return nil, nil, "", nil, fmt.Errorf("the comments of pull request %d could not be listed: %s", number, explain(err))
	}
	if conversation, err = c.conversation(ctx, number); err != nil {
		return nil, nil, "", nil, fmt.Errorf("the conversation of pull request %d could not be listed: %s", number, explain(err))
	}
	if self = c.Self(ctx); self == "" {
		log = append(log, "GitHub does not say who we are: what was said before is not recognised, and may be said twice")
	}
	if len(review) > 0 {
		threads, err := c.threads(ctx, number)
		if err != nil {
			log = append(log, "the state of review threads could not be read: "+explain(err))
		}
		for i := range review {
			if t, ok := threads[review[i].NodeID]; ok {
				review[i].Thread, review[i].Resolved, review[i].Minimized = t.ID, t.Resolved, t.Minimized
				review[i].CanResolve, review[i].CanMinimize = t.CanResolve, t.CanMinimize
			}
		}
	}
	return review, conversation, self, log, nil
}

func (c *Client) reviewComments(ctx context.Context, number int) ([]Comment, error) {
	var out []Comment
	options := &gh.PullRequestListCommentsOptions{ListOptions: gh.ListOptions{PerPage: 100}}
	for range maxPages {
		page, resp, err := c.rest.PullRequests.ListComments(ctx, c.owner, c.name, number, options)
		if err != nil {
			return nil, err
		}
		for _, n := range page {
			file := n.GetSubjectType() == "file"
			out = append(out, Comment{ID: n.GetID(), NodeID: n.GetNodeID(), Author: n.GetUser().GetLogin(), Body: n.GetBody(), Path: n.GetPath(),
				StartLine: n.GetStartLine(), Line: n.GetLine(), OnFile: file, Outdated: n.Line == nil && !file, InReplyTo: n.GetInReplyTo(), Review: n.GetPullRequestReviewID()})
		}
		if resp.NextPage == 0 {
			break
		}
		options.Page = resp.NextPage
	}
	return out, nil
}

func (c *Client) conversation(ctx context.Context, number int) ([]Comment, error) {
	var out []Comment
	options := &gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{PerPage: 100}}
	for range maxPages {
		page, resp, err := c.rest.Issues.ListComments(ctx, c.owner, c.name, number, options)
		if err != nil {
			return nil, err
		}
		for _, n := range page {
			out = append(out, Comment{ID: n.GetID(), NodeID: n.GetNodeID(), Author: n.GetUser().GetLogin(), Body: n.GetBody()})
		}
		if resp.NextPage == 0 {
			break
		}
		options.Page = resp.NextPage
	}
	return out, nil
}
