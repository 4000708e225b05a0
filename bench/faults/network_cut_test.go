//go:build faults

package faults

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// cutDuration is the time for which a node is cut off from the brokers.
const cutDuration = 20 * time.Second

// The node's clients are on its side of the cut.
func TestANodeCutOffFromTheBrokersKeepsItsClientsAndDeliversEverythingAfterwards(t *testing.T) {
	network := newNamespace(t)
	s := defaultSettings()
	s.host, s.locations[0] = outerAddress, network.location()
	w := startCluster(t, s)
	cut := w.nodes[0]
	others := w.others(cut)
	at := time.Now()
	network.set(t, "down")
	t.Logf("other nodes no longer counted its fixed member after %s", w.awaitCount(at, countsWithin, quietRoom, nodes-1, others...))
	t.Logf("nor its moving members after %s", w.awaitCount(at, countsWithin, busyRooms[0], movingMembers-movingMembers/nodes, others...))
	t.Logf("it reported the outage after %s", w.awaitReadiness(busAway, at, 2*countsWithin, cut))
	time.Sleep(time.Until(at.Add(cutDuration)))
	w.awaitReadiness(busAway, time.Now(), time.Second, cut)
	w.requireConnected(w.listeners())

	again := time.Now()
	network.set(t, "up")
	t.Logf("after the cut it was ready after %s", w.awaitReady(again, wait))
	t.Logf("its members were counted again after %s", w.awaitCount(again, wait, quietRoom, nodes, w.nodes...))
	w.awaitCount(again, wait, busyRooms[0], movingMembers, w.nodes...)
	t.Logf("it published messages after %s", w.awaitPublishing(again, wait, cut))
	w.requireConnected(w.listeners())
	assert.Zero(t, w.finish().gaps, "all messages were in the history")
	for _, n := range others {
		counts := w.ledger.count(n, at)
		assert.Zero(t, counts[refused]+counts[unknown]+counts[open], "%s should be unaffected: %v", n.name, counts)
		assert.Empty(t, n.outages())
	}
}
