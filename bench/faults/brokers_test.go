//go:build faults

package faults

import (
	"context"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// away is for how long there is no broker.
const away = 5 * time.Second

func TestAllBrokersAreKilledAndComeBack(t *testing.T) {
	requireThree(t)
	killAllBrokers(t, plainly())
}

func TestTheOnlyBrokerIsKilledAndComesBack(t *testing.T) {
	s := plainly()
	s.brokers = 1
	killAllBrokers(t, s)
}

func killAllBrokers(t *testing.T, s settings) {
	w := begin(t, s)
	chatting := w.dialChat(w.nodes[1])
	at := time.Now()
	for _, b := range w.brokers {
		b.kill(t)
	}
	t.Logf("all say so after %s", w.awaitWord(isCutOff, at, countsWithin))
	w.requireRefusal(chatting)
	for _, n := range w.nodes {
		status, body := n.get(time.Second, n.host, "/api/rooms/nobody-is-here")
		assert.Equal(t, 503, status, body)
		assert.Contains(t, body, `"code":"bus"`)
	}
	time.Sleep(time.Until(at.Add(away)))
	w.awaitWord(isCutOff, time.Now(), time.Second)
	w.requireConnected(w.listeners())

	again := time.Now()
	for _, b := range w.brokers {
		b.start(t)
	}
	t.Logf("all are ready %s after the brokers' start", w.awaitReady(again, wait))
	t.Logf("messages are taken by all %s after it", w.awaitPublishing(again, wait))
	t.Logf("the counts are right %s after it", w.awaitCount(again, wait, loud[0], roamers, w.nodes...))
	w.awaitCount(again, wait, quiet, nodes, w.nodes...)
	w.requireAnswer(chatting, "here again", `"text":"here again"`)
	w.requireConnected(w.listeners())
	assert.Zero(t, w.end().gaps, "all was kept")
}

// dialChat has somebody in a room of a node by /ws/chat.
func (w *world) dialChat(n *node) *websocket.Conn {
	w.t.Helper()
	conn, err := dial(w.t.Context(), n, "/ws/chat/chat?username=chatter")
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = conn.CloseNow() })
	_, joined, err := conn.Read(w.t.Context())
	require.NoError(w.t, err)
	require.Contains(w.t, string(joined), "chatter joined the room")
	return conn
}

// requireRefusal has somebody speak by /ws/chat who is told that the bus is away.
func (w *world) requireRefusal(conn *websocket.Conn) {
	w.t.Helper()
	w.requireAnswer(conn, "is anybody there?", `{"type":"error","code":"bus",`)
}

// requireAnswer has somebody say a text, and what comes then have another in it, within a second.
func (w *world) requireAnswer(conn *websocket.Conn, text, answer string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
	defer cancel()
	require.NoError(w.t, conn.Write(ctx, websocket.MessageText, []byte(text)))
	_, b, err := conn.Read(ctx)
	require.NoError(w.t, err)
	require.Contains(w.t, string(b), answer)
}
