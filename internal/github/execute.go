package github

import (
	"context"
	"fmt"
	"slices"

	gh "github.com/google/go-github/v60/github"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// Outcome is what became of a plan. It is no verdict: the exit status was decided before.
type Outcome struct {
	// Log says in one sentence each what was done and what was not, and why.
	Log []string
	// Unposted are findings whose comment could not be made: they are to be annotated like [Plan.Unplaced].
	Unposted []lint.Finding
	Posted   int // new comments
}

func (o *Outcome) say(format string, args ...any) {
	o.Log = append(o.Log, fmt.Sprintf(format, args...))
}

// Execute carries out a plan on a pull request. It stops where the head moved since: the run for the newer head says
// what there is to say.
func (c *Client) Execute(ctx context.Context, number int, p Plan) Outcome {
	var o Outcome
	if p.Review == nil && len(p.OnFiles) == 0 && len(p.Rewrites) == 0 && len(p.Closings) == 0 && p.Sticky == nil {
		o.say("there is nothing new to say on the pull request")
		return o
	}
	if why := c.stale(ctx, number, p.Head); why != "" {
		o.say("nothing is posted: %s", why)
		o.Unposted = findings(p)
		return o
	}
	s := &speech{client: c, number: number, head: p.Head, Outcome: &o}
	s.begin(ctx, p)
	if p.Review != nil {
		s.review(ctx, p.Review.Body, p.Review.Comments)
	}
	for _, d := range p.OnFiles {
		s.onFile(ctx, d)
	}
	s.rewrite(ctx, p.Rewrites)
	s.close(ctx, p.Closings)
	if p.Sticky != nil {
		s.sticky(ctx, *p.Sticky)
	}
	s.end(ctx)
	return o
}

// stale tells why nothing may be said about the head any more.
func (c *Client) stale(ctx context.Context, number int, head string) string {
	now, err := c.Pull(ctx, number)
	switch {
	case err != nil:
		return err.Error()
	case now.Head != head:
		return fmt.Sprintf("the pull request moved on to %s while %s was looked at", abbreviate(now.Head), abbreviate(head))
	case !now.Open:
		return "the pull request is closed"
	}
	return ""
}

func findings(p Plan) []lint.Finding {
	var drafts []Draft
	if p.Review != nil {
		drafts = append(drafts, p.Review.Comments...)
	}
	var out []lint.Finding
	for _, d := range append(drafts, p.OnFiles...) {
		out = append(out, d.Finding)
	}
	return out
}

// speech is one execution of a plan.
type speech struct {
	client *Client
	number int
	head   string
	*Outcome
	self   string
	silent bool     // the token may not write: nothing more is tried
	made   []string // names of the findings whose comments this run made
	old    []int64  // comments that the plan gives up: what they say is to be said anew
	noted  bool     // this run made the summary comment
}

// begin learns who we are, for the looks at what is there before and after.
func (s *speech) begin(ctx context.Context, p Plan) {
	for _, r := range p.Rewrites {
		s.old = append(s.old, r.ID)
	}
	if p.Review != nil || len(p.OnFiles) > 0 || p.Sticky != nil && p.Sticky.ID == 0 {
		s.self = s.client.Self(ctx)
	}
}

// review posts the comments as one review. A refusal of the whole is narrowed down by halves, since GitHub does not
// name the comment that it refuses (github.md section 2.2).
func (s *speech) review(ctx context.Context, body string, drafts []Draft) {
	drafts = s.unsaid(ctx, drafts)
	if len(drafts) == 0 || s.silent {
		s.drop(drafts)
		return
	}
	request := &gh.PullRequestReviewRequest{CommitID: gh.String(s.head), Event: gh.String("COMMENT"), Body: gh.String(body)}
	for _, d := range drafts {
		n := &gh.DraftReviewComment{Path: gh.String(d.Path), Body: gh.String(d.Body), Line: gh.Int(d.Line), Side: gh.String("RIGHT")}
		if d.StartLine != 0 {
			n.StartLine, n.StartSide = gh.Int(d.StartLine), gh.String("RIGHT")
		}
		request.Comments = append(request.Comments, n)
	}
	_, _, err := s.client.rest.PullRequests.CreateReview(ctx, s.client.owner, s.client.name, s.number, request)
	if diagnose(err) == lost {
		// It may have taken effect: look before trying again (github.md section 5).
		s.say("the review got no answer: looking whether it is there")
		if drafts = s.unsaid(ctx, drafts); len(drafts) == 0 || s.silent {
			s.drop(drafts)
			return
		}
		request.Comments = slices.DeleteFunc(request.Comments, func(n *gh.DraftReviewComment) bool {
			return !slices.ContainsFunc(drafts, func(d Draft) bool { return d.Body == n.GetBody() })
		})
		_, _, err = s.client.rest.PullRequests.CreateReview(ctx, s.client.owner, s.client.name, s.number, request)
	}
	switch {
	case err == nil:
		s.say("posted a review with %s", plural(len(drafts), "comment"))
		s.done(drafts)
	case diagnose(err) != invalid:
		s.say("the review could not be posted: %s; its findings are annotations and in the step summary", explain(err))
		s.silent = diagnose(err) == forbidden || diagnose(err) == limited
		s.Unposted = append(s.Unposted, only(drafts)...)
	case len(drafts) > 1:
		if why := s.client.stale(ctx, s.number, s.head); why != "" {
			s.say("the review was refused: %s", why)
			s.silent = true
			s.Unposted = append(s.Unposted, only(drafts)...)
			return
		}
		half := len(drafts) / 2
		s.say("GitHub refused a review of %d comments (%s): trying %d and %d", len(drafts), oneLine(err.Error()), half, len(drafts)-half)
		s.review(ctx, body, drafts[:half])
		s.review(ctx, body, drafts[half:])
	default:
		d := drafts[0]
		s.say("GitHub refused the comment on %s:%d (%s): trying a comment on the file", oneLine(d.Path), d.Line, oneLine(err.Error()))
		d.StartLine, d.Line = 0, 0
		if d.Fallback != "" {
			d.Body = d.Fallback // on a file the button would replace other lines
		}
		s.onFile(ctx, d)
	}
}

// onFile posts a comment on a whole file.
func (s *speech) onFile(ctx context.Context, d Draft) {
	one := s.unsaid(ctx, []Draft{d})
	if len(one) == 0 || s.silent {
		s.drop(one)
		return
	}
	n := &gh.PullRequestComment{CommitID: gh.String(s.head), Path: gh.String(d.Path), Body: gh.String(d.Body), SubjectType: gh.String("file")}
	_, _, err := s.client.rest.PullRequests.CreateComment(ctx, s.client.owner, s.client.name, s.number, n)
	if diagnose(err) == lost {
		s.say("the comment on %s got no answer: looking whether it is there", oneLine(d.Path))
		if one = s.unsaid(ctx, one); len(one) == 0 || s.silent {
			s.drop(one)
			return
		}
		_, _, err = s.client.rest.PullRequests.CreateComment(ctx, s.client.owner, s.client.name, s.number, n)
	}
	if err != nil {
		s.say("the comment on %s could not be posted: %s; its finding is an annotation and in the step summary", oneLine(d.Path), explain(err))
		s.silent = s.silent || diagnose(err) == forbidden || diagnose(err) == limited
		s.Unposted = append(s.Unposted, d.Finding)
		return
	}
	s.say("posted a comment on the file %s", oneLine(d.Path))
	s.done(one)
}

// unsaid leaves out the drafts whose finding has a comment by now: another run of ours, or our own call whose answer was lost.
func (s *speech) unsaid(ctx context.Context, drafts []Draft) []Draft {
	if s.silent || s.self == "" {
		return drafts
	}
	there, err := s.client.reviewComments(ctx, s.number)
	if err != nil {
		s.say("the comments could not be listed before posting (%s): nothing is posted, since it might be said twice", explain(err))
		s.silent = true
		return drafts
	}
	mine := slices.DeleteFunc(own(s.self, there), func(n ours) bool { return n.State != open || n.Outdated || slices.Contains(s.old, n.ID) })
	var out []Draft
	for _, d := range drafts {
		if slices.ContainsFunc(mine, func(n ours) bool { return n.Fingerprint == d.name }) {
			s.say("the comment for %s in %s is there already", oneLine(d.Finding.Rule), oneLine(d.Path))
			continue
		}
		out = append(out, d)
	}
	return out
}

func (s *speech) done(drafts []Draft) {
	s.Posted += len(drafts)
	for _, d := range drafts {
		s.made = append(s.made, d.name)
	}
}

// drop gives up drafts once the token is known not to write.
func (s *speech) drop(drafts []Draft) {
	if s.silent {
		s.Unposted = append(s.Unposted, only(drafts)...)
	}
}

func only(drafts []Draft) []lint.Finding {
	var out []lint.Finding
	for _, d := range drafts {
		out = append(out, d.Finding)
	}
	return out
}
