// Package kms holds what AWS KMS is: its actions, the condition keys of its requests and who carries which of them,
// the services that call it, and the statements that AWS's own documents write. It holds facts and decides nothing.
//
// The tables in data/ are embedded and dated; data/README.md says where they are from. Facts in Go code name the
// section of reference/semantics.md that they are from. What that page marks UNVERIFIED is marked so here too, and
// may only ever make an answer more careful (DESIGN section 3).
package kms

import (
	"embed"
	"encoding/json"
)

// TableDate is the day of the tables. Wildcards in Action grow with AWS's list, so every answer about one depends on it.
const TableDate = "2026-11-23"

//go:embed data/kms-actions.json data/condition-keys.json
var data embed.FS

// mustRead decodes an embedded table. The files are part of the program, so a fault in them is one of the build: it
// cannot depend on input.
func mustRead(name string, into any) {
	b, err := data.ReadFile("data/" + name)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		panic("kms: embedded table " + name + ": " + err.Error())
	}
}
