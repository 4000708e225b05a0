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

// Waits are for what comes by itself; a bound that is part of the cluster's word stands where
// it is tested.
const (
	wait = time.Minute
	tick = 10 * time.Millisecond
)

// process is a program that can end and begin again. What it writes is in one file.
type process struct {
	name string
	args []string // the program is the first
	log  string
	cmd  *exec.Cmd // nil: it does not run
}

// newProcess is not started yet. The end of its log is shown where the test fails.
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
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that panics leaves nothing behind
	require.NoError(t, p.cmd.Start())
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(s))
}

// kill ends it at once, where it runs.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	assert.NoError(t, p.cmd.Process.Kill(), p.name)
	_ = p.cmd.Wait() // it was killed
	p.cmd = nil
}

// given is the ports that freePort has returned.
var given = map[int]bool{}

// freePort is one that nobody listens on at host, below those that the kernel gives to whoever
// connects: it is to be free each time a program begins. It is another one each time.
func freePort(t *testing.T, host string) int {
	t.Helper()
	for range 100 {
		port := 20000 + rand.IntN(12000)
		if given[port] {
			continue
		}
		if ln, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port))); err == nil {
			require.NoError(t, ln.Close())
			given[port] = true
			return port
		}
	}
	require.FailNow(t, "no port is free")
	return 0
}

// took waits until something holds, and returns how long after since that was.
func took(t *testing.T, since time.Time, within time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	require.Eventually(t, holds, time.Until(since.Add(within)), tick, what)
	return time.Since(since).Round(time.Millisecond)
}
