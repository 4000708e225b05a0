package natsbus

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// A node that is back tells of its members at once, and its next beat may be behind that.
func TestANodeThatReportsItsMembersIsAlive(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNode(t, broker.ClientURL(), someHistory)
	n.join(t, "a", "Alex", nil)
	conn, err := nats.Connect(broker.ClientURL())
	require.NoError(t, err)
	defer conn.Close()
	const other = 42
	word := binary.BigEndian.AppendUint64(nil, other)
	word = binary.BigEndian.AppendUint32(word, 3)
	word = append(word, make([]byte, reportSize-len(word))...)
	members := func(want int) func() bool {
		return func() bool { info, _ := n.hub.Room("a"); return info.Members == want }
	}
	for range 2 { // it is new, and it is back
		require.NoError(t, conn.Publish(roomPrefix+token("a")+"."+kindPresence, word))
		told := time.Now()
		require.Eventually(t, members(1+3), wait, tick)
		require.Eventually(t, members(1), wait, tick)
		require.Greater(t, time.Since(told), deadAfter)
	}
}
