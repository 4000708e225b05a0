//go:build faults

package faults

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// deafFor is for how long a node hears nothing: longer than it takes it to give its broker up, and
// not so long that it gives up what it was not answered.
const deafFor = 8 * time.Second

// The brokers have taken what it said last, and it is not told. It says it again, and it is to be
// there once.
func TestWhatADeafNodeHasSaidIsThereOnce(t *testing.T) {
	network := newNamespace(t)
	s := plainly()
	s.host, s.places[0] = outerAddress, network.place()
	w := begin(t, s)
	deaf := w.nodes[0]
	at := time.Now()
	network.deafen(t, true)
	t.Logf("it says that it is cut off after %s", w.awaitWord(isCutOff, at, 2*countsWithin, deaf))
	time.Sleep(time.Until(at.Add(deafFor)))
	again := time.Now()
	network.deafen(t, false)
	t.Logf("hearing again it was ready after %s", w.awaitReady(again, wait))
	t.Logf("messages are taken by it after %s", w.awaitPublishing(again, wait, deaf))
	t.Logf("the counts are right after %s", w.awaitCount(again, wait, quiet, nodes, w.nodes...))
	w.requireConnected(w.ears())
	assert.Zero(t, w.end().gaps, "all was kept")
}
