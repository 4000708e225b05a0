//go:build faults

package faults

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// countsWithin is how soon a cluster knows how many are in a room.
const countsWithin = 2 * time.Second

func TestTheClientsOfANodeThatIsKilledGoOnAtOthers(t *testing.T) {
	w := begin(t, plainly())
	killed := w.nodes[0]
	others := w.others(killed)
	listeners := w.at(killed)
	at := time.Now()
	killed.kill(t)
	t.Logf("its clients were back at others after %s", w.awaitBack(at, wait, listeners[:len(listeners)-1]))
	t.Logf("its member was counted out after %s", w.awaitCount(at, countsWithin, quiet, nodes-1, others...))
	t.Logf("those that have come to others were counted once after %s", w.awaitCount(at, countsWithin, loud[0], roamers, others...))
	w.awaitPublishing(time.Now(), wait, others...)

	again := time.Now()
	killed.start(t)
	t.Logf("begun again it was ready after %s", w.awaitReady(again, wait, killed))
	w.awaitBack(again, wait, listeners)
	t.Logf("its member was counted in after %s", w.awaitCount(again, wait, quiet, nodes, w.nodes...))
	o := w.end()
	assert.Zero(t, o.gaps, "all was kept")
	for _, n := range others {
		counts := w.ledger.count(n, at)
		assert.Zero(t, counts[refused]+counts[unknown]+counts[open], "%s was not touched: %v", n.name, counts)
		assert.Empty(t, n.outages())
	}
}
