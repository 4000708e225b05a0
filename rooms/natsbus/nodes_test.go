package natsbus

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec"
	"plenum/rooms"
)

// sendHeartbeat sends one heartbeat of a node id. Without a name it is the node's last.
func sendHeartbeat(t *testing.T, url string, id uint64, name string) {
	t.Helper()
	conn, err := nats.Connect(url)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Publish(beatSubject, append(binary.BigEndian.AppendUint64(nil, id), name...)))
	require.NoError(t, conn.Flush())
}

func TestDeadNodesAreListedUntilANodeOfTheSameNameIsAlive(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNode(t, broker.ClientURL(), someHistory)
	listed := func() (names []string) {
		for _, node := range n.Nodes(t.Context()) {
			names = append(names, node.Name)
		}
		return names
	}
	require.Equal(t, []string{t.Name()}, listed())
	sendHeartbeat(t, broker.ClientURL(), 1, "a")
	sendHeartbeat(t, broker.ClientURL(), 2, "a") // replaces node 1, and dies as well
	sendHeartbeat(t, broker.ClientURL(), 3, "b")
	sendHeartbeat(t, broker.ClientURL(), 4, t.Name())
	require.Eventually(t, func() bool { return n.Stats()[Nodes] == 5 }, wait, tick)
	require.Eventually(t, func() bool { return n.Stats()[Nodes] == 1 }, wait, tick)
	assert.Equal(t, []string{t.Name(), "a", "b"}, listed())
	sendHeartbeat(t, broker.ClientURL(), 3, "")
	require.Eventually(t, func() bool { return len(n.Nodes(t.Context())) == 2 }, wait, tick)
	for _, node := range n.Nodes(t.Context()) {
		assert.Equal(t, node.This, node.Name == t.Name())
		assert.Equal(t, json.RawMessage(nil), node.Status, "the node has no status")
	}
}

func TestNodesWorkTogetherIfEachKnowsTheOthersVersion(t *testing.T) {
	for _, c := range []struct {
		own, other protocol
		fits       bool
	}{
		{protocol{2, 1, 1}, protocol{1, 1, 1}, true},
		{protocol{2, 1, 1}, protocol{2, 1, 1}, true},
		{protocol{2, 1, 1}, protocol{3, 2, 1}, true},
		{protocol{2, 1, 1}, protocol{4, 3, 1}, false},
		{protocol{4, 3, 1}, protocol{2, 1, 1}, false},
		{protocol{3, 2, 1}, protocol{1, 1, 1}, false},
		{protocol{2, 1, 1}, protocol{0, 0, 1}, false},
		{protocol{2, 1, 4}, protocol{2, 1, 4}, true},
		{protocol{2, 1, 4}, protocol{2, 1, 2}, false},
		{protocol{2, 1, 4}, protocol{1, 1, 1}, false},
	} {
		assert.Equal(t, c.fits, c.own.conflict(c.other) == "", "%v and %v", c.own, c.other)
		assert.Equal(t, c.fits, c.other.conflict(c.own) == "", "%v and %v", c.other, c.own)
	}
	assert.Equal(t, protocol{1, 1, 1}, parseProtocol(nil), "a heartbeat of a node that knows no versions")
	assert.Equal(t, ownProtocol(4), parseProtocol(ownProtocol(4).header()))
	assert.Equal(t, protocol{0, 1, 1}, parseProtocol(nats.Header{versionHeader: {"two"}}))
	assert.LessOrEqual(t, oldestWire, wireVersion-1, "a rolling upgrade needs the previous version")
}

// beatAs sends heartbeats of another node until stop is called.
func beatAs(t *testing.T, url, name string, p protocol) (stop func()) {
	t.Helper()
	conn, err := nats.Connect(url)
	require.NoError(t, err)
	done, stopped := make(chan struct{}), make(chan struct{})
	other := newNodes(new(sync.Mutex), 77, 1)
	other.protocol = p
	go func() {
		defer close(stopped)
		defer conn.Close()
		ticker := time.NewTicker(tickEvery)
		defer ticker.Stop()
		for now := moment(1); ; now += beatEvery {
			other.beat(conn, name, now)
			select {
			case <-done:
				other.leave(conn)
				return
			case <-ticker.C:
			}
		}
	}()
	stop = sync.OnceFunc(func() { close(done); <-stopped })
	t.Cleanup(stop)
	return stop
}

// startLoggedNode starts a node that need not become ready, and returns it with its log.
func startLoggedNode(t *testing.T, cfg Config) (*Bus, *lockedLog) {
	t.Helper()
	log := new(lockedLog)
	cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
	b, err := New(cfg)
	require.NoError(t, err)
	hub := rooms.New(rooms.Config{AnnounceLimit: -1, History: cfg.History, Bus: b.Share(""), Gap: codec.AppendGap})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { hub.Serve(ctx) })
	running.Go(func() { assert.NoError(t, b.Serve(ctx, "this")) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return b, log
}

// lockedLog is a log that a test reads while it grows.
type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lockedLog) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}

func TestANodeDoesNotJoinWhileANodeOfAnIncompatibleVersionIsRunning(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	stop := beatAs(t, broker.ClientURL(), "future", protocol{wireVersion + 2, wireVersion + 1, 1})
	b, log := startLoggedNode(t, Config{URL: broker.ClientURL(), History: someHistory})
	require.Eventually(t, func() bool { return log.has("this node does not join the cluster") }, wait, tick)
	assert.True(t, log.has("other=future"))
	assert.False(t, b.Up())
	stop()
	require.Eventually(t, b.Up, wait, tick)
}

// Otherwise an old program that is started by mistake would stop the cluster.
func TestANodeThatHasJoinedStaysIfAnIncompatibleNodeIsStarted(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	b, log := startLoggedNode(t, Config{URL: broker.ClientURL(), History: someHistory})
	require.Eventually(t, b.Up, wait, tick)
	beatAs(t, broker.ClientURL(), "future", protocol{wireVersion + 2, wireVersion + 1, 1})
	require.Eventually(t, func() bool { return log.has("a node that cannot work with this one is running, stop it") }, wait, tick)
	assert.True(t, b.Up())
}

func TestANodeOfThePreviousVersionIsJoined(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	beatAs(t, broker.ClientURL(), "previous", protocol{1, 1, 1})
	b, log := startLoggedNode(t, Config{URL: broker.ClientURL(), History: someHistory})
	require.Eventually(t, func() bool { return b.Up() && b.Stats()[Nodes] == 2 }, wait, tick)
	assert.False(t, log.has("does not join"))
}

func TestANodeIsListedWithoutANameBeforeServe(t *testing.T) {
	t.Parallel()
	b, err := New(Config{URL: "nats://127.0.0.1:1", Status: func() []byte { return []byte(`1`) }})
	require.NoError(t, err)
	nodes := b.Nodes(t.Context())
	require.Len(t, nodes, 1)
	assert.Equal(t, Node{ID: nodes[0].ID, This: true}, nodes[0])
}
