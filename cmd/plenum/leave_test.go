package main

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/rooms"
)

// stuckSink is a member whose first write blocks until release is closed.
type stuckSink struct {
	member           rooms.Member
	written, release chan struct{} // written is closed when the write begins; closing release ends it
}

func (s *stuckSink) WriteFrames(b []byte) (int, error) {
	select {
	case <-s.written:
	default:
		close(s.written)
	}
	<-s.release
	return len(b), nil
}

func (s *stuckSink) Close(int, string) error { return nil }
func (s *stuckSink) Name() string            { return "stuck" }

// startStuck starts a server with one poller. A flush of room x, which writes to the stuck member and to c, is running
// until release is called.
func startStuck(t *testing.T) (s *testServer, c *client, release func()) {
	t.Helper()
	s, server := startWithHub(t, rooms.Config{AnnounceLimit: -1}, "--pollers=1")
	c = dial(t, s, "/ws")
	c.asks(`{"type":"join","room":"x"}`, `{"type":"joined",`+joinedX)
	// The poller flushes x after the turn in which c has joined. It must do so before the stuck member is there. The
	// second ping is of a later turn.
	c.asks(`{"type":"ping"}`, `{"type":"pong","timestamp":T}`)
	c.asks(`{"type":"ping"}`, `{"type":"pong","timestamp":T}`)
	stuck := &stuckSink{written: make(chan struct{}), release: make(chan struct{})}
	require.NoError(t, server.rooms.Join(&stuck.member, "x", stuck, time.Now().UnixMilli()))
	published := make(chan struct{})
	go func() {
		defer close(published)
		server.rooms.Publish("x", []byte(`{"sender":"API","text":"hi"}`), time.Now().UnixMilli(), nil)
	}()
	<-stuck.written
	end := func() { close(stuck.release); <-published }
	t.Cleanup(func() { end(); stuck.member.Leave(time.Now().UnixMilli()) })
	return s, c, func() { end(); end = func() {} }
}

// The engine requires that OnMessage does not block the poller.
func TestALeaveDuringAFlushDoesNotBlockOtherConnections(t *testing.T) {
	t.Parallel()
	s, c, release := startStuck(t)
	other := dial(t, s, "/ws")
	c.sends(`{"type":"leave","id":1,"room":"x"}`)
	c.sends(`{"type":"ping","id":2}`)
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	other.asks(`{"type":"ping"}`, `{"type":"pong","timestamp":T}`)
	release()
	_, first, err := c.conn.Read(c.ctx)
	require.NoError(t, err)
	const left = `{"type":"left","id":1,"room":"x"}`
	if script(string(first)) != left { // the flush wrote to c first
		require.Contains(t, string(first), `"text":"hi"`)
		c.receives(left)
	}
	c.receives(`{"type":"pong","id":2,"timestamp":T}`)
}

// PauseReading does not affect messages that arrive together with the handshake.
func TestAJoinAfterALeaveIsAnsweredAfterItEvenIfBothArriveWithTheHandshake(t *testing.T) {
	t.Parallel()
	s, _, release := startStuck(t)
	sent := []byte("GET /ws HTTP/1.1\r\nHost: x\r\n" + upgradeHeaders + "\r\n")
	for _, command := range []string{
		`{"type":"join","id":1,"room":"x"}`, `{"type":"leave","id":2,"room":"x"}`, `{"type":"join","id":3,"room":"x"}`,
		`{"type":"leave","id":4,"room":"x"}`, `{"type":"join","id":5,"room":"x"}`, `{"type":"ping","id":6}`,
	} {
		sent = append(frame.AppendMaskedHeader(sent, frame.Text, len(command), [4]byte{}), command...)
	}
	conn := dialSocket(t, s)
	defer conn.Close()
	_, err := conn.Write(sent)
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(wait)))
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	receives := func(want string) {
		t.Helper()
		head := make([]byte, 2)
		_, err := io.ReadFull(in, head)
		require.NoError(t, err)
		text := make([]byte, head[1])
		_, err = io.ReadFull(in, text)
		require.NoError(t, err)
		assert.Equal(t, want, script(string(text)))
	}
	const joined = `"room":"x","epoch":"E","seq":1,"members":3,"recovered":false}`
	receives(`{"type":"joined","id":1,` + joined)
	receives(`{"type":"error","id":3,` + isLeft)
	receives(`{"type":"left","id":4,"room":"x"}`)
	receives(`{"type":"pong","id":6,"timestamp":T}`)
	release()
	receives(`{"type":"left","id":2,"room":"x"}`)
	receives(`{"type":"joined","id":5,` + joined)
}
