package report

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// maxResults is how many results code scanning takes in a run (github.md §6); of them it keeps the worst 5,000.
const maxResults = 25_000

// SARIF writes a SARIF 2.1.0 log for code scanning. sources makes columns count characters, as SARIF wants, where it
// knows the file; it may be nil.
func SARIF(w io.Writer, rep *lint.Report, rules []*lint.Rule, sources func(file string) []byte) error {
	s := &sarifWriter{sources: sources, index: map[string]int{}}
	driver := sarif.NewToolComponent().WithName("kmsguard").WithVersion(rep.Tool.Version).WithOrganization("kmsguard")
	for i, r := range rules {
		s.index[r.ID] = i
		driver.AddRule(sarifRule(r))
	}
	run := sarif.NewRun().WithTool(sarif.NewTool().WithDriver(driver)).WithColumnKind("unicodeCodePoints")
	invocation := sarif.NewInvocation().WithExecutionSuccessful(len(rep.Errors) == 0)
	for _, e := range rep.Errors {
		invocation.AddToolExecutionNotification(s.notification(e))
	}
	for i := range rep.Findings {
		if i == maxResults {
			more := fmt.Sprintf("%d more findings are left out, since code scanning takes %d", len(rep.Findings)-maxResults, maxResults)
			invocation.AddToolExecutionNotification(sarif.NewNotification().WithLevel("warning").WithMessage(sarif.NewTextMessage(more)))
			break
		}
		run.AddResult(s.result(&rep.Findings[i]))
	}
	run.AddInvocation(invocation)
	log := sarif.NewReport()
	log.AddRun(run)
	return writeJSON(w, log)
}

func sarifRule(r *lint.Rule) *sarif.ReportingDescriptor {
	plain, markdown := sarifHelp(r)
	properties := sarif.NewPropertyBag()
	properties.Add("security-severity", map[lint.Level]string{lint.Error: "8.0", lint.Warning: "5.0"}[r.Level])
	if properties.Properties["security-severity"] == "" {
		properties.Add("security-severity", "2.0")
	}
	properties.WithTags([]string{"security", "aws", "kms"})
	return sarif.NewReportingDescriptor().WithID(r.ID).WithName(r.Name).
		WithShortDescription(sarif.NewMultiformatMessageString().WithText(r.Title)).
		WithFullDescription(sarif.NewMultiformatMessageString().WithText(r.Why)).
		WithHelp(sarif.NewMultiformatMessageString().WithText(plain).WithMarkdown(markdown)).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(string(r.Level))).
		WithProperties(properties)
}

// sarifHelp returns a rule's help. The text of rules is our own.
func sarifHelp(r *lint.Rule) (plain, markdown string) {
	var p, m strings.Builder
	p.WriteString(r.Why)
	m.WriteString(r.Why)
	for _, part := range []struct{ name, text string }{{"Before", r.Before}, {"After", r.After}} {
		if part.text != "" {
			fmt.Fprintf(&p, "\n\n%s:\n%s", part.name, part.text)
			fmt.Fprintf(&m, "\n\n%s:\n\n%s", part.name, strings.TrimSuffix(Fence("json", part.text), "\n"))
		}
	}
	for _, part := range []struct{ name, text string }{{"When to accept it: ", r.Ignore}, {"AWS documentation: ", r.Page}} {
		if part.text != "" {
			p.WriteString("\n\n" + part.name + part.text)
			m.WriteString("\n\n" + part.name + part.text)
		}
	}
	return p.String(), m.String()
}

type sarifWriter struct {
	sources func(string) []byte
	index   map[string]int // of rules
}

func (s *sarifWriter) source(file string) []byte {
	if s.sources == nil {
		return nil
	}
	return s.sources(file)
}

