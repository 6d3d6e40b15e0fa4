package report

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kmsguard/kmsguard/internal/lint"
)

// note is one line below a finding.
type note struct{ name, text string }

// notes are what a finding says besides its message, in the order in which they are shown. The texts are plain.
func notes(f *lint.Finding) []note {
	var list []note
	add := func(name, text string) { list = append(list, note{name, text}) }
	if f.Certainty == lint.Undecided {
		text := "could not be decided"
		if f.Undecided != nil {
			text += ": " + plainName(f.Undecided.Construct)
			if f.Undecided.Line > 0 {
				text += " on line " + strconv.Itoa(f.Undecided.Line)
			}
		}
		add("undecided", text)
	}
	if f.Witness != nil {
		add("witness", witnessLine(f.Witness))
		if len(f.Witness.Context) > 0 {
			add("context", contextLine(f.Witness.Context))
		}
	}
	if len(f.When) > 0 {
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(f.When)) {
			parts = append(parts, plainName(k)+" = "+plainName(f.When[k]))
		}
		add("when", strings.Join(parts, ", "))
	}
	if len(f.Affected) > 0 {
		var parts []string
		for _, a := range f.Affected {
			parts = append(parts, plainName(a.Principal)+" loses "+plainName(strings.Join(a.Actions, ", "))+" ("+plainName(join(a.File, a.LogicalID))+")")
		}
		add("affected", strings.Join(parts, "\n"))
	}
	if len(f.Also) > 0 {
		add("also", plainName(strings.Join(f.Also, ", ")))
	}
	return list
}

func join(file, id string) string {
	if id == "" {
		return file
	}
	return file + "#" + id
}

func witnessLine(w *lint.Witness) string {
	text := plainName(w.Principal) + " may " + plainName(w.Action)
	if w.Account != "" && !strings.Contains(w.Principal, w.Account) {
		text = plainName(w.Principal) + " of account " + plainName(w.Account) + " may " + plainName(w.Action)
	}
	switch w.Access {
	case "direct":
		return text + ": this policy lets it in (direct)"
	case "delegated":
		return text + ": this policy leaves it to IAM (delegated)"
	}
	return text
}

func contextLine(context map[string][]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(context)) {
		parts = append(parts, plainName(k)+" = "+plainName(strings.Join(context[k], ", ")))
	}
	return cut(strings.Join(parts, "; "), maxMessage)
}

// fixHint says how the fix is applied, and what it takes away.
func fixHint(f *lint.Fix) string {
	hint := " (kmsguard fix writes it)"
	for _, lost := range f.Proof.Lost {
		hint += "\nlost: " + plainMessage(lost)
	}
	return hint
}

func remedyHead(r *lint.Remedy) string {
	if r.WhyNot == "" {
		return "by hand"
	}
	return "by hand, since " + plainMessage(r.WhyNot)
}
