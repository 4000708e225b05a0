//go:build faults

package faults

import (
	"fmt"
	"net/http"
	"time"

	"github.com/stretchr/testify/assert"
)

// logEffects logs the readiness of each node and the outcomes of its messages after since.
func (w *testCluster) logEffects(since time.Time) {
	for _, n := range w.nodes {
		w.t.Logf("%s: readiness:%s", n.name, n.summary(since))
		w.t.Logf("%s: %s", n.name, w.ledger.summary(n, since))
	}
}

// finish stops the traffic, waits until everything has been received, and checks the
// guarantees of the cluster.
func (w *testCluster) finish() *history {
	w.t.Helper()
	w.awaitTraffic()
	w.stopPublishing()
	waitUntil(w.t, time.Now(), wait, "answers are missing", func() bool {
		for _, e := range w.movingMembers {
			if e.unanswered() > 0 {
				return false
			}
		}
		return true
	})
	w.publishLast()
	w.requireConsistent()
	w.disconnect()
	sent := w.ledger.entries()
	o := verify(w.listeners(), sent)
	for _, s := range w.publishers {
		assert.Empty(w.t, s.faults)
	}
	for _, n := range w.nodes {
		times, longest, late := answersDuringOutages(n, sent)
		if times > 0 {
			w.t.Logf("%s: %d messages were sent while it reported the outage, and all were answered within %s", n.name, times, longest.Round(time.Millisecond))
		}
		assert.Empty(w.t, late)
	}
	assert.Empty(w.t, o.errors)
	w.logEffects(w.began)
	w.t.Logf("%d messages received in %d rooms, %d gaps with %d messages", len(o.copies), len(o.texts), o.gaps, o.lost)
	return o
}

// publishLast publishes a last message in each room at each node, and waits until every
// listener of the room has received it.
func (w *testCluster) publishLast() {
	w.t.Helper()
	for _, room := range append([]string{quietRoom}, busyRooms...) {
		for i, s := range w.publishers {
			var at position
			waitUntil(w.t, time.Now(), wait, "the last message is not published", func() (ok bool) {
				at, ok = s.publish(room, fmt.Sprintf("the end of %s by %d, %d", room, i, time.Now().UnixNano()))
				return ok
			})
			for _, e := range w.listeners() {
				if e.every > 0 != (room == quietRoom) {
					waitUntil(w.t, time.Now(), wait, e.name+" does not receive the last message of "+room, func() bool { return e.reached(room, at) })
				}
			}
		}
	}
}

// requireConsistent has each node compare its counters with its tables.
func (w *testCluster) requireConsistent() {
	w.t.Helper()
	for _, n := range w.nodes {
		status, body := n.get(10*time.Second, n.admin, "/debug/check")
		assert.Equal(w.t, http.StatusOK, status, "%s: %s", n.name, body)
	}
}
