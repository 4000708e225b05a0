package engine_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/engine"
)

// starvedEnv is the environment variable that makes the test binary an echo server with few descriptors. The server
// prints its address, then its Stats after each line on its standard input, until EOF.
const starvedEnv = "PLENUM_TEST_STARVED"

const starvedDescriptors = 64

func serveStarved() int {
	// The limit is lowered after the engine has derived MaxConns from it.
	e, err := engine.New(engine.Config{MaxConns: 1000})
	if err != nil {
		return fail(err)
	}
	few := syscall.Rlimit{Cur: starvedDescriptors, Max: starvedDescriptors}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		return fail(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fail(err)
	}
	fmt.Println(ln.Addr())
	served := make(chan error, 1)
	go func() {
		served <- e.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = e.Upgrade(w, r, nil, echo()) }))
	}()
	say := json.NewEncoder(os.Stdout)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if err := say.Encode(e.Stats()); err != nil {
			return fail(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if err := e.Shutdown(ctx); err != nil {
		return fail(err)
	}
	if err := <-served; err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// starved controls a process that runs serveStarved.
type starved struct {
	server
	t   testing.TB
	in  io.WriteCloser
	out *bufio.Scanner
}

func startStarved(t testing.TB) *starved {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), starvedEnv+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	s := &starved{t: t, in: in, out: bufio.NewScanner(out)}
	require.True(t, s.out.Scan())
	s.addr = s.out.Text()
	t.Cleanup(func() {
		_ = in.Close()
		assert.NoError(t, cmd.Wait(), "it exits with status 0")
	})
	return s
}

func (s *starved) stats() (stats engine.Stats) {
	s.t.Helper()
	_, err := io.WriteString(s.in, "\n")
	require.NoError(s.t, err)
	require.True(s.t, s.out.Scan())
	require.NoError(s.t, json.Unmarshal(s.out.Bytes(), &stats))
	return stats
}

// try attempts a handshake for the given time. It returns nil if the handshake failed.
func (s *starved) try(t testing.TB, patience time.Duration) *client {
	t.Helper()
	c := s.connect(t)
	c.write([]byte(handshake))
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		_ = c.conn.Close()
		return nil
	}
	_ = c.conn.SetDeadline(time.Now().Add(2 * soon))
	return c
}

func TestWithoutDescriptorsTheServerWaitsAndRecovers(t *testing.T) {
	plainOnly(t, "the server is another process, with another certificate")
	s := startStarved(t)

	var open []*client
	for {
		c := s.try(t, soon)
		if c == nil { // the connection was accepted, but no descriptor was left to move it to its poller
			break
		}
		open = append(open, c)
		require.Less(t, len(open), starvedDescriptors)
	}
	require.Greater(t, len(open), starvedDescriptors/2)
	require.Eventually(t, func() bool { return s.stats().Refused[engine.RefusedHijack] > 0 }, soon, poll)

	var idle []*client // these send no request; each takes one descriptor of the server
	require.Eventually(t, func() bool {
		idle = append(idle, s.connect(t))
		return s.stats().Counts[engine.AcceptFailures] > 0
	}, soon, poll)

	began := s.stats().Counts[engine.AcceptFailures]
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		for _, c := range open {
			c.wantEcho("still served")
		}
	}
	assert.Less(t, s.stats().Counts[engine.AcceptFailures]-began, int64(50), "accepting is not retried in a busy loop")
	assert.EqualValues(t, len(open), s.stats().Counts[engine.Connections])

	for _, c := range idle {
		_ = c.conn.Close()
	}
	gone := len(open) / 2
	for _, c := range open[:gone] {
		c.send(closing, "")
		c.wantClose(1005)
	}
	open = open[gone:]
	for range 5 {
		require.Eventually(t, func() bool {
			c := s.try(t, 2*time.Second)
			if c != nil {
				open = append(open, c)
			}
			return c != nil
		}, soon, poll, "new connections are accepted again")
	}
	for _, c := range open {
		c.wantEcho("old and new")
	}
	for _, c := range open {
		c.send(closing, "")
		c.wantClose(1005)
	}
}
