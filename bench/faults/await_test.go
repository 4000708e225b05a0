//go:build faults

package faults

import (
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
)

// awaitTraffic waits until each node has published some more messages.
func (w *testCluster) awaitTraffic() {
	w.t.Helper()
	const some = 100
	since := time.Now()
	waitUntil(w.t, since, wait, "hardly any message is published", func() bool {
		for _, n := range w.nodes {
			if w.ledger.count(n, since)[published] < some {
				return false
			}
		}
		return true
	})
}

func allJoined(listeners []*listener) bool {
	for _, e := range listeners {
		if !e.joinedAll() {
			return false
		}
	}
	return true
}

// awaitCount waits until the API of each node reports this number of members in a room. It
// returns the time from since.
func (w *testCluster) awaitCount(since time.Time, within time.Duration, room string, members int, nodes ...*node) time.Duration {
	w.t.Helper()
	reported := make([]atomic.Int64, len(nodes))
	defer func() {
		if w.t.Failed() {
			w.t.Logf("room %s should have %d members, and the nodes report %v", room, members, reported)
		}
	}()
	return waitUntil(w.t, since, within, "wrong number of members", func() bool {
		right := true
		for i, n := range nodes {
			reported[i].Store(int64(n.members(room)))
			right = right && reported[i].Load() == int64(members)
		}
		return right
	})
}

// awaitReady waits until the nodes are ready; without arguments, all nodes. It returns the time
// from since.
func (w *testCluster) awaitReady(since time.Time, within time.Duration, nodes ...*node) time.Duration {
	w.t.Helper()
	return w.awaitReadiness(ready, since, within, nodes...)
}

func (w *testCluster) awaitReadiness(state string, since time.Time, within time.Duration, nodes ...*node) time.Duration {
	w.t.Helper()
	if len(nodes) == 0 {
		nodes = w.nodes
	}
	return waitUntil(w.t, since, within, "/readyz is not "+state, func() bool {
		for _, n := range nodes {
			if n.readiness() != state {
				return false
			}
		}
		return true
	})
}

// awaitPublishing waits until each node has published a message that was sent to it after a
// moment; without nodes, all nodes. It returns the time from that moment.
func (w *testCluster) awaitPublishing(after time.Time, within time.Duration, nodes ...*node) time.Duration {
	w.t.Helper()
	if len(nodes) == 0 {
		nodes = w.nodes
	}
	return waitUntil(w.t, after, within, "messages are not published", func() bool {
		for _, n := range nodes {
			if !w.ledger.publishedSince(n, after) {
				return false
			}
		}
		return true
	})
}

// awaitReconnected waits until the listeners are in all their rooms. It returns the time from
// since.
func (w *testCluster) awaitReconnected(since time.Time, within time.Duration, listeners []*listener) time.Duration {
	w.t.Helper()
	return waitUntil(w.t, since, within, "some listeners have not reconnected", func() bool { return allJoined(listeners) })
}

// requireConnected checks that the listeners still have their first connections.
func (w *testCluster) requireConnected(listeners []*listener) {
	w.t.Helper()
	for _, e := range listeners {
		connects, ends := e.connections()
		require.Empty(w.t, ends)
		require.Equal(w.t, 1, connects, e.name)
	}
}
