package engine

import (
	"bufio"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ask sends a request on a connection that stays open, and waits for the answer.
func ask(t *testing.T, conn net.Conn) error {
	t.Helper()
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func TestConnectionsThatWaitForAnotherRequestGiveWay(t *testing.T) {
	e, err := New(Config{})
	require.NoError(t, err)
	e.front.crowded = 3
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() {
		ended <- e.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	}()
	t.Cleanup(func() {
		require.NoError(t, e.Shutdown(t.Context()))
		require.NoError(t, <-ended)
	})
	for n := range 10 {
		conn, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, ask(t, conn), "connection %d", n)
		require.Eventually(t, func() bool {
			e.front.mu.Lock()
			defer e.front.mu.Unlock()
			return e.front.pending <= e.front.crowded
		}, 5*time.Second, time.Millisecond, "%d idle connections and none gave way", n+1)
	}
}
