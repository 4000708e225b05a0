//go:build faults

package faults

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// countsWithin bounds the time until all nodes know the number of members of a room.
const countsWithin = 2 * time.Second

func TestTheClientsOfAKilledNodeContinueAtOtherNodes(t *testing.T) {
	w := startCluster(t, defaultSettings())
	killed := w.nodes[0]
	others := w.others(killed)
	listeners := w.listenersOf(killed)
	at := time.Now()
	killed.kill(t)
	t.Logf("its clients had reconnected to other nodes after %s", w.awaitReconnected(at, wait, listeners[:len(listeners)-1]))
	t.Logf("its fixed member was no longer counted after %s", w.awaitCount(at, countsWithin, quietRoom, nodes-1, others...))
	t.Logf("its moving members were counted once, at other nodes, after %s", w.awaitCount(at, countsWithin, busyRooms[0], movingMembers, others...))
	w.awaitPublishing(time.Now(), wait, others...)

	again := time.Now()
	killed.start(t)
	t.Logf("started again, it was ready after %s", w.awaitReady(again, wait, killed))
	w.awaitReconnected(again, wait, listeners)
	t.Logf("its fixed member was counted again after %s", w.awaitCount(again, wait, quietRoom, nodes, w.nodes...))
	o := w.finish()
	assert.Zero(t, o.gaps, "all messages were in the history")
	for _, n := range others {
		counts := w.ledger.count(n, at)
		assert.Zero(t, counts[refused]+counts[unknown]+counts[open], "%s should be unaffected: %v", n.name, counts)
		assert.Empty(t, n.outages())
	}
}
