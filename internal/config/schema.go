package config

import (
	"bytes"
	_ "embed"
	"strings"
)

//go:embed schema.json
var schemaText string

// Schema returns the JSON Schema (draft 2020-12) of the configuration. It accepts what [Parse] accepts, but for what a
// schema cannot say: whether a glob is well formed, a date exists, a rule is known.
func Schema() []byte {
	quote := func(pattern string) string { return strings.ReplaceAll(pattern, `\`, `\\`) }
	return bytes.TrimSpace([]byte(strings.NewReplacer(
		"@account@", quote(accountPattern),
		"@organization@", quote(organizationPattern),
		"@principal@", quote(principalPattern),
		"@rule@", quote(rulePattern),
		"@date@", quote(datePattern),
		"@fingerprint@", quote(fingerprintPattern),
	).Replace(schemaText)))
}
