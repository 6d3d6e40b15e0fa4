package report

import "strings"

var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// CommandMessage escapes the message of a workflow command. Line ends stay, as the command's own escapes.
func CommandMessage(s string) string {
	return commandData.Replace(reveal(guardLines(cut(s, maxMessage)), "\r\n\t"))
}

// CommandProperty escapes the value of a property of a workflow command, such as a file name. The runner gives it back
// as it was, so that it finds the file.
func CommandProperty(s string) string { return commandProperty.Replace(s) }

// Output makes text safe as the value of an output: one line, whatever the delimiter.
func Output(s string) string { return reveal(s, "") }
