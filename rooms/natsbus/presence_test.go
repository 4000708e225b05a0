package natsbus

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// A node that has reconnected reports its members at once. Its next heartbeat may arrive after that.
func TestANodeThatReportsItsMembersIsAlive(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNode(t, broker.ClientURL(), someHistory)
	n.join(t, "a", "Alex", nil)
	conn, err := nats.Connect(broker.ClientURL())
	require.NoError(t, err)
	defer conn.Close()
	const other = 42
	report := binary.BigEndian.AppendUint64(nil, other)
	report = binary.BigEndian.AppendUint32(report, 3)
	report = append(report, make([]byte, reportSize-len(report))...)
	members := func(want int) func() bool {
		return func() bool { info, _ := n.hub.Room("a"); return info.Members == want }
	}
	for range 2 { // a new node, then one that has reconnected
		require.NoError(t, conn.Publish(roomPrefix+token("a")+"."+kindPresence, report))
		reported := time.Now()
		require.Eventually(t, members(1+3), wait, tick)
		require.Eventually(t, members(1), wait, tick)
		require.Greater(t, time.Since(reported), deadAfter)
	}
}
