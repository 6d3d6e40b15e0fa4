package cli

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mountedFiles is where act mounts the folder of the runner's files, whatever their paths say.
const mountedFiles = "/var/run/act/workflow"

// runnerEnv is the environment of the step. Where act runs jobs on the machine itself, it gives a container the paths that
// the event, the outputs and the summary have there, and mounts them elsewhere.
func runnerEnv(name string) string {
	value := os.Getenv(name)
	switch name {
	case "GITHUB_EVENT_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY":
		if _, err := os.Stat(value); err != nil && value != "" {
			mounted := filepath.Join(mountedFiles, filepath.Base(value))
			if _, err := os.Stat(mounted); err == nil {
				return mounted
			}
		}
	}
	return value
}

// summary writes the step summary. A runner without a place for it gets a line in the log instead.
func (a *action) summary(text string) {
	if a.env("GITHUB_STEP_SUMMARY") == "" || text == "" {
		return
	}
	defer func() {
		if r := recover(); r != nil { // go-githubactions panics where the file cannot be opened
			a.note("the step summary could not be written: the runner's file for it cannot be opened")
		}
	}()
	a.step.AddStepSummary(text)
}

// output is one output of the step.
type output struct{ name, value string }

// setOutputs writes outputs to the runner's file with a delimiter that no value can know. go-githubactions has a fixed one (github.md §10.2).
func (a *action) setOutputs(all []output) error {
	name := a.env("GITHUB_OUTPUT")
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("the outputs could not be written: the runner's file for them cannot be opened")
	}
	defer f.Close()
	var b strings.Builder
	for _, o := range all {
		mark := "kmsguard-" + rand.Text()
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o.name, mark, o.value, mark)
	}
	_, err = f.WriteString(b.String())
	return err
}
