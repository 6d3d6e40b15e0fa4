package github

import (
	"context"
	"maps"
	"slices"

	gh "github.com/google/go-github/v60/github"
)

// rewrite gives comments of ours another text.
func (s *speech) rewrite(ctx context.Context, all []Rewrite) {
	for _, r := range all {
		if s.silent {
			return
		}
		_, _, err := s.client.rest.PullRequests.EditComment(ctx, s.client.owner, s.client.name, r.ID, &gh.PullRequestComment{Body: gh.String(r.Body)})
		if err != nil {
			s.say("the comment %d could not be changed: %s", r.ID, explain(err))
			s.silent = diagnose(err) == forbidden || diagnose(err) == limited
			continue
		}
		s.say("changed the comment %d: %s", r.ID, r.Why)
	}
}

// close resolves threads, or minimises their comment where that is not allowed (github.md section 2.5).
func (s *speech) close(ctx context.Context, all []Closing) {
	resolve := true
	for _, n := range all {
		if s.silent {
			return
		}
		if n.Thread != "" && resolve {
			err := s.client.ask(ctx, resolveCall, map[string]any{"id": n.Thread}, nil)
			if err == nil {
				s.say("resolved the thread of comment %d", n.ID)
				continue
			}
			resolve = diagnose(err) != forbidden
			s.say("the thread of comment %d could not be resolved: %s", n.ID, explain(err))
		}
		if n.Node == "" {
			continue
		}
		if err := s.client.ask(ctx, minimizeCall, map[string]any{"id": n.Node, "why": n.Classifier}, nil); err != nil {
			s.say("the comment %d could not be minimised: %s", n.ID, explain(err))
			continue
		}
		s.say("minimised the comment %d", n.ID)
	}
}

// sticky makes or changes the summary comment.
func (s *speech) sticky(ctx context.Context, n Sticky) {
	if s.silent {
		s.say("the summary is in the step summary only")
		return
	}
	body := &gh.IssueComment{Body: gh.String(n.Body)}
	if n.ID == 0 && s.self != "" {
		// Another run may have made one since the plan.
		if there, err := s.summaries(ctx); err == nil && len(there) > 0 {
			n.ID = there[0].ID
		}
	}
	if n.ID != 0 {
		if _, _, err := s.client.rest.Issues.EditComment(ctx, s.client.owner, s.client.name, n.ID, body); err != nil {
			s.say("the summary could not be changed: %s; it is in the step summary", explain(err))
			return
		}
		s.say("changed the summary")
		return
	}
	_, _, err := s.client.rest.Issues.CreateComment(ctx, s.client.owner, s.client.name, s.number, body)
	if diagnose(err) == lost {
		s.say("the summary got no answer: looking whether it is there")
		there, listErr := s.summaries(ctx)
		if listErr != nil {
			s.say("the summary could not be looked for: %s", explain(listErr))
			return
		}
		if len(there) > 0 {
			s.noted = true
			return
		}
		_, _, err = s.client.rest.Issues.CreateComment(ctx, s.client.owner, s.client.name, s.number, body)
	}
	if err != nil {
		s.say("the summary could not be posted: %s; it is in the step summary", explain(err))
		return
	}
	s.noted = true
	s.say("posted the summary")
}

// summaries lists our summary comments, oldest first.
func (s *speech) summaries(ctx context.Context) ([]ours, error) {
	notes, err := s.client.conversation(ctx, s.number)
	if err != nil {
		return nil, err
	}
	var out []ours
	for _, c := range own(s.self, notes) {
		if c.Rule == "summary" {
			out = append(out, c)
		}
	}
	return out, nil
}

// end looks for what another run said at the same time. The older comment stays; ours, which nobody can have answered
// yet, goes.
func (s *speech) end(ctx context.Context) {
	if s.self == "" || s.silent {
		return
	}
	if len(s.made) > 0 {
		if there, err := s.client.reviewComments(ctx, s.number); err == nil {
			first, emptied := map[string]ours{}, map[int64]bool{}
			for _, c := range own(s.self, there) {
				if c.State != open || c.Outdated || !slices.Contains(s.made, c.Fingerprint) {
					continue
				}
				if _, ok := first[c.Fingerprint]; !ok {
					first[c.Fingerprint] = c
					continue
				}
				if c.answered {
					continue
				}
				if _, err := s.client.rest.PullRequests.DeleteComment(ctx, s.client.owner, s.client.name, c.ID); err == nil {
					s.say("another run said the same of %s at the same time: took the later comment back", c.Rule)
					emptied[c.Review] = true
				}
			}
			s.excuse(ctx, there, first, emptied)
		}
	}
	if s.noted {
		there, err := s.summaries(ctx)
		if err != nil || len(there) < 2 {
			return
		}
		for _, c := range there[1:] {
			if _, err := s.client.rest.Issues.DeleteComment(ctx, s.client.owner, s.client.name, c.ID); err == nil {
				s.say("another run posted a summary at the same time: took the later one back")
			}
		}
	}
}

// excuse explains reviews whose comments were all taken back: a review cannot be deleted.
func (s *speech) excuse(ctx context.Context, there []Comment, first map[string]ours, emptied map[int64]bool) {
	kept := map[int64]bool{}
	for _, c := range first {
		kept[c.Review] = true
	}
	for _, c := range there {
		if c.Author != s.self || c.InReplyTo != 0 {
			kept[c.Review] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(emptied)) {
		if kept[id] {
			continue
		}
		text := sign("Another run of **kmsguard** said the same at the same time: see its review.", "review", s.head, moved)
		if _, _, err := s.client.rest.PullRequests.UpdateReview(ctx, s.client.owner, s.client.name, s.number, id, text); err != nil {
			s.say("the review that is left without comments could not be changed: %s", explain(err))
		}
	}
}
