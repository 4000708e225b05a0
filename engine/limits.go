package engine

import (
	"fmt"
	"time"

	"plenum/codec/frame"
	"plenum/engine/internal/quota"
)

// Limits are the bounds that can be changed while the Engine serves. 0 is no bound.
type Limits struct {
	// AcceptRate bounds how many connections are accepted a second, in bursts of at
	// most a second's; those beyond wait, in the kernel's queue all but one.
	AcceptRate int
	// RateMessages and RateBytes bound what a client may send a second: frames
	// other than the close frame and a pong a second, and bytes of frames; a second's worth, and
	// at least one message, may come at once. What is beyond closes with 1008.
	// Those that are connected keep the bounds they came under.
	RateMessages, RateBytes int
	// DrainWindow is over how long Shutdown closes the connections, evenly but for at
	// least 100 a second, so that they do not all come back at once.
	DrainWindow time.Duration
}

func (l Limits) check() error {
	for name, v := range map[string]int{"AcceptRate": l.AcceptRate, "RateMessages": l.RateMessages, "RateBytes": l.RateBytes} {
		if v < 0 {
			return fmt.Errorf("engine: %s is negative: %d", name, v)
		}
	}
	if l.DrainWindow < 0 {
		return fmt.Errorf("engine: DrainWindow is negative: %s", l.DrainWindow)
	}
	return nil
}

// SetLimits changes the limits, or says what is wrong with them.
func (e *Engine) SetLimits(l Limits) error {
	if err := l.check(); err != nil {
		return err
	}
	e.limits.Store(&l)
	e.acceptRate.Store(quota.NewLimiter(l.AcceptRate, l.AcceptRate))
	return nil
}

// newBudget returns a full budget for a client's address, a host and a port; nil if
// nothing is bounded.
func (e *Engine) newBudget(address string) *quota.Budget {
	l := e.limits.Load()
	if l.RateMessages == 0 && l.RateBytes == 0 && e.clients == nil {
		return nil
	}
	return quota.NewBudget(address, l.RateMessages, l.RateBytes, int(e.longestMessage())+frame.MaxHeader)
}
