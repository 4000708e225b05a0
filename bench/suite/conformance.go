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

// conform builds the peers and has them checked: that they do the same work. What
// the check prints goes to log. The error names who did not pass.
func conform(ctx context.Context, folder string, targets []Target, log io.Writer) error {
	var names []string
	for _, t := range targets {
		if t.Peer {
			names = append(names, t.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "run", "./cmd/conformance", "-build", "-peers", strings.Join(names, ","))
	cmd.Dir = folder
	both := io.MultiWriter(log, &said)
	cmd.Stdout, cmd.Stderr = both, both
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) } // go run hands no signal on
	cmd.WaitDelay = 2 * stopTime
	if err := cmd.Run(); err != nil {
		return errors.Join(context.Cause(ctx), fmt.Errorf("conformance: %s (%w)", verdictOf(said.String()), err))
	}
	return nil
}

// verdictOf is what the check says at its end.
func verdictOf(said string) string {
	verdict := "no verdict"
	for line := range strings.Lines(said) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "conformance: "); ok {
			verdict = rest
		}
	}
	return verdict
}
