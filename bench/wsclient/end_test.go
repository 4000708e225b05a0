package wsclient

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
)

func TestAnEndSaysHowTheServerEndedTheConnection(t *testing.T) {
	closes := func(code websocket.StatusCode, reason string) string {
		return fakeserver.Wire(0).Serve(t, func(_ context.Context, conn *websocket.Conn) { _ = conn.Close(code, reason) })
	}
	for want, url := range map[string]string{
		"closed with 1001":                    closes(1001, ""),
		`closed with 1008 "Not\u202eallowed"`: closes(1008, "Not\u202eallowed"),
		"closed without a code":               closes(websocket.StatusNoStatusRcvd, ""),
		"ended without a close frame":         fakeserver.ScriptPlain(t, func(net.Conn, *bufio.Reader) {}),
		"reset": fakeserver.ScriptPlain(t, func(conn net.Conn, _ *bufio.Reader) {
			_ = conn.(*net.TCPConn).SetLinger(0) // so that it is reset
		}),
		"bench: server sent a masked frame": fakeserver.ScriptPlain(t, func(conn net.Conn, from *bufio.Reader) {
			_, _ = conn.Write([]byte("\x81\x80mask"))
			_, _ = from.ReadByte() // until the client closes
		}),
	} {
		r := newRecorder(t, Config{Loops: 1})
		_, err := r.Dial(fakeserver.Context(t), url, 0)
		require.NoError(t, err)
		assert.Equal(t, want, fakeserver.Next(t, r.ends).String())
	}
}

func TestEndsAreCountedByKind(t *testing.T) {
	var e Ends
	assert.Empty(t, e.First())
	assert.Empty(t, e.Counts())
	e.Add(End{Code: 1001})
	for range 3 {
		e.Add(End{Err: io.EOF})
	}
	e.Add(End{Code: 1008, Reason: "Kicked"})
	assert.Equal(t, "closed with 1001", e.First())
	assert.Equal(t, `3 ended without a close frame, 1 closed with 1001, 1 closed with 1008 "Kicked"`, e.Counts().String())
	assert.Empty(t, EndCounts(nil).String())
}

func TestTheKindsOfEndsAreBounded(t *testing.T) {
	var e Ends
	for i := range 100 {
		e.Add(End{Code: 1008, Reason: fmt.Sprint("member ", i)})
		e.Add(End{Err: io.EOF})
	}
	counts := e.Counts()
	assert.Len(t, counts, maxEnds+1)
	assert.EqualValues(t, 100, counts["ended without a close frame"])
	assert.EqualValues(t, 100-(maxEnds-1), counts[otherEnds])
	merged := EndCounts{"reset": 5}
	merged.Merge(counts)
	merged.Merge(nil)
	assert.Len(t, merged, maxEnds+1)
	assert.EqualValues(t, 5, merged["reset"])
	sum := uint64(0)
	for _, n := range merged {
		sum += n
	}
	assert.EqualValues(t, 205, sum)
}
