package wsclient

import (
	"plenum/bench/clock"
)

// backlog is the bytes of one client that its socket did not take at once, as they go
// on the wire. A nil backlog is empty. The client's mu guards it.
type backlog struct {
	bytes []byte
	taken int       // bytes that the socket has taken since the backlog was empty
	timed []waiting // messages whose time here is measured, the oldest first
}

// waiting is a message in a backlog.
type waiting struct {
	end   int   // what taken is when its last byte has left
	since int64 // when it was sent, Monotonic
}

// size returns how many bytes wait.
func (b *backlog) size() int {
	if b == nil {
		return 0
	}
	return len(b.bytes)
}

// time measures how long the message waits that ends the backlog.
func (b *backlog) time(since int64) {
	b.timed = append(b.timed, waiting{end: b.taken + len(b.bytes), since: since})
}

// take removes the first n bytes. The time of each measured message that has left with
// them goes to h.
func (b *backlog) take(n int, h *HeldBack) {
	b.bytes = b.bytes[n:]
	b.taken += n
	if len(b.timed) == 0 || b.timed[0].end > b.taken {
		return
	}
	now, left := clock.Monotonic(), 0
	for left < len(b.timed) && b.timed[left].end <= b.taken {
		h.add(b.timed[left].since, now)
		left++
	}
	b.timed = b.timed[left:]
}
