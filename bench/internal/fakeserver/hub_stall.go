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

// Node starts one more server of the hub, as a node of a cluster. upgrades counts its
// connections.
func (h *Hub) Node(t *testing.T) (address string, upgrades *atomic.Int64) {
	upgrades = new(atomic.Int64)
	url := plain.start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upgrades.Add(1)
		h.serve(w, r)
	}))
	return strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/"), upgrades
}

// StopReadingUntil stops the hub at message 5 of a stream until done returns true. Until then it
// reads from no member.
func (h *Hub) StopReadingUntil(done func() bool) {
	h.BeforeEach(func(number int) {
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

// StopReadingFor stops the hub at message 5 of a stream until hold after the message was due.
// Until then it reads from no member.
func (h *Hub) StopReadingFor(hold time.Duration) {
	h.OnDeliver(func(number, member int, p []byte) [][]byte {
		if due, ok := message.Due(p); ok && number == 5 && member == 0 {
			<-time.After(time.Duration(due*int64(time.Microsecond)-clock.Monotonic()) + hold)
		}
		return [][]byte{p}
	})
}

// StallEvery stops the hub for stall at the end of each period, counted from its first numbered
// message.
func (h *Hub) StallEvery(period, stall time.Duration) {
	var begin time.Time
	h.BeforeEach(func(number int) {
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

// CloseFirst closes the connection of each room's first member. Only functions passed to
// BeforeEach and OnDeliver may call it.
func (h *Hub) CloseFirst() {
	for _, members := range h.rooms {
		_ = members[0].CloseNow()
	}
}

// CloseUser is like CloseFirst for the last connection with that user name in its URL, ?user=NAME.
func (h *Hub) CloseUser(name string) { _ = h.names[name].CloseNow() }
