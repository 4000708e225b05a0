//go:build storm

package storm

import (
	"fmt"
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

// Paths of the programs that TestMain builds.
var serverPath, brokerPath string

// TestMain builds the server. It builds the NATS server too, unless the environment variable NATS_SERVER names one.
func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "plenum-storm-")
	if err == nil {
		serverPath, err = build(folder, "plenum", "plenum/cmd/plenum")
	}
	if brokerPath = os.Getenv("NATS_SERVER"); err == nil && brokerPath == "" {
		brokerPath, err = build(folder, "nats-server", "github.com/nats-io/nats-server/v2")
	}
	status := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		status = m.Run()
	}
	_ = os.RemoveAll(folder)
	os.Exit(status)
}

func build(folder, name, module string) (path string, err error) {
	path = filepath.Join(folder, name)
	if output, err := exec.Command("go", "build", "-o", path, module).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", module, err, output)
	}
	return path, nil
}

// newBroker starts a NATS server, and returns its URL.
func newBroker(t *testing.T) string {
	t.Helper()
	port := fmt.Sprint(freePort(t))
	cmd := exec.Command(brokerPath, "-a", "127.0.0.1", "-p", port, "-js", "-sd", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		return err == nil && conn.Close() == nil
	}, wait, tick, "the broker does not listen")
	return "nats://127.0.0.1:" + port
}

// server is a process that can be ended and started again on its port.
type server struct {
	host string
	args []string
	log  string
	cmd  *exec.Cmd
}

// newServer starts a server with one app, and waits until it accepts connections.
func newServer(t *testing.T, flags ...string) *server {
	t.Helper()
	folder := t.TempDir()
	config := filepath.Join(folder, "plenum.yaml")
	app := fmt.Sprintf("apps:\n  - {id: %q, key: %s, secret: %s, client-events: true}\n", appID, appKey, appSecret)
	require.NoError(t, os.WriteFile(config, []byte(app), 0o600))
	s := &server{host: fmt.Sprintf("127.0.0.1:%d", freePort(t)), log: filepath.Join(folder, "log")}
	s.args = append([]string{"serve", "--config=" + config, "--listen=" + s.host, "--admin="}, flags...)
	t.Cleanup(func() {
		s.end(t, syscall.SIGKILL)
		if text, err := os.ReadFile(s.log); t.Failed() && err == nil {
			t.Logf("the end of the server's log:\n%s", text[max(0, len(text)-4096):])
		}
	})
	s.start(t)
	return s
}

// freePort returns an unused port below the range of the ports for outgoing connections.
func freePort(t *testing.T) int {
	t.Helper()
	for port := 20000 + os.Getpid()%10000; port < 32000; port++ {
		if ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			require.NoError(t, ln.Close())
			return port
		}
	}
	require.FailNow(t, "no port is free")
	return 0
}

// start starts the process, and waits until it listens.
func (s *server) start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer log.Close()
	s.cmd = exec.Command(serverPath, s.args...)
	s.cmd.Stderr = log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // dies with a test that panics
	stdout, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.cmd.Start())
	greeting := make([]byte, 256) // the line is written at once
	n, err := stdout.Read(greeting)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(greeting[:n]), "plenum serves"), "%s", greeting[:n])
}

// end sends the signal, and waits until the process has ended.
func (s *server) end(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	assert.NoError(t, s.cmd.Process.Signal(signal))
	tooLong := time.AfterFunc(wait, func() { _ = s.cmd.Process.Kill() })
	defer tooLong.Stop()
	err := s.cmd.Wait()
	s.cmd = nil
	if signal != syscall.SIGKILL {
		assert.NoError(t, err, "the server's end")
	}
}
