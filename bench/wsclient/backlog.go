package wsclient

import (
	"plenum/bench/clock"
)

// backlog holds the bytes of one client that its socket has not taken yet, as they go on the
// wire. A nil backlog is empty. The client's mu guards it.
type backlog struct {
	bytes []byte
	taken int       // bytes taken by the socket since the backlog was empty
	timed []waiting // messages whose waiting time is measured, oldest first
}

// waiting is a message in a backlog.
type waiting struct {
	end   int   // value of taken when its last byte has left
	since int64 // start of the wait, Monotonic
}

// size returns the number of waiting bytes.
func (b *backlog) size() int {
	if b == nil {
		return 0
	}
	return len(b.bytes)
}

// time measures the wait of the last message in the backlog, which began at since.
func (b *backlog) time(since int64) {
	b.timed = append(b.timed, waiting{end: b.taken + len(b.bytes), since: since})
}

// take removes the first n bytes. It adds the waiting times of the measured messages that have
// left completely to h.
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
