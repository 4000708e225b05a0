//go:build faults

package faults

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// stillFor is for how long a node stands still.
const stillFor = 30 * time.Second

// What the brokers have sent it meanwhile waits for it.
func TestANodeThatStoodStillHasItsClientsHearAllThatIsKept(t *testing.T) {
	assert.Zero(t, standStill(t, plainly()).gaps, "all was kept")
}

// The brokers give it up after a while, and it has to read what they have sent nobody.
func TestANodeThatStoodStillTellsItsClientsWhatIsNotKept(t *testing.T) {
	requireThree(t) // older ones do not give up whom they have something to send
	s := plainly()
	s.history, s.more = 100, `ping_interval: "3s", ping_max: 2`
	assert.Positive(t, standStill(t, s).gaps, "more was said than is kept")
}

func standStill(t *testing.T, s settings) *order {
	w := begin(t, s)
	still := w.nodes[0]
	others := w.others(still)
	at := time.Now()
	still.signal(t, syscall.SIGSTOP)
	t.Logf("its member was counted out after %s", w.awaitCount(at, countsWithin, quiet, nodes-1, others...))
	t.Logf("those that speak, too, after %s", w.awaitCount(at, countsWithin, loud[0], roamers-roamers/nodes, others...))
	time.Sleep(time.Until(at.Add(stillFor)))

	again := time.Now()
	still.signal(t, syscall.SIGCONT)
	t.Logf("going on it was ready after %s", w.awaitReady(again, wait))
	t.Logf("its members were counted in after %s", w.awaitCount(again, wait, quiet, nodes, w.nodes...))
	w.awaitCount(again, wait, loud[0], roamers, w.nodes...)
	t.Logf("messages are taken by it after %s", w.awaitPublishing(again, wait, still))
	w.requireConnected(w.listeners())
	w.tell(again)
	o := w.end()
	for _, n := range others {
		counts := w.ledger.count(n, at)
		assert.Zero(t, counts[refused]+counts[unknown]+counts[open], "%s was not touched: %v", n.name, counts)
		assert.Empty(t, n.outages())
	}
	return o
}
