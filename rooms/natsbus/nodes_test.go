package natsbus

import (
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func TestANodeIsListedWithoutANameBeforeServe(t *testing.T) {
	t.Parallel()
	b, err := New(Config{URL: "nats://127.0.0.1:1", Status: func() []byte { return []byte(`1`) }})
	require.NoError(t, err)
	nodes := b.Nodes(t.Context())
	require.Len(t, nodes, 1)
	assert.Equal(t, Node{ID: nodes[0].ID, This: true}, nodes[0])
}
