package report

import (
	"io"
	"strconv"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// HTML writes the report as one page without scripts and without anything from elsewhere, for a screen of any width.
func HTML(w io.Writer, rep *lint.Report, sources func(file string) []byte) error {
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
	main := tag("main", words("h2", "Findings"))
	for _, f := range shown {
		var src []byte
		if sources != nil {
			src = sources(f.File)
		}
		main.add(findingArticle(f, src))
	}
	if len(shown) == 0 {
		main.add(words("p", "None."))
	}
	if len(rep.Errors) > 0 {
		main.add(words("h2", "Not analysed"))
	}
	for _, e := range rep.Errors {
		main.add(tag("article", words("p", place(e.File, e.Line, e.Column)).class("place"), words("p", plainMessage(e.Message))).class("error"))
	}
	main.add(words("h2", "Keys"))
	for i := range rep.Keys {
		main.add(keyArticle(&rep.Keys[i], perKey[rep.Keys[i].ID]))
	}
	if len(rep.Keys) == 0 {
		main.add(words("p", "None."))
	}
	summary := summaryLine(rep, suppressedCount(rep))
	if rep.Tool.Version != "" {
		summary += " · kmsguard " + plainName(rep.Tool.Version)
	}
	return writePage(w, "kmsguard report", tag("header", words("h1", "kmsguard report"), words("p", summary).class("soft")), main)
}

func findingArticle(f *lint.Finding, src []byte) element {
	level := f.Level
	if level.Rank() == 0 {
		level = lint.Note
	}
	head := tag("p", words("span", string(level)).class("level"), text(" "), words("code", plainName(f.Rule+" "+f.Name)))
	mark := func(is bool, name string) {
		if is {
			head.add(text(" "), words("span", name).class("mark"))
		}
	}
	mark(f.Introduced != nil && *f.Introduced, "new")
	mark(f.Certainty == lint.Undecided, "undecided")
	mark(f.Suppressed != nil, "suppressed")
	file, r, _ := shownAt(f)
	article := tag("article", head, words("h3", plainMessage(f.Message)), words("p", place(file, r.Start.Line, r.Start.Column)).class("place")).class(string(level))
	if x := cutExcerpt(src, f.Range); x != nil {
		pre := tag("pre")
		for i, l := range x.lines {
			pre.add(tag("span", words("i", strconv.Itoa(x.first+i)), text(l)))
		}
		article.add(pre)
	}
	if said := pageNotes(f); len(said) > 0 {
		article.add(names(said...))
	}
	article.add(remedies(f, src)...)
	article.add(tag("details", words("summary", "More"),
		names(note{"key", plainName(f.Key)}, note{"Sid", plainName(f.Sid)}, note{"fingerprint", plainName(f.Fingerprint)})))
	return article
}

// pageNotes are the notes of a finding with what other channels say in the text.
func pageNotes(f *lint.Finding) []note {
	var list []note
	if f.Suppressed != nil {
		list = append(list, note{"suppressed", plainMessage(strings.TrimSpace(f.Suppressed.Reason + " " + until(f.Suppressed)))})
	}
	list = append(list, notes(f)...)
	if f.Fix != nil {
		for _, lost := range f.Fix.Proof.Lost {
			list = append(list, note{"lost by the fix", plainMessage(lost)})
		}
	}
	return list
}

// remedies are the fix or the remedy of a finding, and the other ways out.
func remedies(f *lint.Finding, src []byte) []element {
	var list []element
	switch {
	case f.Fix != nil:
		list = append(list, tag("p", words("b", "Fix:"), text(" "+plainMessage(f.Fix.Message))))
		if lines := changedLines(src, f.Fix.Edits); len(lines) > 0 {
			pre := tag("pre")
			for _, l := range lines {
				pre.add(tag("span", words("i", string(l.op)), text(l.text)).class(map[byte]string{'+': "added", '-': "removed"}[l.op]))
			}
			list = append(list, pre)
		}
	case f.Remedy != nil:
		list = append(list, tag("p", words("b", "Remedy:"), text(" "+remedyHead(f.Remedy))))
		if f.Remedy.Text != "" {
			list = append(list, words("pre", Block(f.Remedy.Text)))
		}
	}
	for _, a := range f.Alternatives {
		other := tag("details", words("summary", "Or: "+plainMessage(a.Message)))
		if a.Text != "" {
			other.add(words("pre", Block(a.Text)))
		}
		list = append(list, other)
	}
	return list
}

func keyArticle(k *lint.Key, findings int) element {
	at := place(k.File, k.Line, 0)
	if k.Source != nil {
		at = place(k.Source.File, k.Source.Line, 0)
	}
	return tag("article", words("h3", plainName(k.ID)), names(note{"kind", plainName(k.Kind)}, note{"place", at}, note{"construct", plainName(k.Path)},
		note{"copies", plainName(strings.Join(k.Copies, ", "))}, note{"findings", strconv.Itoa(findings)})).class("key")
}

func until(s *lint.Suppressed) string {
	if s.Until == "" {
		return ""
	}
	return "(until " + s.Until + ")"
}
