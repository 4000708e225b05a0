//go:build faults

package faults

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// cutFor is for how long a node is cut off from the brokers.
const cutFor = 20 * time.Second

// Its clients are on its side of the cut.
func TestANodeThatIsCutOffKeepsItsClientsAndHasThemHearAllOnceItIsBack(t *testing.T) {
	network := newNamespace(t)
	s := plainly()
	s.host, s.places[0] = outerAddress, network.place()
	w := begin(t, s)
	cut := w.nodes[0]
	others := w.others(cut)
	at := time.Now()
	network.set(t, "down")
	t.Logf("its member was counted out after %s", w.awaitCount(at, countsWithin, quiet, nodes-1, others...))
	t.Logf("those that speak, too, after %s", w.awaitCount(at, countsWithin, loud[0], roamers-roamers/nodes, others...))
	t.Logf("it says that it is cut off after %s", w.awaitWord(isCutOff, at, 2*countsWithin, cut))
	time.Sleep(time.Until(at.Add(cutFor)))
	w.awaitWord(isCutOff, time.Now(), time.Second, cut)
	w.requireConnected(w.listeners())

	again := time.Now()
	network.set(t, "up")
	t.Logf("connected again it was ready after %s", w.awaitReady(again, wait))
	t.Logf("its members were counted in after %s", w.awaitCount(again, wait, quiet, nodes, w.nodes...))
	w.awaitCount(again, wait, loud[0], roamers, w.nodes...)
	t.Logf("messages are taken by it after %s", w.awaitPublishing(again, wait, cut))
	w.requireConnected(w.listeners())
	assert.Zero(t, w.end().gaps, "all was kept")
	for _, n := range others {
		counts := w.ledger.count(n, at)
		assert.Zero(t, counts[refused]+counts[unknown]+counts[open], "%s was not touched: %v", n.name, counts)
		assert.Empty(t, n.outages())
	}
}
