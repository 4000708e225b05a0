//go:build faults

package faults

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// The second leader is killed after the first has caught up with the stream: otherwise there
// would be no majority.
func TestAClusterSurvivesTheLossOfTwoStreamLeadersInTurn(t *testing.T) {
	requireThree(t)
	w := startCluster(t, defaultSettings())
	for range 2 {
		leader := w.leader()
		at := time.Now()
		leader.kill(t)
		t.Logf("%s, the stream's leader, is killed", leader.name)
		t.Logf("each node published messages sent after it %s later", w.awaitPublishing(at, wait))
		t.Logf("all nodes were ready after %s", w.awaitReady(at, wait))
		w.logEffects(at)
		again := time.Now()
		leader.start(t)
		t.Logf("started again, it had the whole stream after %s", waitUntil(t, again, wait, "not every broker has the whole stream", w.isWhole))
		w.awaitTraffic()
		w.awaitCount(time.Now(), countsWithin, busyRooms[0], movingMembers, w.nodes...)
		w.awaitCount(time.Now(), countsWithin, quietRoom, nodes, w.nodes...)
	}
	w.requireConnected(w.listeners())
	assert.Zero(t, w.finish().gaps, "all messages were in the history")
}
