package report

import (
	_ "embed"
	"html/template"
	"io"
	"strconv"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// pageView is what the page shows. All texts are plain; the template escapes them for HTML.
type pageView struct {
	Summary, Version string
	Findings         []findingView
	Keys             []keyView
	Errors           []errorView
}

type findingView struct {
	Level, Rule, Place, Key, Sid, Message, Fingerprint string
	Marks                                              []string // new, undecided, suppressed
	Notes                                              []noteView
	Lines                                              []lineView // source
	Change                                             []lineView
	Fix, Remedy, RemedyText                            string
	Others                                             []remedyView
}

type (
	noteView   struct{ Name, Text string }
	lineView   struct{ Class, Number, Text string }
	remedyView struct{ Message, Text string }
	errorView  struct{ Place, Message string }
	keyView    struct {
		ID, Kind, Place, Path, Copies string
		Findings                      int
	}
)

// HTML writes the report as one page without scripts and without anything from elsewhere, for a screen of any width.
func HTML(w io.Writer, rep *lint.Report, sources func(file string) []byte) error {
	v := pageView{Summary: summaryLine(rep, suppressedCount(rep)), Version: plainName(rep.Tool.Version)}
	perKey := map[string]int{}
	shown := worstFirst(rep)
	for _, f := range shown {
		perKey[f.Key]++
	}
	for i := range rep.Findings {
		if rep.Findings[i].Suppressed != nil {
			shown = append(shown, &rep.Findings[i])
		}
	}
	for _, f := range shown {
		var src []byte
		if sources != nil {
			src = sources(f.File)
		}
		v.Findings = append(v.Findings, viewOf(f, src))
	}
	for _, k := range rep.Keys {
		kv := keyView{ID: plainName(k.ID), Kind: plainName(k.Kind), Place: place(k.File, k.Line, 0), Path: plainName(k.Path), Copies: plainName(strings.Join(k.Copies, ", ")), Findings: perKey[k.ID]}
		if k.Source != nil {
			kv.Place = place(k.Source.File, k.Source.Line, 0)
		}
		v.Keys = append(v.Keys, kv)
	}
	for _, e := range rep.Errors {
		v.Errors = append(v.Errors, errorView{place(e.File, e.Line, e.Column), plainMessage(e.Message)})
	}
	return page.Execute(w, v)
}

func viewOf(f *lint.Finding, src []byte) findingView {
	file, r, _ := shownAt(f)
	v := findingView{Level: string(f.Level), Rule: plainName(f.Rule + " " + f.Name), Place: place(file, r.Start.Line, r.Start.Column), Key: plainName(f.Key), Sid: plainName(f.Sid),
		Message: plainMessage(f.Message), Fingerprint: plainName(f.Fingerprint)}
	if f.Level.Rank() == 0 {
		v.Level = "note"
	}
	if f.Introduced != nil && *f.Introduced {
		v.Marks = append(v.Marks, "new")
	}
	if f.Certainty == lint.Undecided {
		v.Marks = append(v.Marks, "undecided")
	}
	if f.Suppressed != nil {
		v.Marks = append(v.Marks, "suppressed")
		v.Notes = append(v.Notes, noteView{"suppressed", plainMessage(strings.TrimSpace(f.Suppressed.Reason + " " + until(f.Suppressed)))})
	}
	for _, n := range notes(f) {
		v.Notes = append(v.Notes, noteView{n.name, n.text})
	}
	if x := cutExcerpt(src, f.Range); x != nil {
		for i, l := range x.lines {
			v.Lines = append(v.Lines, lineView{Number: strconv.Itoa(x.first + i), Text: l})
		}
	}
	switch {
	case f.Fix != nil:
		v.Fix = plainMessage(f.Fix.Message)
		for _, lost := range f.Fix.Proof.Lost {
			v.Notes = append(v.Notes, noteView{"lost by the fix", plainMessage(lost)})
		}
		for _, l := range changedLines(src, f.Fix.Edits) {
			v.Change = append(v.Change, lineView{Class: map[byte]string{'+': "added", '-': "removed"}[l.op], Number: string(l.op), Text: l.text})
		}
	case f.Remedy != nil:
		v.Remedy, v.RemedyText = remedyHead(f.Remedy), Block(f.Remedy.Text)
	}
	for _, a := range f.Alternatives {
		v.Others = append(v.Others, remedyView{plainMessage(a.Message), Block(a.Text)})
	}
	return v
}

func until(s *lint.Suppressed) string {
	if s.Until == "" {
		return ""
	}
	return "(until " + s.Until + ")"
}
