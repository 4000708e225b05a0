package storm

import "time"

// The times of pusher-js 8, in its files connection_manager.ts and default_strategy.ts.
const (
	retryAfter  = time.Second
	firstSlot   = 15 * time.Second
	longestSlot = time.Minute
)

// afterClose returns how long pusher-js waits before it connects again, after a connection was closed with a code. The wait
// does not depend on whether the server had sent the socket id. A connection that ends without a close frame has the code
// 1006. again is false if pusher-js never connects again.
func afterClose(code int) (wait time.Duration, again bool) {
	switch {
	case code < 4000:
		return retryAfter, true
	case code == 4000: // with TLS
		return 0, true
	case code < 4100:
		return 0, false
	case code < 4200:
		return retryAfter, true
	case code < 4300:
		return 0, true
	}
	return 0, false
}

// attempts are the attempts of pusher-js to open a connection, until the server has sent the socket id. The first one uses
// the transport that has worked before, which the browser's storage has. If it fails, the next one follows at once. From then
// on each attempt has a slot. An attempt that fails early, for example because the connection is refused, is followed by the
// next one at the end of its slot.
type attempts struct {
	latency time.Duration // of the last attempt that succeeded; 0: there was none
	slot    time.Duration // of the present attempt; 0: it is the first one with the known transport
}

// begin starts a new series of attempts. It begins with the known transport, if there is one.
func (a *attempts) begin() {
	a.slot = 0
	if a.latency == 0 {
		a.slot = firstSlot
	}
}

// timeout returns the time after which the present attempt is given up.
func (a *attempts) timeout() time.Duration {
	if a.slot == 0 {
		return 2*a.latency + time.Second
	}
	return a.slot
}

// next goes on to the next attempt, after the present one has failed. took is the duration of the present one. next returns
// the wait before the next one.
func (a *attempts) next(took time.Duration) (wait time.Duration) {
	if a.slot == 0 {
		a.latency, a.slot = 0, firstSlot
		return 0
	}
	wait = max(0, a.slot-took)
	a.slot = min(2*a.slot, longestSlot)
	return wait
}
