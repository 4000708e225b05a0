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

// outage is the time without brokers.
const outage = 5 * time.Second

func TestAClusterSurvivesAnOutageOfAllBrokers(t *testing.T) {
	requireThree(t)
	killAllBrokers(t, defaultSettings())
}

func TestAClusterSurvivesAnOutageOfItsOnlyBroker(t *testing.T) {
	s := defaultSettings()
	s.brokers = 1
	killAllBrokers(t, s)
}

func killAllBrokers(t *testing.T, s settings) {
	w := startCluster(t, s)
	chatting := w.dialChat(w.nodes[1])
	at := time.Now()
	for _, b := range w.brokers {
		b.kill(t)
	}
	t.Logf("all nodes reported the outage after %s", w.awaitReadiness(busAway, at, countsWithin))
	w.requireRefusal(chatting)
	for _, n := range w.nodes {
		status, body := n.get(time.Second, n.host, "/api/rooms/nobody-is-here")
		assert.Equal(t, 503, status, body)
		assert.Contains(t, body, `"code":"bus"`)
	}
	time.Sleep(time.Until(at.Add(outage)))
	w.awaitReadiness(busAway, time.Now(), time.Second)
	w.requireConnected(w.listeners())

	again := time.Now()
	for _, b := range w.brokers {
		b.start(t)
	}
	t.Logf("all nodes were ready %s after the brokers' start", w.awaitReady(again, wait))
	t.Logf("all nodes published messages %s after it", w.awaitPublishing(again, wait))
	t.Logf("the member counts were right %s after it", w.awaitCount(again, wait, busyRooms[0], movingMembers, w.nodes...))
	w.awaitCount(again, wait, quietRoom, nodes, w.nodes...)
	w.requireAnswer(chatting, "here again", `"text":"here again"`)
	w.requireConnected(w.listeners())
	assert.Zero(t, w.finish().gaps, "all messages were in the history")
}

// dialChat connects to a room of a node by /ws/chat.
func (w *testCluster) dialChat(n *node) *websocket.Conn {
	w.t.Helper()
	conn, err := dial(w.t.Context(), n, "/ws/chat/chat?username=chatter")
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = conn.CloseNow() })
	_, joined, err := conn.Read(w.t.Context())
	require.NoError(w.t, err)
	require.Contains(w.t, string(joined), "chatter joined the room")
	return conn
}

// requireRefusal publishes by /ws/chat and requires the error bus.
func (w *testCluster) requireRefusal(conn *websocket.Conn) {
	w.t.Helper()
	w.requireAnswer(conn, "is anybody there?", `{"type":"error","code":"bus",`)
}

// requireAnswer publishes a text and requires that the next frame, within a second, contains
// answer.
func (w *testCluster) requireAnswer(conn *websocket.Conn, text, answer string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
	defer cancel()
	require.NoError(w.t, conn.Write(ctx, websocket.MessageText, []byte(text)))
	_, b, err := conn.Read(ctx)
	require.NoError(w.t, err)
	require.Contains(w.t, string(b), answer)
}
