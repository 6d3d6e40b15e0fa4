package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// git runs git's plumbing in a folder. A repository's own configuration can name programs (filters, text converters,
// hooks, a file system monitor, remote helpers); all of them are off.
type git struct {
	dir string
	env []string
}

// settings are on every command line, where they outweigh the repository's configuration.
var settings = []string{
	"--no-pager", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs",
	"-c", "core.fsmonitor=false",
	"-c", "core.hooksPath=" + os.DevNull,
	"-c", "core.attributesFile=" + os.DevNull,
	"-c", "core.quotePath=false",
	"-c", "core.sshCommand=false",
	"-c", "core.askPass=",
	"-c", "credential.helper=",
	"-c", "diff.external=",
	"-c", "protocol.allow=never", // a partial clone would fetch what is missing
	"-c", "submodule.recurse=false",
	"-c", "gc.auto=0",
	"-c", "maintenance.auto=false",
}

// kept are the variables that git is given: what it needs to start, and to know whom the user trusts (safe.directory).
// GIT_DIR and its kin, which a hook sets, would make it read another repository.
var kept = []string{"PATH", "HOME", "USERPROFILE", "XDG_CONFIG_HOME", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR",
	"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES", "SUDO_UID"}

// programs are the settings whose names the repository chooses and whose values are programs.
var programs = regexp.MustCompile(`(?is)^(filter\..*\.(clean|smudge|process|required)|diff\..*\.(command|textconv))$`)

func newGit(ctx context.Context, dir string) (*git, error) {
	g := &git{dir: dir}
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if slices.ContainsFunc(kept, func(k string) bool { return strings.EqualFold(k, name) }) {
			g.env = append(g.env, e)
		}
	}
	g.env = append(g.env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_ALLOW_PROTOCOL=none", "GIT_NO_REPLACE_OBJECTS=1", "GIT_ATTR_NOSYSTEM=1", "GIT_PAGER=cat")
	names, err := g.run(ctx, "config", "--list", "--name-only", "-z")
	if err != nil {
		return nil, err
	}
	n := 0
	for name := range strings.SplitSeq(string(names), "\x00") {
		if programs.MatchString(name) {
			value := ""
			if strings.HasSuffix(strings.ToLower(name), ".required") {
				value = "false"
			}
			g.env = append(g.env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", n, name), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", n, value))
			n++
		}
	}
	g.env = append(g.env, fmt.Sprintf("GIT_CONFIG_COUNT=%d", n))
	return g, nil
}

// command returns a command that dies with the context.
func (g *git) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", slices.Concat(settings, args)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = g.dir, g.env, time.Second
	return cmd
}

// run returns what a command prints.
func (g *git) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := g.command(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, gitError(args[0], err, stderr.String())
	}
	return out, nil
}

// gitError is what git said, on one line.
func gitError(command string, err error, stderr string) error {
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("git is not installed, so that no base can be read: install it, or leave --base out")
	}
	const most = 500 // bytes: git's first lines say what is wrong
	said := strings.Join(strings.Fields(stderr), " ")
	if len(said) > most {
		said = strings.ToValidUTF8(said[:most], "") + "…"
	}
	if said == "" {
		said = err.Error()
	}
	return fmt.Errorf("git %s failed: %s", command, said)
}

// commit returns the name of the commit that a ref means.
func (g *git) commit(ctx context.Context, ref string) (string, error) {
	out, err := g.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("ref %q names no commit of this repository: fetch it, or name another", ref)
	}
	return strings.TrimSpace(string(out)), nil
}

// MergeBase returns the commit from which HEAD and the ref went apart, for the repository that dir is in.
func MergeBase(ctx context.Context, dir, ref string) (string, error) {
	g, err := newGit(ctx, dir)
	if err != nil {
		return "", err
	}
	commit, err := g.commit(ctx, ref)
	if err != nil {
		return "", err
	}
	out, err := g.run(ctx, "merge-base", commit, "HEAD")
	if err != nil {
		return "", fmt.Errorf("ref %q and HEAD have no common commit here: fetch more history", ref)
	}
	return strings.TrimSpace(string(out)), nil
}
