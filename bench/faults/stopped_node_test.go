//go:build faults

package faults

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// stoppedFor is the time for which a node is stopped.
const stoppedFor = 30 * time.Second

// Data that the brokers send meanwhile waits in the node's sockets.
func TestAStoppedNodeDeliversAllRetainedMessagesWhenItContinues(t *testing.T) {
	assert.Zero(t, stopNode(t, defaultSettings()).gaps, "all messages were in the history")
}

// The brokers close its connection after a while, and it has to read the stream again.
func TestAStoppedNodeAnnouncesAGapForMessagesThatAreNotRetained(t *testing.T) {
	requireThree(t) // older brokers do not close a connection while they have data to send
	s := defaultSettings()
	s.history, s.more = 100, `ping_interval: "3s", ping_max: 2`
	assert.Positive(t, stopNode(t, s).gaps, "more messages were published than are retained")
}

func stopNode(t *testing.T, s settings) *history {
	w := startCluster(t, s)
	stopped := w.nodes[0]
	others := w.others(stopped)
	at := time.Now()
	stopped.signal(t, syscall.SIGSTOP)
	t.Logf("other nodes no longer counted its fixed member after %s", w.awaitCount(at, countsWithin, quietRoom, nodes-1, others...))
	t.Logf("nor its moving members after %s", w.awaitCount(at, countsWithin, busyRooms[0], movingMembers-movingMembers/nodes, others...))
	time.Sleep(time.Until(at.Add(stoppedFor)))

	again := time.Now()
	stopped.signal(t, syscall.SIGCONT)
	t.Logf("continued, it was ready after %s", w.awaitReady(again, wait))
	t.Logf("its members were counted again after %s", w.awaitCount(again, wait, quietRoom, nodes, w.nodes...))
	w.awaitCount(again, wait, busyRooms[0], movingMembers, w.nodes...)
	t.Logf("it published messages after %s", w.awaitPublishing(again, wait, stopped))
	w.requireConnected(w.listeners())
	w.logEffects(again)
	o := w.finish()
	for _, n := range others {
		counts := w.ledger.count(n, at)
		assert.Zero(t, counts[refused]+counts[unknown]+counts[open], "%s should be unaffected: %v", n.name, counts)
		assert.Empty(t, n.outages())
	}
	return o
}
