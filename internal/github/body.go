package github

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"znkr.io/diff/textdiff"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

const (
	// maxBody is below GitHub's 65,536 characters (github.md section 2.3), in bytes, with room for the marker.
	maxBody = 60_000
	// maxRows keeps lists in a comment readable; the reports hold everything.
	maxRows = 10
	// maxShown is how many lines of a hardened statement are shown before a diff of it says it shorter.
	maxShown = 80
)

var levelMark = map[lint.Level]string{lint.Error: "🔴 error", lint.Warning: "🟠 warning", lint.Note: "🔵 note"}

// commentBody writes the comment of one finding: level and title, who can do what, the suggestion or the remedy as
// text, the proof, who is touched, and folded the witness, the reason and how to suppress. suggestion is a fenced block
// or ""; why says why there is none.
func commentBody(in Input, f lint.Finding, suggestion, why string) string {
	var b strings.Builder
	title, reason := in.Options.Rules(f.Rule)
	if title == "" {
		title = f.Name
	}
	fmt.Fprintf(&b, "**%s · %s** · %s\n\n%s\n", levelMark[f.Level], plainID(f.Rule), prose(title), sentence(f.Message))
	if f.Certainty == lint.Depends {
		fmt.Fprintf(&b, "\nThis depends on %s.\n", values(f.When))
	}
	if f.Certainty == lint.Undecided && f.Undecided != nil {
		fmt.Fprintf(&b, "\nThis could not be decided: %s.\n", codeSpan(f.Undecided.Construct))
	}
	switch {
	case suggestion != "":
		if f.Fix.Message != "" {
			fmt.Fprintf(&b, "\n%s\n", sentence(f.Fix.Message))
		}
		fmt.Fprintf(&b, "\n%s\n", suggestion)
	default:
		b.WriteString(remedy(in, f, why))
	}
	if f.Fix != nil {
		fmt.Fprintf(&b, "\n%s\n", proved(f.Fix.Proof))
	}
	b.WriteString(affected(f.Affected))
	folded := details(in.Sources[f.File], f, reason)
	if b.Len()+len(folded) > maxBody {
		folded = ""
	}
	return sign(cut(b.String()+folded, maxBody), plainID(f.Rule), f.Fingerprint, open)
}

// remedy shows what to do as text: the fix that cannot be a button, else the remedy or the first alternative.
func remedy(in Input, f lint.Finding, why string) string {
	lead := "**Hardened**"
	if f.Fix == nil {
		lead = "**What to do**"
	}
	if why != "" {
		lead += " (no button: " + prose(why) + ")"
	}
	language, text := "", ""
	switch {
	case f.Fix != nil:
		language, text = fixText(in.Sources[f.File], f, f.Fix.Edits)
	case f.Remedy != nil:
		language, text = f.Remedy.Language, f.Remedy.Text
	case len(f.Alternatives) > 0:
		lead = "**One way out:** " + sentence(f.Alternatives[0].Message)
		language, text = alternativeText(in.Sources[f.File], f, f.Alternatives[0])
	}
	if text == "" {
		return ""
	}
	block := fenced(language, text)
	if len(block) > maxBody/2 {
		return "\n" + lead + "\n\nIt is too long for a comment: the report has it.\n"
	}
	return "\n" + lead + "\n\n" + block + "\n"
}

func alternativeText(source []byte, f lint.Finding, a lint.Alternative) (language, text string) {
	if a.Text != "" || len(a.Edits) == 0 {
		return a.Language, a.Text
	}
	return fixText(source, f, a.Edits)
}

// fixText is a fix to be read: the statement as it would stand, or a diff where that says it shorter.
func fixText(source []byte, f lint.Finding, edits []syntax.Edit) (language, text string) {
	if source == nil {
		return "", ""
	}
	language = "yaml"
	if trimmed := bytes.TrimSpace(source); strings.HasSuffix(f.File, ".json") || len(trimmed) > 0 && trimmed[0] == '{' {
		language = "json"
	}
	text, ok := statementAfter(source, edits, f.Range.Start.Offset, f.Range.End.Offset)
	if ok && strings.Count(text, "\n") < maxShown {
		return language, text
	}
	after, err := syntax.Apply(source, edits)
	if err != nil {
		return "", ""
	}
	return "diff", string(textdiff.Unified(source, after))
}

// proved says what the proof of DESIGN section 6 showed.
func proved(p lint.Proof) string {
	text := "**proved:** no new access."
	if len(p.Added) > 0 {
		text = "**proved:** no new access but " + list(p.Added) + "."
	}
	if len(p.Kept) > 0 {
		text += " Kept: " + list(p.Kept) + "."
	}
	if len(p.Lost) > 0 {
		text += " Lost: " + list(p.Lost) + "."
	}
	return text
}

// list writes up to three of the sentences of a proof.
func list(all []string) string {
	var out []string
	for _, s := range all[:min(len(all), 3)] {
		out = append(out, strings.TrimSuffix(prose(s), "."))
	}
	if n := len(all) - 3; n > 0 {
		out = append(out, fmt.Sprintf("%d more", n))
	}
	return strings.Join(out, "; ")
}

