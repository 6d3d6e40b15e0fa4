package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/kmsguard/kmsguard/internal/lint"
	"github.com/kmsguard/kmsguard/internal/syntax"
)

// JSON writes the document of DESIGN section 4. Arrays that the document always has are [] where they are empty.
func JSON(w io.Writer, rep *lint.Report) error {
	full := *rep
	full.Schema = 1
	full.Keys = filled(rep.Keys)
	full.Errors = filled(rep.Errors)
	full.Findings = make([]lint.Finding, len(rep.Findings))
	for i, f := range rep.Findings {
		full.Findings[i] = complete(f)
	}
	return writeJSON(w, full)
}

// complete replaces the absent collections of fields that are always there.
func complete(f lint.Finding) lint.Finding {
	if f.Witness != nil && f.Witness.Context == nil {
		witness := *f.Witness
		witness.Context = map[string][]string{}
		f.Witness = &witness
	}
	if f.Affected != nil {
		affected := make([]lint.Affected, len(f.Affected))
		for i, a := range f.Affected {
			a.Actions = filled(a.Actions)
			affected[i] = a
		}
		f.Affected = affected
	}
	if f.Fix != nil {
		fix := *f.Fix
		fix.Edits = filled[syntax.Edit](fix.Edits)
		f.Fix = &fix
	}
	return f
}

func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// writeJSON writes indented JSON whose strings cannot act on a terminal or a runner that prints it: hidden runes, and
// the bracket of "##[", are written as \u escapes, which read the same.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("report cannot be written as JSON: %w", err)
	}
	_, err := w.Write(quietJSON(b.Bytes()))
	return err
}

// quietJSON works on bytes, since whatever is hidden or follows ## in JSON stands inside a string.
func quietJSON(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == '[' && bytes.HasSuffix(out, []byte("##")):
			out = append(out, `\u005b`...)
		case r == '\n' || r < 0x7f || !hidden(r):
			out = append(out, data[i:i+size]...)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
		i += size
	}
	return out
}

// Indented writes any document of the command line as the report is written.
func Indented(w io.Writer, v any) error { return writeJSON(w, v) }
