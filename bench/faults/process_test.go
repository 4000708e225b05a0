//go:build faults

package faults

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wait bounds the wait for an event that has no guaranteed bound. A guaranteed bound is in the test
// that checks it. tick is the interval of checks.
const (
	wait = time.Minute
	tick = 10 * time.Millisecond
)

// process is a program that can be killed and started again. Its output goes to one file.
type process struct {
	name string
	args []string // the program is the first
	log  string
	cmd  *exec.Cmd // nil: not running
}

// newProcess returns a process that is not started yet. If the test fails, the end of its log is
// shown.
func newProcess(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{name: name, args: args, log: filepath.Join(t.TempDir(), name+".log")}
	t.Cleanup(func() {
		p.kill(t)
		if t.Failed() {
			t.Logf("%s: %s", name, tail(p.log))
		}
	})
	return p
}

func tail(path string) string {
	const most = 15
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n\t")
}

func (p *process) start(t *testing.T) {
	t.Helper()
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer out.Close()
	p.cmd = exec.Command(p.args[0], p.args[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // dies with a test that panics
	require.NoError(t, p.cmd.Start())
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(s))
}

// kill kills the process if it runs.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	assert.NoError(t, p.cmd.Process.Kill(), p.name)
	_ = p.cmd.Wait() // it was killed
	p.cmd = nil
}

// usedPorts are the ports that freePort has returned.
var usedPorts = map[int]bool{}

// freePort returns an unused port at host. It is below the kernel's range for outgoing
// connections, so that it is still free when a program is started again. It returns each port
// once.
func freePort(t *testing.T, host string) int {
	t.Helper()
	for range 100 {
		port := 20000 + rand.IntN(12000)
		if usedPorts[port] {
			continue
		}
		if ln, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port))); err == nil {
			require.NoError(t, ln.Close())
			usedPorts[port] = true
			return port
		}
	}
	require.FailNow(t, "no port is free")
	return 0
}

// waitUntil waits until a condition holds, and returns the time from since. failure is the
// message if it does not hold within the given time from since.
func waitUntil(t *testing.T, since time.Time, within time.Duration, failure string, holds func() bool) time.Duration {
	t.Helper()
	require.Eventually(t, holds, time.Until(since.Add(within)), tick, failure)
	return time.Since(since).Round(time.Millisecond)
}