// affected lists the identities of the repository that the remedy touches.
func affected(all []lint.Affected) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n**Who is touched**\n\n")
	for _, a := range all[:min(len(all), maxRows)] {
		name := a.LogicalID
		if name == "" {
			name = a.Principal
		}
		actions := make([]string, 0, 5)
		for _, x := range a.Actions[:min(len(a.Actions), 5)] {
			actions = append(actions, codeSpan(x))
		}
		if n := len(a.Actions) - 5; n > 0 {
			actions = append(actions, fmt.Sprintf("%d more", n))
		}
		fmt.Fprintf(&b, "- %s in %s: %s\n", codeSpan(name), codeSpan(a.File), strings.Join(actions, ", "))
	}
	if n := len(all) - maxRows; n > 0 {
		fmt.Fprintf(&b, "- and %d more\n", n)
	}
	return b.String()
}

// details is the folded part.
func details(source []byte, f lint.Finding, reason string) string {
	var b strings.Builder
	b.WriteString("\n<details><summary>A request that shows it, the reason, other ways, and how to suppress it</summary>\n")
	if f.Witness != nil {
		fmt.Fprintf(&b, "\nThis request is let in:\n\n%s\n", fenced("json", encode(f.Witness, "  ")))
	}
	if reason != "" {
		fmt.Fprintf(&b, "\n%s\n", sentence(reason))
	}
	if len(f.Also) > 0 {
		fmt.Fprintf(&b, "\nThe same cause also fires %s.\n", strings.Join(spans(f.Also), ", "))
	}
	others := f.Alternatives
	if f.Fix == nil && f.Remedy == nil && len(others) > 0 {
		others = others[1:] // the first is shown already
	}
	for _, a := range others[:min(len(others), 3)] {
		if language, text := alternativeText(source, f, a); text != "" {
			fmt.Fprintf(&b, "\nAnother way: %s\n\n%s\n", sentence(a.Message), fenced(language, text))
		}
	}
	entry := struct {
		Rule        string `json:"rule"`
		Path        string `json:"path"`
		Fingerprint string `json:"fingerprint"`
		Reason      string `json:"reason"`
	}{f.Rule, f.File, f.Fingerprint, "why it is accepted"}
	fmt.Fprintf(&b, "\nTo accept it, add this to `ignore` in `.github/kmsguard.yml`:\n\n%s\n", fenced("yaml", "- "+encode(entry, "")))
	if f.Source == nil && f.Sid != "" && (strings.HasSuffix(f.File, ".yaml") || strings.HasSuffix(f.File, ".yml")) {
		fmt.Fprintf(&b, "\nOr write this comment above the statement:\n\n%s\n", fenced("yaml", "# kmsguard:ignore "+plainID(f.Rule)+" why it is accepted"))
	}
	b.WriteString("\n</details>\n")
	return b.String()
}

// closedBody is what is left of a comment whose finding is settled.
func closedBody(in Input, c ours, s state) string {
	title, _ := in.Options.Rules(c.Rule)
	text := fmt.Sprintf("**%s** no longer stands as of %s.", plainID(c.Rule), short(in.Head))
	if s == moved {
		text = fmt.Sprintf("**%s**: the lines changed, and a newer comment says what stands as of %s.", plainID(c.Rule), short(in.Head))
	}
	if title != "" {
		text += "\n\n" + prose(title)
	}
	return sign(text, c.Rule, c.Fingerprint, s)
}

// short is a commit as people read it.
func short(sha string) string { return codeSpan(abbreviate(sha)) }

func abbreviate(sha string) string { return oneLine(sha[:min(len(sha), 7)]) }

// values writes the values that a finding depends on.
func values(when map[string]string) string {
	var out []string
	for name, value := range when {
		out = append(out, codeSpan(name)+" being "+codeSpan(value))
	}
	slices.Sort(out)
	if n := len(out) - maxRows; n > 0 {
		out = append(out[:maxRows], fmt.Sprintf("%d more", n))
	}
	return strings.Join(out, " and ")
}

func spans(all []string) []string {
	var out []string
	for _, s := range all[:min(len(all), maxRows)] {
		out = append(out, codeSpan(s))
	}
	return out
}

// plainID is a rule's id, which is letters and digits.
func plainID(rule string) string {
	if ruleWord.MatchString(rule) {
		return rule
	}
	return "rule"
}

// cut shortens Markdown at a line end so that no fence stays open.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	text = text[:limit]
	text = text[:strings.LastIndexByte(text, '\n')+1]
	return closeFence(text) + "\n\n(cut: the report has the rest)"
}

// closeFence ends what the text leaves open: a fence, a folded section.
func closeFence(text string) string {
	ticks, folded := "", 0
	for line := range strings.SplitSeq(text, "\n") {
		run := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case ticks == "" && len(run) >= 3:
			ticks = run
		case ticks != "" && strings.HasPrefix(run, ticks) && run == line:
			ticks = ""
		case ticks == "":
			folded += strings.Count(line, "<details>") - strings.Count(line, "</details>")
		}
	}
	if ticks != "" {
		text += ticks + "\n"
	}
	return text + strings.Repeat("\n</details>\n", max(folded, 0))
}

// encode writes JSON without the escapes that only HTML needs: it stands in a fence.
func encode(v any, indent string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return b.String()
}
