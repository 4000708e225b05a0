package client

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// build builds the server once, when the first test needs it. It has the race detector if the test has it.
var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "plenum")
	args := []string{"build", "-o", path}
	built, _ := debug.ReadBuildInfo()
	if slices.Contains(built.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		args = append(args, "-race")
	}
	if output, err := exec.Command("go", append(args, "plenum/cmd/plenum")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, output)
	}
	return path, nil
})

// program is a plenum process, which can be stopped and started again on the same port.
type program struct {
	t    *testing.T
	path string
	addr string
	args []string
	cmd  *exec.Cmd // nil: it is stopped
	log  *bytes.Buffer
}

// serve starts a server, which runs until the test ends.
func serve(t *testing.T, flags ...string) *program {
	t.Helper()
	path, err := build()
	require.NoError(t, err)
	p := &program{t: t, path: path, addr: freeAddress(t)}
	p.args = append([]string{"serve", "--listen=" + p.addr, "--admin=", "--drain-window=0s"}, flags...)
	p.start()
	t.Cleanup(func() {
		if p.cmd != nil {
			p.stop(syscall.SIGTERM)
		}
	})
	return p
}

// freeAddress returns an address with a free port. The port is below the kernel's ephemeral ports, so that it is still free
// when the program is started again.
func freeAddress(t *testing.T) string {
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		if ln, err := net.Listen("tcp", addr); err == nil {
			require.NoError(t, ln.Close())
			return addr
		}
	}
	require.FailNow(t, "no port is free")
	return ""
}

// start starts the program and waits until it listens.
func (p *program) start() {
	p.t.Helper()
	p.cmd, p.log = exec.Command(p.path, p.args...), &bytes.Buffer{}
	p.cmd.Stderr = p.log
	p.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")         // otherwise the race detector waits for a second at the end
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // if the test panics
	out, err := p.cmd.StdoutPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, p.cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = p.cmd.Wait()
		require.NoError(p.t, err, "%s", p.log)
	}
	require.Contains(p.t, line, "plenum serves")
}

// stop sends a signal and waits for the end: SIGTERM for an orderly stop, SIGKILL for a crash.
func (p *program) stop(how syscall.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(how))
	err := p.cmd.Wait()
	p.cmd = nil
	if how == syscall.SIGTERM {
		require.NoError(p.t, err, "%s", p.log)
	}
}

const (
	soon        = time.Minute
	tick        = 2 * time.Millisecond
	waitDivisor = 1000 // the waits before connections are shorter than a real client's by this factor
)

// run starts a client that has joined the rooms. It runs until the test ends.
func run(t *testing.T, cfg Config, rooms ...string) *listener {
	t.Helper()
	c, err := New(cfg)
	require.NoError(t, err)
	if !*patient {
		c.wait = func(ctx context.Context, d time.Duration) { wait(ctx, d/waitDivisor) }
	}
	e := &listener{Client: c, t: t, received: map[string]int{}, positions: map[string]Position{}, epochs: map[string]map[string]bool{}}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { e.result = c.Run(ctx) })
	running.Go(e.record)
	e.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(e.stop)
	for _, room := range rooms {
		require.NoError(t, c.Join(ctx, room))
	}
	return e
}

// named returns a Config with a username, for a server without sign-in.
func named(addr, name string) Config { return Config{URL: "ws://" + addr + "/ws", Name: name} }
