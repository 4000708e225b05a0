package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
)

// checkPeers builds the peers among targets and checks that they all do the same work. The
// check's output goes to log. The error names the peers that failed.
func checkPeers(ctx context.Context, folder string, targets []Target, log io.Writer) error {
	var names []string
	for _, t := range targets {
		if t.Peer {
			names = append(names, t.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "run", "./cmd/conformance", "-build", "-peers", strings.Join(names, ","))
	cmd.Dir = folder
	both := io.MultiWriter(log, &output)
	cmd.Stdout, cmd.Stderr = both, both
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) } // go run does not forward signals
	cmd.WaitDelay = 2 * stopTime
	if err := cmd.Run(); err != nil {
		return errors.Join(context.Cause(ctx), fmt.Errorf("conformance: %s (%w)", checkVerdict(output.String()), err))
	}
	return nil
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
