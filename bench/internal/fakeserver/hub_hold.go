package fakeserver

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plenum/bench/clock"
	"plenum/bench/message"
)

// Node is one more address of a hub.
func (h *Hub) Node(t *testing.T) (address string, upgrades *atomic.Int64) {
	upgrades = new(atomic.Int64)
	url := plain.start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upgrades.Add(1)
		h.serve(w, r)
	}))
	return strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/"), upgrades
}

// HoldsUntil has h read nobody from message number 5 on until done.
func (h *Hub) HoldsUntil(done func() bool) {
	h.Holds(func(number int) {
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

// HoldsBeyond has h read nobody from message number 5 of a run on until it is so long
// after that message was due.
func (h *Hub) HoldsBeyond(hold time.Duration) {
	h.Delivers(func(number, member int, p []byte) [][]byte {
		if due, ok := message.Due(p); ok && number == 5 && member == 0 {
			<-time.After(time.Duration(due*int64(time.Microsecond)-clock.Monotonic()) + hold)
		}
		return [][]byte{p}
	})
}

// Stalling has h stand still for stall at the end of each period, from its first
// numbered message on.
func (h *Hub) Stalling(period, stall time.Duration) {
	var begin time.Time
	h.Holds(func(number int) {
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

// EndsFirst closes the connection of each room's first member. Only the functions that
// Holds and Delivers were given call it.
func (h *Hub) EndsFirst() {
	for _, members := range h.rooms {
		_ = members[0].CloseNow()
	}
}
