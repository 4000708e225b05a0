//go:build figures

package servertest

import (
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/wsclient"
)

func TestFigureHalfOpenHandshakes(t *testing.T) {
	// An unusual request head is read by net/http. It takes a reader of 4 KiB, a stack of
	// 8 KiB, and garbage that is not collected yet.
	const n, each = 10_000, 20 << 10
	for name, half := range map[string]string{"nothing": "", "half a head": "GET /ws/chat/a HTTP/1.1\r\nHost: x\r\n", "half an unusual head": "GET / HTTP/1.1\r\nHost:\tx\r\n"} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			s := startServer(t)
			pool := newPool(t, wsclient.Config{})
			inside := fill(t, s, pool, 10, 10)
			base, goroutines := s.settledRSS(t), s.goroutines(t)
			began := time.Now()
			conns := openHalf(t, s, n, half)
			grown := s.rss(t) - base
			t.Logf("figure: %d half-open handshakes that sent %s within %.1f s: RSS grew by %.1f MiB, %d goroutines",
				n, name, time.Since(began).Seconds(), mebibytes(grown), s.goroutines(t))
			fill(t, s, pool, 10, 10) // new connections are accepted
			require.NoError(t, inside[0].Send([]byte("still served")))
			for _, conn := range conns {
				require.NoError(t, conn.SetReadDeadline(time.Now().Add(30*time.Second)))
				_, err := io.Copy(io.Discard, conn)
				require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection was not closed")
			}
			t.Logf("figure: all were closed %.1f s after the first was opened", time.Since(began).Seconds())
			assert.InDelta(t, goroutines, s.goroutines(t), 4)
			assert.EqualValues(t, 20, pool.Stats().Open)
			assert.LessOrEqual(t, grown, 2048*each)
		})
	}
}

// openHalf opens n connections that send half of a request and wait.
func openHalf(t *testing.T, s *server, n int, half string) []net.Conn {
	conns := make([]net.Conn, n)
	var opening sync.WaitGroup
	for d := range dialers {
		opening.Go(func() {
			for i := d; i < n; i += dialers {
				conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
				if !assert.NoError(t, err) {
					return
				}
				_, _ = conn.Write([]byte(half)) // the server may have closed it already
				conns[i] = conn
			}
		})
	}
	opening.Wait()
	t.Cleanup(func() {
		for _, conn := range conns {
			if conn != nil {
				_ = conn.Close()
			}
		}
	})
	return conns
}
