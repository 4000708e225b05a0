package natsbus

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"plenum/rooms"
)

func TestTheHistoryOfAnEndedEpochIsDropped(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNode(t, broker.ClientURL(), someHistory)
	r, _ := n.join(t, "a", "Alex", nil)
	require.NoError(t, n.publish("a", "hello").wait(t).err)
	conn, err := nats.Connect(broker.ClientURL())
	require.NoError(t, err)
	defer conn.Close()
	other := make([]byte, headSize)
	head{epoch: 7, first: 1, born: time.Now().UnixMilli(), node: 9, number: 1}.put(other)
	require.NoError(t, conn.Publish(inPrefix+token("a"), other))
	require.Eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return strings.HasPrefix(r.closed, "1012 Restarting; retry in ")
	}, wait, tick)
	r.member.Leave(time.Now().UnixMilli())
	require.Eventually(t, func() bool { return n.hub.Check() == nil && n.hub.Stats().Counts[rooms.HistoryBytes] == 0 }, wait, tick, "%v", n.hub.Stats())
	_, position := n.join(t, "a", "Alex", nil)
	require.Equal(t, "7", position.Epoch)
}
