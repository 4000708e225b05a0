//go:build figures

package servertest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/wsclient"
)

const (
	vanishing    = 500 // connections
	vanishURL    = "PLENUM_TEST_VANISH"
	vanishPeriod = 2 * time.Second
	vanishWait   = 2 * time.Second
)

// TestVanishingClient is not a test but the client process of the tests below.
func TestVanishingClient(t *testing.T) {
	url := os.Getenv(vanishURL)
	if url == "" {
		t.Skip("runs as a process of TestFigurePeersThatVanish")
	}
	pool := newPool(t, wsclient.Config{})
	_, err := pool.DialAll(t.Context(), vanishing, dialers, func(i int) string { return fmt.Sprintf("%s/ws/chat/room%d", url, i/10) })
	require.NoError(t, err)
	fmt.Println("connected")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test ends it
}

func TestFigurePeersThatVanish(t *testing.T) {
	t.Run("a_stopped_process", func(t *testing.T) {
		s := startServer(t, vanishEnv("127.0.0.1")...)
		client := s.vanisher(t)
		s.figureVanish(t, func() { require.NoError(t, client.Process.Signal(syscall.SIGSTOP)) })
	})
	t.Run("a_link_taken_down", func(t *testing.T) {
		link := newLink(t)
		s := startServer(t, vanishEnv(link.host)...)
		s.vanisher(t, "ip", "netns", "exec", link.namespace)
		s.figureVanish(t, func() { link.ip(t, "link", "set", link.device, "down") })
	})
}

func vanishEnv(host string) []string {
	return []string{"PLENUM_LISTEN=" + host + ":0", fmt.Sprint("PLENUM_PING_PERIOD=", vanishPeriod), fmt.Sprint("PLENUM_PING_TIMEOUT=", vanishWait)}
}

// figureVanish makes all clients vanish, and measures the time until the server has closed them.
func (s *server) figureVanish(t *testing.T, vanish func()) {
	t.Helper()
	require.Equal(t, vanishing, s.metric(t, "plenum_connections"))
	vanish()
	began := time.Now()
	eventually(t, time.Minute, func() bool { return s.metric(t, "plenum_connections") == 0 }, func() string { return "some connections are still open" })
	took := time.Since(began)
	t.Logf("figure: %d peers vanished, the last was closed %.1f s later, with pings every %s and a timeout of %s", vanishing, took.Seconds(), vanishPeriod, vanishWait)
	assert.Less(t, took, vanishPeriod+vanishWait+2*time.Second)
	assert.Equal(t, vanishing, s.metric(t, `plenum_refused_total{reason="ping_timeout"}`))
	s.requireConsistent(t)
}

// vanisher starts TestVanishingClient as a process, with the command prefix by, and waits until it
// has connected.
func (s *server) vanisher(t *testing.T, by ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	args := append(by, self, "-test.run=^TestVanishingClient$")
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), vanishURL+"="+s.ws)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "output of the client: %q", line)
	require.Equal(t, "connected\n", line)
	return cmd
}

// link is a network namespace, with the device in the test's namespace that leads to it.
type link struct{ namespace, device, host string }

// newLink makes a link that exists until the test ends. It skips the test without the permission.
func newLink(t *testing.T) link {
	t.Helper()
	id := os.Getpid() % 10_000
	l := link{namespace: fmt.Sprint("plenum", id), device: fmt.Sprint("plenum", id), host: "10.213.77.1"}
	if out, err := exec.Command("ip", "netns", "add", l.namespace).CombinedOutput(); err != nil {
		t.Skipf("cannot make a network namespace: %v %s", err, out)
	}
	t.Cleanup(func() {
		_ = exec.Command("ip", "link", "del", l.device).Run() // usually removed with the namespace
		_ = exec.Command("ip", "netns", "del", l.namespace).Run()
	})
	l.ip(t, "link", "add", l.device, "type", "veth", "peer", "name", "there", "netns", l.namespace)
	l.ip(t, "addr", "add", l.host+"/30", "dev", l.device)
	l.ip(t, "link", "set", l.device, "up")
	l.ip(t, "-n", l.namespace, "addr", "add", "10.213.77.2/30", "dev", "there")
	l.ip(t, "-n", l.namespace, "link", "set", "there", "up")
	return l
}

func (l link) ip(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command("ip", args...).CombinedOutput()
	require.NoError(t, err, "ip %s: %s", strings.Join(args, " "), out)
}
