package engine

import (
	"fmt"
	"time"

	"plenum/codec/frame"
	"plenum/engine/internal/quota"
)

// Limits are the bounds that can be changed while the Engine serves. A rate of 0 means no bound.
type Limits struct {
	// AcceptRate bounds the connections accepted per second. A burst may have as many as one second allows. Further
	// connections wait: one per poller in the engine, the others in the kernel's accept queue.
	AcceptRate int
	// RateMessages and RateBytes bound the frames and the bytes that one connection may send per second. A burst may
	// have as much as one second allows, and at least one message of the maximum size. A connection that exceeds a
	// bound is closed with 1008. The close frame and one pong per second do not count as frames, but count in bytes. An
	// encoded message counts with its decoded size, if that is larger. Connections that are open already keep their
	// bounds.
	RateMessages, RateBytes int
	// DrainWindow is the longest time over which Shutdown closes the connections, at an even rate of at least 100 per
	// second. So the clients do not all reconnect at once. 0 closes all connections at once.
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

// SetLimits replaces the limits. If l has a negative field, SetLimits changes nothing and returns an error.
func (e *Engine) SetLimits(l Limits) error {
	if err := l.check(); err != nil {
		return err
	}
	e.limits.Store(&l)
	e.acceptRate.Store(quota.NewLimiter(l.AcceptRate, l.AcceptRate))
	return nil
}

// newBudget returns a full budget for the client with the given address, which has the form host:port. It returns nil
// if neither the rates nor the connections of a client are bounded.
func (e *Engine) newBudget(address string) *quota.Budget {
	l := e.limits.Load()
	if l.RateMessages == 0 && l.RateBytes == 0 && e.clients == nil {
		return nil
	}
	return quota.NewBudget(address, l.RateMessages, l.RateBytes, int(e.longestMessage())+frame.MaxHeader)
}
