package engine

import (
	"time"

	"golang.org/x/time/rate"

	"plenum/codec/frame"
)

// budget is what a connection may still send. It is owned by whoever reads.
type budget struct{ frames, bytes *rate.Limiter }

// newBudget returns a full one; nil where nothing is bounded.
func (e *Engine) newBudget() *budget {
	l := e.limits.Load()
	if l.RateMessages == 0 && l.RateBytes == 0 {
		return nil
	}
	largest := e.cfg.MaxMessage + frame.MaxHeader
	return &budget{
		frames: rate.NewLimiter(perSecond(l.RateMessages, l.RateMessages)),
		bytes:  rate.NewLimiter(perSecond(l.RateBytes, max(l.RateBytes, largest))),
	}
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
// left. A pong and a close frame cost but their bytes: the heartbeat asks for the one,
// and the other ends it all.
func (b *budget) spend(h frame.Header, now uint32) bool {
	at, frames := time.Time{}.Add(time.Duration(now)*tick), 1
	if h.Opcode == frame.Pong || h.Opcode == frame.Close {
		frames = 0
	}
	return b.frames.AllowN(at, frames) && b.bytes.AllowN(at, int(h.Length)+leastHeader)
}
