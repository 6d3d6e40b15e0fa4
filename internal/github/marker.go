package github

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// state is what a comment of ours says about its finding.
type state string

const (
	open  state = "open"  // the finding stands
	fixed state = "fixed" // it is gone
	moved state = "moved" // a newer comment speaks of it
)

// marker is the last line of every comment of ours. It binds the text above it by a hash, so that whoever rewrites
// the comment cannot make it speak of another finding (github.md sections 8 and 8.2).
type marker struct {
	Rule        string // "KMS001", "summary" or "review"
	Fingerprint string // "-" where there is none
	State       state
	Hash        string // of the text above
}

var markerLine = regexp.MustCompile(`^<!-- kmsguard:v1 ([A-Za-z0-9]{1,16}) ([A-Za-z0-9._:-]{1,128}) (open|fixed|moved) ([0-9a-f]{64}) -->$`)

var ruleWord = regexp.MustCompile(`^[A-Za-z0-9]{1,16}$`)

var markerWord = regexp.MustCompile(`[^A-Za-z0-9._:-]+`)

// sign puts the marker under the text.
func sign(text, rule, fingerprint string, s state) string {
	text = strings.TrimRight(text, " \t\r\n")
	m := marker{Rule: rule, Fingerprint: markerName(fingerprint), State: s}
	return fmt.Sprintf("%s\n\n<!-- kmsguard:v1 %s %s %s %s -->", text, m.Rule, m.Fingerprint, m.State, m.digest(text))
}

// markerName makes a fingerprint fit a marker: fingerprints are hexadecimal, whatever else comes is made harmless.
func markerName(fingerprint string) string {
	f := markerWord.ReplaceAllString(fingerprint, "_")
	if f == "" {
		return "-"
	}
	return f[:min(len(f), 128)]
}

// readMarker returns the marker of a body, and false where there is none, it is not the last line, or the text above
// it is not the one it was made for. Line ends do not count: a browser that edits a comment changes them.
func readMarker(body string) (marker, bool) {
	body = strings.TrimRight(strings.ReplaceAll(body, "\r\n", "\n"), " \t\r\n")
	text, last := "", body
	if i := strings.LastIndexByte(body, '\n'); i >= 0 {
		text, last = strings.TrimRight(body[:i], " \t\r\n"), body[i+1:]
	}
	w := markerLine.FindStringSubmatch(last)
	if w == nil {
		return marker{}, false
	}
	m := marker{w[1], w[2], state(w[3]), w[4]}
	return m, m.Hash == m.digest(text)
}

func (m marker) digest(text string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s", m.Rule, m.Fingerprint, m.State, strings.ReplaceAll(text, "\r\n", "\n")))
	return hex.EncodeToString(sum[:])
}
