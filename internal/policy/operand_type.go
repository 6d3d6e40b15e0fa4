package policy

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
)

// Mistyped returns what a value of the condition is not though its operator asks for it, "" where all are or a template or
// a variable decides: "a boolean", "a number", … Such a value matches nothing (semantics.md §4.2 note 4).
func (c Condition) Mistyped() (value Operand, want string) {
	for _, v := range c.Values {
		if HasSymbol(v.Text) || strings.Contains(v.Text, "${") {
			continue
		}
		if want := wants(c.Operator.Base.Positive(), v.Text); want != "" {
			return v, want
		}
	}
	return Operand{}, ""
}

const boolean = "a boolean"

// wants names the type that the operator asks for, where the text is plainly not of it. Numbers and dates have more forms
// than the documents tell, so only a text without a digit is none.
func wants(op Base, text string) string {
	digits := strings.ContainsAny(text, "0123456789")
	switch {
	case (op == Bool || op == NullTest) && !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false"):
		return boolean
	case op == IPAddress && !isNet(text):
		return "an IP address or range"
	case strings.HasPrefix(string(op), "Numeric") && !digits:
		return "a number"
	case strings.HasPrefix(string(op), "Date") && !digits:
		return "a date"
	case op == BinaryEquals:
		if _, err := base64.StdEncoding.DecodeString(text); err != nil {
			return "Base64"
		}
	}
	return ""
}

func isNet(text string) bool {
	if _, err := netip.ParsePrefix(text); err == nil {
		return true
	}
	addr, err := netip.ParseAddr(text)
	return err == nil && addr.Zone() == ""
}

// typeProblems reports values that are not of their operator's type. No document says whether KMS takes them (semantics.md §1.6).
func (e elements) typeProblems(c Condition) {
	v, want := c.Mistyped()
	if want == "" {
		return
	}
	write := want
	if want == boolean {
		write = "true or false"
	}
	e.problem("value-type", v.Node, "", fmt.Sprintf("%q is not %s, which %s asks for, and what KMS does with it is not documented; write %s", v.Text, want, c.OperatorText, write))
}
