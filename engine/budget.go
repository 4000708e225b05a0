package engine

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"plenum/codec/frame"
)

// budget is what a connection has to do with bounds of its client.
type budget struct {
	who netip.Addr // set at creation, where clients are counted

	// What it may still send; owned by whoever reads. nil where that is not bounded.
	frames, bytes, pongs *rate.Limiter
}

// newBudget returns a full one for a client's address, a host and a port; nil where
// nothing is bounded.
func (e *Engine) newBudget(address string) *budget {
	l := e.limits.Load()
	unbounded := l.RateMessages == 0 && l.RateBytes == 0
	if unbounded && e.clients == nil {
		return nil
	}
	b := &budget{who: whose(address)}
	if unbounded {
		return b
	}
	largest := int(e.longestMessage()) + frame.MaxHeader
	b.frames = rate.NewLimiter(perSecond(l.RateMessages, l.RateMessages))
	b.bytes = rate.NewLimiter(perSecond(l.RateBytes, max(l.RateBytes, largest)))
	b.pongs = rate.NewLimiter(perSecond(1, 1))
	return b
}

// perSecond is the arguments of a limiter; 0 is no bound.
func perSecond(n, burst int) (rate.Limit, int) {
	if n == 0 {
		return rate.Inf, 0
	}
	return rate.Limit(n), burst
}

// leastHeader is the least header of a client's frame, in bytes.
const leastHeader = 6

// spend takes a frame at the heartbeat's tick now; false where there is not enough
// left. A close frame, and a pong a second, cost but their bytes: the one ends it
// all, and the heartbeat asks for the other.
func (b *budget) spend(h frame.Header, now uint32) bool {
	if b.frames == nil {
		return true
	}
	at, frames := timeOf(now), 1
	if h.Opcode == frame.Close || h.Opcode == frame.Pong && b.pongs.AllowN(at, 1) {
		frames = 0
	}
	return b.frames.AllowN(at, frames) && b.bytes.AllowN(at, int(h.Length)+leastHeader)
}

// spendMore takes what a message has more bytes than it took to send, at tick now; as spend.
func (b *budget) spendMore(bytes int, now uint32) bool {
	return b.bytes == nil || bytes <= 0 || b.bytes.AllowN(timeOf(now), bytes)
}

// timeOf is the heartbeat's tick now, for a limiter.
func timeOf(now uint32) time.Time { return time.Time{}.Add(time.Duration(now) * tick) }
