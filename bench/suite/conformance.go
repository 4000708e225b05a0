package suite

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
)

// checkPeers builds the peers among targets and checks that they all do the same work, by the program
// cmd/conformance in folder. The check's output goes to log. unbuilt are the peers that could not be
// built. The error names the peers that failed the check.
func checkPeers(ctx context.Context, folder string, targets []Target, log io.Writer) (unbuilt []Skipped, err error) {
	var names []string
	for _, t := range targets {
		if t.Peer {
			names = append(names, t.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "run", "./cmd/conformance", "-build", "-peers", strings.Join(names, ","))
	cmd.Dir = folder
	both := io.MultiWriter(log, &output)
	cmd.Stdout, cmd.Stderr = both, both
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) } // go run does not forward signals
	cmd.WaitDelay = 2 * stopTime
	err = cmd.Run()
	if err == nil {
		return nil, nil
	}
	verdict := checkVerdict(output.String())
	unbuilt = unbuiltPeers(output.String(), targets)
	if verdict == "failed: "+strings.Join(namesOf(unbuilt), ", ") && ctx.Err() == nil {
		return unbuilt, nil
	}
	return nil, errors.Join(context.Cause(ctx), fmt.Errorf("conformance: %s (%w)", verdict, err))
}

// buildFailure matches the line of the check's output about a peer that could not be built: its name and
// the reason.
var buildFailure = regexp.MustCompile(`(?m)^(\S+) +FAILED +build: (.*)$`)

// unbuiltPeers returns the peers among targets that the check could not build, from its output. A tuned
// configuration has the program of its peer, so it is unbuilt if its peer is.
func unbuiltPeers(output string, targets []Target) (unbuilt []Skipped) {
	why := map[string]string{}
	for _, match := range buildFailure.FindAllStringSubmatch(output, -1) {
		why[match[1]] = "it cannot be built: " + strings.TrimSpace(match[2])
	}
	for _, t := range targets {
		if text := cmp.Or(why[t.Name], why[t.Of]); text != "" {
			unbuilt = append(unbuilt, Skipped{t.Name, text})
		}
	}
	return unbuilt
}

func namesOf(skipped []Skipped) (names []string) {
	for _, one := range skipped {
		names = append(names, one.Name)
	}
	return names
}

// checkVerdict returns the last line of the check's output that begins with "conformance: ",
// without that prefix.
func checkVerdict(output string) string {
	verdict := "no verdict"
	for line := range strings.Lines(output) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "conformance: "); ok {
			verdict = rest
		}
	}
	return verdict
}
