package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"plenum/codec/frame"
)

// Shutdown stops accepting, sends every connection the Farewell close frame, one after
// the other over Limits.DrainWindow, waits until all are gone, and stops what Serve
// started. Where ctx ends first, the connections left are cut off and an error says how
// many. A second call waits for the first.
func (e *Engine) Shutdown(ctx context.Context) error {
	var err error
	e.once.Do(func() { err = e.shutdown(ctx) })
	<-e.done
	return err
}

func (e *Engine) shutdown(ctx context.Context) error {
	defer close(e.done)
	e.conns.refuse()
	e.accept.StopAccepting()
	e.closeAll(ctx)
	err := e.drain(ctx)
	e.accept.Finish(ctx)
	e.pollers.stop()
	return err
}

// Farewells are sent every drainStep, at least drainLeast of them a second.
const (
	drainStep  = 10 * time.Millisecond
	drainLeast = 100
)

// closeAll closes all connections, in random order, until ctx ends.
func (e *Engine) closeAll(ctx context.Context) {
	all := e.conns.snapshot()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	window := min(e.limits.Load().DrainWindow, time.Duration(len(all))*time.Second/drainLeast)
	ticker := time.NewTicker(drainStep)
	defer ticker.Stop()
	began := time.Now()
	for closed := 0; closed < len(all); {
		passed := time.Since(began)
		for due := dueAt(passed, window, len(all)); closed < due; closed++ {
			e.closeOne(all[closed], window-passed)
		}
		select {
		case <-ticker.C:
		case <-e.conns.empty:
			return
		case <-ctx.Done():
			return
		}
	}
}

// dueAt is how many of n farewells are due once so much of the window has passed.
func dueAt(passed, window time.Duration, n int) int {
	if passed >= window {
		return n
	}
	return int(float64(n)*float64(passed)/float64(window)) + 1
}

// closeOne closes c with Farewell's close frame, or with 1001 if its code must not be sent.
func (e *Engine) closeOne(c *Conn, left time.Duration) {
	if errors.Is(c.closing.start(c, e.cfg.Farewell(max(left, 0))), ErrCode) {
		_ = c.Close(frame.CloseGoingAway, "")
	}
}

func (e *Engine) drain(ctx context.Context) error {
	select {
	case <-e.conns.empty:
		return nil
	case <-ctx.Done():
	}
	left := e.conns.snapshot()
	for _, c := range left {
		c.cut()
	}
	<-e.conns.empty
	if len(left) == 0 {
		return nil
	}
	return fmt.Errorf("engine: shutdown cut off %d connections: %w", len(left), ctx.Err())
}
