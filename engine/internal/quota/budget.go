// Package quota bounds the connections that a client may have, and the frames that it may send on each.
package quota

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"plenum/codec/frame"
)

// Budget is what the client of one connection may still send. Its methods are called by one goroutine at a time.
type Budget struct {
	client netip.Addr // set at creation

	// nil if the rates are not bounded.
	frames, bytes, pongs *rate.Limiter
}

// NewBudget returns a full one for a client's address, a host and a port. It has so many frames and bytes per
// second, 0: any number, and at least enough for one frame of largest bytes.
func NewBudget(address string, frames, bytes, largest int) *Budget {
	b := &Budget{client: clientOf(address)}
	if frames == 0 && bytes == 0 {
		return b
	}
	b.frames = NewLimiter(frames, frames)
	b.bytes = NewLimiter(bytes, max(bytes, largest))
	b.pongs = NewLimiter(1, 1)
	return b
}

// NewLimiter allows n per second; 0: any number.
func NewLimiter(n, burst int) *rate.Limiter {
	if n == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(n), burst)
}

// leastHeader is the least header of a client's frame, in bytes.
const leastHeader = 6

// Spend takes a frame at the time now; false if not enough is left. A close frame, and one pong per second, cost only
// their bytes: the one ends the connection, and the heartbeat asks for the other.
func (b *Budget) Spend(h frame.Header, now time.Time) bool {
	if b.frames == nil {
		return true
	}
	frames := 1
	if h.Opcode == frame.Close || h.Opcode == frame.Pong && b.pongs.AllowN(now, 1) {
		frames = 0
	}
	return b.frames.AllowN(now, frames) && b.bytes.AllowN(now, int(h.Length)+leastHeader)
}

// SpendMore takes the bytes that a message has beyond those that it took to send; false if not enough is left.
func (b *Budget) SpendMore(bytes int, now time.Time) bool {
	return b.bytes == nil || bytes <= 0 || b.bytes.AllowN(now, bytes)
}
