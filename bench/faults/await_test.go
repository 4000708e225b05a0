//go:build faults

package faults

import (
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
)

// goOn waits until something more is published by each node.
func (w *world) goOn() {
	w.t.Helper()
	const some = 100
	since := time.Now()
	took(w.t, since, wait, "hardly anything is published", func() bool {
		for _, n := range w.nodes {
			if w.ledger.count(n, since)[published] < some {
				return false
			}
		}
		return true
	})
}

func allIn(listeners []*listener) bool {
	for _, e := range listeners {
		if !e.isIn() {
			return false
		}
	}
	return true
}

// awaitCount waits until nodes tell of a room that it has so many members, and returns how long
// after since that was.
func (w *world) awaitCount(since time.Time, within time.Duration, room string, members int, nodes ...*node) time.Duration {
	w.t.Helper()
	told := make([]atomic.Int64, len(nodes))
	defer func() {
		if w.t.Failed() {
			w.t.Logf("%s is to have %d members, and the nodes tell of %v", room, members, told)
		}
	}()
	return took(w.t, since, within, "the members are not counted", func() bool {
		right := true
		for i, n := range nodes {
			told[i].Store(int64(n.members(room)))
			right = right && told[i].Load() == int64(members)
		}
		return right
	})
}

// awaitReady waits until nodes, all where none are named, say that they are ready.
func (w *world) awaitReady(since time.Time, within time.Duration, nodes ...*node) time.Duration {
	w.t.Helper()
	return w.awaitWord(isReady, since, within, nodes...)
}

func (w *world) awaitWord(word string, since time.Time, within time.Duration, nodes ...*node) time.Duration {
	w.t.Helper()
	if len(nodes) == 0 {
		nodes = w.nodes
	}
	return took(w.t, since, within, "/readyz is not "+word, func() bool {
		for _, n := range nodes {
			if n.readiness() != word {
				return false
			}
		}
		return true
	})
}

// awaitPublishing waits until what is said to nodes, all where none are named, after a moment is published.
func (w *world) awaitPublishing(after time.Time, within time.Duration, nodes ...*node) time.Duration {
	w.t.Helper()
	if len(nodes) == 0 {
		nodes = w.nodes
	}
	return took(w.t, after, within, "messages are not taken", func() bool {
		for _, n := range nodes {
			if !w.ledger.tookSince(n, after) {
				return false
			}
		}
		return true
	})
}

// awaitBack waits until listeners are in their rooms, and returns how long after since that was.
func (w *world) awaitBack(since time.Time, within time.Duration, listeners []*listener) time.Duration {
	w.t.Helper()
	return took(w.t, since, within, "not everybody is back", func() bool { return allIn(listeners) })
}

// requireConnected holds that listeners have kept the connections they began with.
func (w *world) requireConnected(listeners []*listener) {
	w.t.Helper()
	for _, e := range listeners {
		begun, ends := e.connections()
		require.Empty(w.t, ends)
		require.Equal(w.t, 1, begun, e.name)
	}
}
