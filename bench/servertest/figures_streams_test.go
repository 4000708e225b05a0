//go:build figures

package servertest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFigureStreams opens SSE connections in rooms of 50. They must need no goroutines, and a
// message must reach all of them.
func TestFigureStreams(t *testing.T) {
	const n, size = 5_000, 50
	s := startServer(t)
	base, goroutines := s.settledRSS(t), s.goroutines(t)
	streams := make([]net.Conn, n)
	for i := range streams {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		require.NoError(t, err)
		defer c.Close()
		_, err = fmt.Fprintf(c, "GET /sse/rooms/room%d HTTP/1.1\r\nHost: x\r\n\r\n", i/size)
		require.NoError(t, err)
		streams[i] = c
	}
	eventually(t, time.Minute, func() bool { return s.metric(t, "plenum_members") == n }, func() string { return fmt.Sprint(s.metric(t, "plenum_members")) })
	rss := s.settledRSS(t)
	t.Logf("figure: %d SSE connections: %.0f bytes per connection, %d more goroutines", n, float64(rss-base)/n, s.goroutines(t)-goroutines)
	assert.InDelta(t, goroutines, s.goroutines(t), 2)
	for room := range n / size {
		s.post(t, fmt.Sprint("room", room), "the message")
	}
	for i, c := range streams {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Minute)))
		var got bytes.Buffer
		for b := make([]byte, 4096); !bytes.Contains(got.Bytes(), []byte(`"text":"the message"`)); {
			read, err := c.Read(b)
			require.NotErrorIs(t, err, io.EOF, "stream %d", i)
			require.NoError(t, err)
			got.Write(b[:read])
		}
		assert.Equal(t, 1, strings.Count(got.String(), "event: message"))
	}
	s.requireConsistent(t)
}
