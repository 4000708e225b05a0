//go:build faults

package faults

import (
	"fmt"
	"net/http"
	"time"

	"github.com/stretchr/testify/assert"
)

// tell logs what a fault did to each node, as those saw it that were there.
func (w *world) tell(since time.Time) {
	for _, n := range w.nodes {
		w.t.Logf("%s: readiness:%s", n.name, n.story(since))
		w.t.Logf("%s: %s", n.name, w.ledger.story(n, since))
	}
}

// end has all be said and heard, and holds the cluster to its word.
func (w *world) end() *order {
	w.t.Helper()
	w.goOn()
	w.hush()
	took(w.t, time.Now(), wait, "answers are missing", func() bool {
		for _, e := range w.roamers {
			if e.waits() > 0 {
				return false
			}
		}
		return true
	})
	w.sayTheLast()
	w.requireConsistent()
	w.stop()
	said := w.ledger.entries()
	o := verify(w.listeners(), said)
	for _, s := range w.speakers {
		assert.Empty(w.t, s.faults)
	}
	for _, n := range w.nodes {
		times, longest, late := promptly(n, said)
		if times > 0 {
			w.t.Logf("%s: %d spoke while it said that the bus is away, and were answered within %s", n.name, times, longest.Round(time.Millisecond))
		}
		assert.Empty(w.t, late)
	}
	assert.Empty(w.t, o.fault)
	w.tell(w.began)
	w.t.Logf("%d messages heard in %d rooms, %d gaps told of %d messages", len(o.times), len(o.said), o.gaps, o.lost)
	return o
}

// sayTheLast says a last word to each room at each node, which all are to hear.
func (w *world) sayTheLast() {
	w.t.Helper()
	for _, room := range append([]string{quiet}, loud...) {
		for i, s := range w.speakers {
			var at position
			took(w.t, time.Now(), wait, "the last word is not taken", func() (ok bool) {
				at, ok = s.say(room, fmt.Sprintf("the end of %s by %d, %d", room, i, time.Now().UnixNano()))
				return ok
			})
			for _, e := range w.listeners() {
				if e.every > 0 != (room == quiet) {
					took(w.t, time.Now(), wait, e.name+" does not hear the end of "+room, func() bool { return e.reached(room, at) })
				}
			}
		}
	}
}

// requireConsistent has each node compare its counters with its real tables.
func (w *world) requireConsistent() {
	w.t.Helper()
	for _, n := range w.nodes {
		status, body := n.get(10*time.Second, n.admin, "/debug/check")
		assert.Equal(w.t, http.StatusOK, status, "%s: %s", n.name, body)
	}
}
