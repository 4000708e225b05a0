//go:build faults

package faults

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// The second one that is killed may only lead because the first has what it had missed.
func TestTheLeaderOfTheStreamIsKilledAndComesBackAndSoTheNext(t *testing.T) {
	requireThree(t)
	w := begin(t, plainly())
	for range 2 {
		leader := w.leader()
		at := time.Now()
		leader.kill(t)
		t.Logf("%s, which led the stream, is killed", leader.name)
		t.Logf("messages said to each node after it are taken %s later", w.awaitPublishing(at, wait))
		t.Logf("all are ready after %s", w.awaitReady(at, wait))
		w.tell(at)
		again := time.Now()
		leader.start(t)
		t.Logf("begun again it had all of the stream after %s", took(t, again, wait, "the stream is not whole", w.isWhole))
		w.goOn()
		w.awaitCount(time.Now(), countsWithin, loud[0], roamers, w.nodes...)
		w.awaitCount(time.Now(), countsWithin, quiet, nodes, w.nodes...)
	}
	w.requireConnected(w.listeners())
	assert.Zero(t, w.end().gaps, "all was kept")
}
