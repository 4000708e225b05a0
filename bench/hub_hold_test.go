package bench

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// node is one more address of a hub.
func (h *hub) node(t *testing.T) (address string, upgrades *atomic.Int64) {
	upgrades = new(atomic.Int64)
	url := plain.start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upgrades.Add(1)
		h.serve(w, r)
	}))
	return strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/"), upgrades
}

// holdsUntil has h read nobody from message number 5 on until done.
func (h *hub) holdsUntil(done func() bool) {
	h.holds(func(number int) {
		if number != 5 {
			return
		}
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for !done() {
			<-ticker.C
		}
	})
}

// holdsBeyond has h read nobody from message number 5 of a run on until it is so long
// after that message was due.
func (h *hub) holdsBeyond(hold time.Duration) {
	h.delivers(func(number, member int, p []byte) [][]byte {
		if due, ok := dueOf(p); ok && number == 5 && member == 0 {
			<-time.After(time.Duration(due*int64(time.Microsecond)-Monotonic()) + hold)
		}
		return [][]byte{p}
	})
}

// stalling has h stand still for stall at the end of each period, from its first
// numbered message on.
func (h *hub) stalling(period, stall time.Duration) {
	var begin time.Time
	h.holds(func(number int) {
		if number == 0 {
			return
		}
		if begin.IsZero() {
			begin = time.Now()
		}
		if at := time.Since(begin) % period; at > period-stall {
			<-time.After(period - at)
		}
	})
}

// endsFirst closes the connection of each room's first member. It is for what holds and
// delivers were given.
func (h *hub) endsFirst() {
	for _, members := range h.rooms {
		_ = members[0].CloseNow()
	}
}
