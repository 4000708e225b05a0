// Package quota bounds the connections of a client, and the frames and bytes that it may send on each of them.
package quota

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"plenum/codec/frame"
)

// Budget bounds the frames and bytes per second that the client of one connection may send. Its methods must be called by
// one goroutine at a time.
type Budget struct {
	client netip.Addr // set at creation

	// All three are nil if neither rate is bounded.
	frames, bytes, pongs *rate.Limiter
}

// NewBudget returns a full Budget for the client with the given address, of the form host:port. frames and bytes are
// rates per second and sizes of a burst; 0 means no bound. The burst is always enough for one frame of largest bytes.
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

// NewLimiter returns a limiter for n events per second with the given burst. If n is 0, there is no limit.
func NewLimiter(n, burst int) *rate.Limiter {
	if n == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(n), burst)
}

// leastHeader is the length of the shortest header of a client's frame, in bytes.
const leastHeader = 6

// Spend deducts the frame with header h, received at time now. It returns false if the budget is exceeded. A close frame
// and one pong per second cost only their bytes: the close frame ends the connection, and the pong answers the
// heartbeat.
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

// SpendMore deducts the bytes by which a decoded message is longer than its frames. It returns false if the budget is
// exceeded. bytes may be negative or 0; nothing is deducted then.
func (b *Budget) SpendMore(bytes int, now time.Time) bool {
	return b.bytes == nil || bytes <= 0 || b.bytes.AllowN(now, bytes)
}
