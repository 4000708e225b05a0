//go:build figures || soak

package servertest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
)

var prebuilt = flag.String("plenum", "", "server binary to measure; empty: build plenum/cmd/plenum")

var buildDir string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "plenum-figures")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	buildDir = dir
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// buildServer builds the server when a test first needs it, with the race detector if the test
// has it.
var buildServer = sync.OnceValues(func() (string, error) {
	if *prebuilt != "" {
		return *prebuilt, nil
	}
	path := filepath.Join(buildDir, "plenum")
	args := []string{"build", "-o", path}
	if raced() {
		args = append(args, "-race")
	}
	if output, err := exec.Command("go", append(args, "plenum/cmd/plenum")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, output)
	}
	return path, nil
})

// raced reports whether this program was built with the race detector.
func raced() bool {
	built, _ := debug.ReadBuildInfo()
	return slices.Contains(built.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// server is a running plenum process.
type server struct {
	process
	url   string // of the public listener, http://host:port
	ws    string // the same, ws://host:port
	admin string
}

var urlPattern = regexp.MustCompile(`https?://[0-9.]+:[0-9]+`)

// startServer runs the server until the test ends, with env added to its environment.
func startServer(t *testing.T, env ...string) *server {
	t.Helper()
	return startServerBy(t, nil, env...)
}

// startServerBy is startServer with a command prefix.
func startServerBy(t *testing.T, by []string, env ...string) *server {
	t.Helper()
	path, err := buildServer()
	require.NoError(t, err)
	args := append(slices.Clone(by), path, "serve")
	var log bytes.Buffer
	stdout := &firstLine{line: make(chan string, 1)}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(append(os.Environ(), "PLENUM_LISTEN=127.0.0.1:0", "PLENUM_ADMIN=127.0.0.1:0"), env...)
	cmd.Stdout, cmd.Stderr = stdout, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // dies with a test that panics
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { stopServer(t, cmd, &log) })
	select {
	case line := <-stdout.line:
		urls := urlPattern.FindAllString(line, 2)
		require.Len(t, urls, 2, "the server's first line: %s", line)
		ws := strings.Replace(urls[0], "http", "ws", 1)
		return &server{process: process(cmd.Process.Pid), url: urls[0], ws: ws, admin: urls[1]}
	case <-time.After(fakeserver.Timeout):
		require.FailNow(t, "the server printed no URL")
		return nil
	}
}

// stopServer sends SIGTERM and requires exit status 0.
func stopServer(t *testing.T, cmd *exec.Cmd, log *bytes.Buffer) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // if it has ended already, Wait reports that
	tooLong := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer tooLong.Stop()
	assert.NoError(t, cmd.Wait(), "the server's end")
	if t.Failed() {
		text := log.Bytes()
		t.Logf("the end of the server's log:\n%s", text[max(0, len(text)-4096):])
	}
}

// firstLine is a writer that sends the first line to a channel and drops the rest.
type firstLine struct {
	line chan string
	buf  []byte
	sent bool
}

func (a *firstLine) Write(p []byte) (int, error) {
	if a.sent {
		return len(p), nil
	}
	a.buf = append(a.buf, p...)
	if line, _, whole := strings.Cut(string(a.buf), "\n"); whole {
		a.sent = true
		a.line <- line
	}
	return len(p), nil
}
