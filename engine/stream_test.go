package engine_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/engine"
)

const getStream = "GET /events HTTP/1.1\r\nHost: plenum.test\r\n\r\n"

// serveStream runs a server that answers every request with a Stream to h.
func serveStream(t *testing.T, cfg engine.Config, period time.Duration, h func() engine.Handler) *server {
	kind := &engine.Stream{Beat: []byte(":\n\n"), Period: period, Last: func(status engine.CloseStatus) []byte {
		return fmt.Appendf(nil, "data: %d %s\n\n", status.Code, status.Reason)
	}}
	var s *server
	s = serveRoutes(t, listen(t, 8<<10), cfg, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = s.Stream(w, r, kind, nil, h())
	})
	return s
}

// openStream requests a stream and reads the head of the response.
func (c *client) openStream() {
	c.t.Helper()
	c.write([]byte(getStream))
	resp, err := http.ReadResponse(c.in, nil)
	require.NoError(c.t, err)
	assert.Equal(c.t, "text/event-stream", resp.Header.Get("Content-Type"))
	assert.True(c.t, resp.Close)
	assert.EqualValues(c.t, -1, resp.ContentLength)
}

// wantBytes reads len(want) bytes, which must be want.
func (c *client) wantBytes(want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(c.in, got)
	require.NoError(c.t, err)
	require.Equal(c.t, want, string(got))
}

func TestAStreamSendsBeatsAndEndsWithItsLastBytes(t *testing.T) {
	t.Parallel()
	d := newDrainer()
	s := serveStream(t, engine.Config{}, 250*time.Millisecond, func() engine.Handler { return d })
	c := s.connect(t)
	c.openStream()
	conn := <-d.opened
	require.NoError(t, conn.Send(0, []byte("data: hello\n\n")))
	c.wantBytes("data: hello\n\n:\n\n:\n\n")
	assert.EqualValues(t, 1, s.Stats().Counts[engine.Streams])
	assert.Zero(t, s.Stats().Counts[engine.Upgrades])
	require.NoError(t, conn.Close(1008, "Kicked"))
	rest, err := io.ReadAll(c.in)
	require.NoError(t, err)
	assert.Equal(t, "data: 1008 Kicked\n\n", strings.TrimLeft(string(rest), ":\n"))
	assert.ErrorIs(t, conn.Send(0, nil), engine.ErrClosed)
	_ = c.conn.Close()
	require.Eventually(t, func() bool { return s.Stats().Closed[1008] == 1 }, soon, poll)
}

func TestBytesReceivedOnAStreamAreDropped(t *testing.T) {
	d := newDrainer()
	s := serveStream(t, engine.Config{}, time.Hour, func() engine.Handler { return d })
	c := s.connect(t)
	c.openStream()
	conn := <-d.opened
	c.write(bytes.Repeat([]byte(getStream), 10_000))
	require.NoError(t, conn.Send(0, []byte("data: hello\n\n")))
	c.wantBytes("data: hello\n\n")
	_ = c.conn.Close()
	require.Eventually(t, func() bool { return s.Stats().Closed[1005] == 1 }, soon, poll)
	assert.Zero(t, s.Stats().Counts[engine.ReceivedMessages])
}

func TestWriteEventsStopsAtAnEventEndAndContinuesAfterOnDrain(t *testing.T) {
	d := newDrainer()
	s := serveStream(t, engine.Config{}, time.Hour, func() engine.Handler { return d })
	c := s.connectBuffered(t, 4<<10)
	c.openStream()
	conn := <-d.opened
	var all []byte
	for i := 0; len(all) < 2<<20; i++ {
		all = fmt.Appendf(all, "id: %d\ndata: %s\n\n", i, strings.Repeat("x", i%700))
	}
	n, err := conn.WriteEvents(all)
	require.NoError(t, err)
	require.Less(t, n, len(all), "the client does not read")
	written := make(chan error, 1)
	go func() {
		for n < len(all) {
			<-d.drained
			if !bytes.HasSuffix(all[:n], []byte("\n\n")) {
				written <- fmt.Errorf("byte %d is not an event's end", n)
				return
			}
			more, err := conn.WriteEvents(all[n:])
			if err != nil {
				written <- err
				return
			}
			n += more
		}
		written <- nil
	}()
	c.wantBytes(string(all))
	require.NoError(t, <-written)
}

func TestAShutdownEndsStreams(t *testing.T) {
	s := serveStream(t, engine.Config{Farewell: func(time.Duration) engine.CloseStatus { return engine.CloseStatus{Code: 1012, Reason: "Restarting"} }}, time.Hour, echo)
	c := s.connect(t)
	c.openStream()
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 1 }, soon, poll)
	ended := make(chan error, 1)
	go func() { ended <- s.Shutdown(t.Context()) }()
	c.wantBytes("data: 1012 Restarting\n\n")
	_, err := c.in.ReadByte()
	require.ErrorIs(t, err, io.EOF)
	_ = c.conn.Close()
	require.NoError(t, <-ended)
}
