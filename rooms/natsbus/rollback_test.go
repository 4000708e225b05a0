package natsbus

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/rooms"
)

// olderStore is a broker that can return with an older copy of its store, as after a power cut.
type olderStore struct {
	broker       *server.Server
	folder, copy string
	port         int
}

func newOlderStore(t *testing.T) *olderStore {
	t.Helper()
	o := &olderStore{folder: filepath.Join(t.TempDir(), "store"), copy: filepath.Join(t.TempDir(), "copy")}
	o.broker = startBroker(t, 0, o.folder)
	o.port = int(o.broker.Addr().(*net.TCPAddr).AddrPort().Port())
	return o
}

func (o *olderStore) stop() {
	o.broker.Shutdown()
	o.broker.WaitForShutdown()
}

// restartAndCopy stops the broker, copies its store and starts it again. It waits until the nodes have noticed
// the stop.
func (o *olderStore) restartAndCopy(t *testing.T, nodes ...*testNode) {
	t.Helper()
	o.stop()
	require.Eventually(t, isDown(nodes...), 2*wait, tick)
	require.NoError(t, os.CopyFS(o.copy, os.DirFS(o.folder)))
	o.broker = startBroker(t, o.port, o.folder)
}

// restoreCopy starts the stopped broker with the copy.
func (o *olderStore) restoreCopy(t *testing.T) {
	t.Helper()
	require.NoError(t, os.RemoveAll(o.folder))
	require.NoError(t, os.CopyFS(o.folder, os.DirFS(o.copy)))
	o.broker = startBroker(t, o.port, o.folder)
}

func isUp(nodes ...*testNode) func() bool {
	return func() bool {
		for _, n := range nodes {
			if !n.Up() {
				return false
			}
		}
		return true
	}
}

func isDown(nodes ...*testNode) func() bool {
	return func() bool {
		for _, n := range nodes {
			if n.Up() {
				return false
			}
		}
		return true
	}
}

// publishTexts publishes texts one after the other, and returns the receipt of the last one. It publishes a text again if
// the bus was away. That may happen on a slow machine, when the process has stood still for too long.
func (n *testNode) publishTexts(t *testing.T, room string, texts int) (last *receipt) {
	t.Helper()
	for i := range texts {
		n.retryIfAway(t, func() error {
			last = n.publish(room, fmt.Sprint("text ", i)).wait(t)
			return last.err
		})
	}
	return last
}

func TestMembersMoveToANewEpochIfTheBrokerRestoresAnOlderStore(t *testing.T) {
	t.Parallel()
	for _, more := range []int{0, 3, 6, 10} { // messages of a new node before the others are back
		t.Run(fmt.Sprint(more, " messages of a new node first"), func(t *testing.T) {
			o := newOlderStore(t)
			a, b := startNode(t, o.broker.ClientURL(), someHistory), startNode(t, o.broker.ClientURL(), someHistory)
			first, position := a.join(t, "a", "Alex", nil)
			second, _ := b.join(t, "a", "Bea", nil)
			unaffected, _ := b.join(t, "untouched", "Cleo", nil)
			b.publishTexts(t, "untouched", 2)
			a.publishTexts(t, "a", 4)
			o.restartAndCopy(t, a, b)
			require.Eventually(t, isUp(a, b), 2*wait, tick)
			require.EqualValues(t, 10, b.publishTexts(t, "a", 6).seq)
			for _, r := range []*reader{first, second} {
				require.Eventually(t, func() bool { return len(r.messages()) == 10 }, wait, tick)
			}
			o.stop()
			require.Eventually(t, isDown(a, b), 2*wait, tick)
			if more > 0 {
				port := o.port
				o.port = server.RANDOM_PORT
				o.restoreCopy(t)
				c := startNode(t, o.broker.ClientURL(), someHistory)
				require.EqualValues(t, 4+more, c.publishTexts(t, "a", more).seq, "a new node cannot notice the loss")
				c.stop()
				o.stop()
				o.port = port
				o.broker = startBroker(t, o.port, o.folder)
			} else {
				o.restoreCopy(t)
			}
			require.Eventually(t, isUp(a, b), 2*wait, tick)
			for _, r := range []*reader{first, second} {
				require.Eventually(t, func() bool { return strings.HasPrefix(r.closeReason(), "1012 ") }, wait, tick)
				r.member.Leave(1)
			}
			again, p := a.join(t, "a", "Alex", &rooms.Since{Epoch: position.Epoch, Seq: 10})
			assert.False(t, p.Recovered)
			assert.True(t, p.Lost)
			assert.NotEqual(t, position.Epoch, p.Epoch)
			other, q := b.join(t, "a", "Bea", &rooms.Since{Epoch: position.Epoch, Seq: 10})
			assert.Equal(t, p.Epoch, q.Epoch, "there is one next epoch")
			sent := b.publishTexts(t, "a", 1)
			assert.EqualValues(t, 1, sent.seq)
			assert.Equal(t, p.Epoch, sent.epoch.String())
			for _, r := range []*reader{again, other} {
				require.Eventually(t, func() bool { return len(r.messages()) == 1 }, wait, tick)
			}
			b.publishTexts(t, "untouched", 1)
			require.Eventually(t, func() bool { return len(unaffected.messages()) == 3 }, wait, tick)
			assert.Empty(t, unaffected.closeReason(), "a room that lost nothing keeps its epoch")
			assert.EqualValues(t, 1, a.Stats()[Rollbacks]+b.Stats()[Rollbacks])
		})
	}
}

func TestAResumingMemberShowsAnOlderStoreAfterAllNodesRestarted(t *testing.T) {
	t.Parallel()
	o := newOlderStore(t)
	a := startNode(t, o.broker.ClientURL(), someHistory)
	_, position := a.join(t, "a", "Alex", nil)
	a.publishTexts(t, "a", 4)
	o.restartAndCopy(t, a)
	require.Eventually(t, isUp(a), 2*wait, tick)
	a.publishTexts(t, "a", 6)
	a.stop()
	o.stop()
	o.restoreCopy(t)
	b, c := startNode(t, o.broker.ClientURL(), someHistory), startNode(t, o.broker.ClientURL(), someHistory)
	other, p := c.join(t, "a", "Bea", &rooms.Since{Epoch: position.Epoch, Seq: 3})
	assert.True(t, p.Recovered)
	done, err := b.hub.Open(t.Context(), "a", &rooms.Since{Epoch: position.Epoch, Seq: 10})
	require.NoError(t, err)
	done()
	require.Eventually(t, func() bool { return other.closeReason() != "" }, wait, tick)
	other.member.Leave(1)
	_, p = b.join(t, "a", "Alex", &rooms.Since{Epoch: position.Epoch, Seq: 10})
	assert.True(t, p.Lost)
	assert.NotEqual(t, position.Epoch, p.Epoch)

	_, liar := c.join(t, "a", "Mallory", &rooms.Since{Epoch: p.Epoch, Seq: 1000})
	assert.True(t, liar.Lost)
	assert.Equal(t, p.Epoch, liar.Epoch, "an epoch that began after the nodes has lost nothing")
}
