// Package lint runs rules over keys, proves their fixes and compares with a base. A rule is a value ([Rule]); what it
// finds is a [Finding], whose JSON form is the contract of DESIGN section 4.
package lint

import "github.com/kmsguard/kmsguard/internal/syntax"

// Level is how much a finding weighs.
type Level string

// The levels, worst first.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Note    Level = "note"
)

// Rank orders levels: 3 error, 2 warning, 1 note, 0 anything else ("never", "off").
func (l Level) Rank() int {
	switch l {
	case Error:
		return 3
	case Warning:
		return 2
	case Note:
		return 1
	}
	return 0
}

// Certainty is how sure a finding is.
type Certainty string

// The certainties (DESIGN section 3).
const (
	Always    Certainty = "always"    // in every environment of the template
	Depends   Certainty = "depends"   // in those that When names
	Undecided Certainty = "undecided" // could not be decided: Undecided says why
)

// Range is a stretch of a file: half-open in bytes, the end being the position after the last byte.
type Range struct {
	Start syntax.Position `json:"start"`
	End   syntax.Position `json:"end"`
}

// Finding is one rule on one statement, or on the key where no statement is to blame.
type Finding struct {
	Rule      string            `json:"rule"` // "KMS001"
	Name      string            `json:"name"` // "iam-delegation"
	Level     Level             `json:"level"`
	Key       string            `json:"key,omitempty"` // id of the key
	Sid       string            `json:"sid,omitempty"`
	File      string            `json:"file"`
	Range     Range             `json:"range"`
	Source    *Source           `json:"source,omitempty"` // the line that a person made, for generated files
	Message   string            `json:"message"`          // two sentences at most: who can do what, and the remedy
	Certainty Certainty         `json:"certainty"`
	When      map[string]string `json:"when,omitempty"`
	Witness   *Witness          `json:"witness,omitempty"`
	Affected  []Affected        `json:"affected,omitempty"`
	Fix       *Fix              `json:"fix,omitempty"` // proved, R1 to R7
	// Alternatives are other remedies; each has edits or text.
	Alternatives []Alternative `json:"alternatives,omitempty"`
	Remedy       *Remedy       `json:"remedy,omitempty"` // what to show where there is no fix
	Undecided    *Stopped      `json:"undecided,omitempty"`
	Also         []string      `json:"also,omitempty"` // other rules that the same cause fires
	Introduced   *bool         `json:"introduced,omitempty"`
	Suppressed   *Suppressed   `json:"suppressed,omitempty"`
	Fingerprint  string        `json:"fingerprint"`
}

// Source is a line that a person made.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1
}

// Witness is a concrete request that shows a finding true.
type Witness struct {
	Principal string              `json:"principal"`
	Account   string              `json:"account,omitempty"`
	Action    string              `json:"action"`
	Context   map[string][]string `json:"context"`
	Access    string              `json:"access"` // direct or delegated
}

// Affected is an identity of the repository that a fix would touch.
type Affected struct {
	File      string   `json:"file"`
	LogicalID string   `json:"logical_id,omitempty"`
	Principal string   `json:"principal"`
	Actions   []string `json:"actions"`
}

// Fix is a set of byte edits to the analysed file, proved as DESIGN section 6 demands.
type Fix struct {
	Message string        `json:"message"`
	Edits   []syntax.Edit `json:"edits"`
	Proof   Proof         `json:"proof"`
}

// Proof says what a fix does to access, in sentences.
type Proof struct {
	Added []string `json:"added,omitempty"`
	Kept  []string `json:"kept,omitempty"`
	Lost  []string `json:"lost,omitempty"`
}

// Alternative is another way out: edits with their proof, or text.
type Alternative struct {
	Message  string        `json:"message"`
	Edits    []syntax.Edit `json:"edits,omitempty"`
	Proof    *Proof        `json:"proof,omitempty"`
	Language string        `json:"language,omitempty"`
	Text     string        `json:"text,omitempty"`
}

// Remedy is text to show, never a button.
type Remedy struct {
	Language string `json:"language"` // json, yaml, typescript, python or text
	Text     string `json:"text"`
	WhyNot   string `json:"why_not_fix"`
}

// Stopped names what an undecided question ran into.
type Stopped struct {
	Construct string `json:"construct"`
	Line      int    `json:"line,omitempty"`
}

// Suppressed says who accepted a finding, and until when.
type Suppressed struct {
	Reason string `json:"reason,omitempty"`
	Until  string `json:"until,omitempty"`
}
