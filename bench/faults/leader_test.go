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
	killTwoLeaders(t, defaultSettings())
}

// The killed brokers lead the first of three streams, and perhaps others.
func TestAClusterOfSeveralStreamsSurvivesTheLossOfTwoLeadersInTurn(t *testing.T) {
	requireThree(t)
	s := defaultSettings()
	s.streams = 3
	killTwoLeaders(t, s)
}

func killTwoLeaders(t *testing.T, s settings) {
	w := startCluster(t, s)
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
		t.Logf("started again, it had all streams after %s", waitUntil(t, again, wait, "not every broker has all streams", w.isWhole))
		w.awaitTraffic()
		w.awaitCount(time.Now(), countsWithin, busyRooms[0], movingMembers, w.nodes...)
		w.awaitCount(time.Now(), countsWithin, quietRoom, nodes, w.nodes...)
	}
	w.requireConnected(w.listeners())
	assert.Zero(t, w.finish().gaps, "all messages were in the history")
}
