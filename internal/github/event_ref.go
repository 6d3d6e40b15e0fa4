package github

import (
	"regexp"
	"strconv"
)

// pullRef is what GITHUB_REF is on a pull request.
var pullRef = regexp.MustCompile(`^refs/pull/([0-9]{1,9})/(?:merge|head)$`)

// EventOf makes the event of a pull request from GITHUB_REF alone, for runners whose payload does not reach the container.
// GitHub is then asked for the rest. It is false where the ref is no pull request's.
func EventOf(name, ref, repo string) (Event, bool) {
	m := pullRef.FindStringSubmatch(ref)
	if m == nil || name != "pull_request" && name != "pull_request_target" {
		return Event{}, false
	}
	number, err := strconv.Atoi(m[1])
	if err != nil || number == 0 {
		return Event{}, false
	}
	return Event{Name: name, Repo: repo, Number: number, Comments: true}, true
}