func (s *sarifWriter) result(f *lint.Finding) *sarif.Result {
	r := sarif.NewResult().WithRuleID(f.Rule).WithLevel(string(f.Level)).WithMessage(sarifMessage(s.text(f))).
		WithPartialFingerprints(map[string]string{"kmsguard/v1": f.Fingerprint})
	if i, ok := s.index[f.Rule]; ok {
		r.WithRuleIndex(i)
	}
	analysed := s.location(f.File, f.Range)
	if file, at, made := shownAt(f); made {
		r.AddLocation(s.location(file, at))
		analysed.WithMessage(sarif.NewTextMessage("the generated file"))
		r.AddRelatedLocation(analysed)
	} else {
		r.AddLocation(analysed)
	}
	if f.Fix != nil {
		r.AddFixe(sarifFix(f))
	}
	if f.Suppressed != nil {
		sup := sarif.NewSuppression().WithKind("external").WithStatus("accepted")
		if f.Suppressed.Reason != "" {
			sup.WithJustification(sarifText(f.Suppressed.Reason))
		}
		r.AddSuppression(sup)
	}
	p := sarif.NewPropertyBag().Add("certainty", f.Certainty)
	if f.Key != "" {
		p.Add("key", f.Key)
	}
	if f.Introduced != nil {
		p.Add("introduced", *f.Introduced)
	}
	return r.WithProperties(p)
}

// text is the message with what shows it true.
func (s *sarifWriter) text(f *lint.Finding) string {
	text := f.Message
	for _, n := range notes(f) {
		text += "\n" + n.name + ": " + n.text
	}
	return text
}

func (s *sarifWriter) location(file string, r lint.Range) *sarif.Location {
	p := sarif.NewPhysicalLocation().WithArtifactLocation(sarifFile(file))
	if r.Start.Line > 0 {
		p.WithRegion(s.region(file, r))
	}
	return sarif.NewLocation().WithPhysicalLocation(p)
}

func (s *sarifWriter) region(file string, r lint.Range) *sarif.Region {
	g := sarif.NewRegion().WithStartLine(r.Start.Line)
	src := s.source(file)
	if r.Start.Column > 0 {
		g.WithStartColumn(characters(src, r.Start))
	}
	if r.End.Line >= r.Start.Line {
		g.WithEndLine(r.End.Line)
		if r.End.Column > 0 {
			g.WithEndColumn(characters(src, r.End))
		}
	}
	if r.End.Offset > r.Start.Offset {
		g.WithByteOffset(r.Start.Offset).WithByteLength(r.End.Offset - r.Start.Offset)
	}
	return g
}

// characters is the column of a position in characters, where the source is known.
func characters(src []byte, p syntax.Position) int {
	start := p.Offset - (p.Column - 1)
	if start < 0 || p.Offset > len(src) || start > p.Offset {
		return p.Column
	}
	return utf8.RuneCount(src[start:p.Offset]) + 1
}

func sarifFix(f *lint.Finding) *sarif.Fix {
	change := sarif.NewArtifactChange().WithArtifactLocation(sarifFile(f.File))
	for _, e := range f.Fix.Edits {
		change.AddReplacement(sarif.NewReplacement().
			WithDeletedRegion(sarif.NewRegion().WithByteOffset(e.Start).WithByteLength(e.End - e.Start)).
			WithInsertedContent(sarif.NewArtifactContent().WithText(e.Text)))
	}
	return sarif.NewFix().WithDescription(sarifMessage(f.Fix.Message)).AddArtifactChange(change)
}

func (s *sarifWriter) notification(e lint.Failure) *sarif.Notification {
	n := sarif.NewNotification().WithLevel("warning").WithMessage(sarifMessage(e.Message))
	if e.Counts {
		n.WithLevel("error")
	}
	if e.File != "" {
		var r lint.Range
		r.Start.Line, r.Start.Column = e.Line, e.Column
		n.AddLocation(s.location(e.File, r))
	}
	return n
}

// sarifFile is a path relative to the repository as a URI.
func sarifFile(file string) *sarif.ArtifactLocation {
	parts := strings.Split(file, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(p), ":", "%3A") // a colon would end a scheme
	}
	return sarif.NewSimpleArtifactLocation(strings.Join(parts, "/")).WithURIBaseID("%SRCROOT%")
}

func sarifMessage(s string) *sarif.Message { return sarif.NewTextMessage(sarifText(s)) }

// sarifText keeps a message from being a link: SARIF reads [text](target) in plain messages.
func sarifText(s string) string {
	return strings.ReplaceAll(reveal(cut(s, maxMessage), "\n"), "](", "] (")
}
