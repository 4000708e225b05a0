package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"plenum/codec/frame"
)

// Shutdown stops the Engine. It stops accepting and closes the connections one after the other over Limits.DrainWindow,
// with the status that Config.Farewell returns. It waits until all are closed, and stops the goroutines that Serve
// started. If ctx ends first, Shutdown closes the remaining connections without a close handshake and returns an error
// with their number. A second call waits for the first and returns nil.
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

// closeAll closes connections every drainStep, at least drainLeast of them per second.
const (
	drainStep  = 10 * time.Millisecond
	drainLeast = 100
)

// closeAll begins to close all connections, in random order. It returns early if ctx ends or no connection is left.
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

// dueAt returns how many of n connections must have been closed when the given part of the window has passed.
func dueAt(passed, window time.Duration, n int) int {
	if passed >= window {
		return n
	}
	return int(float64(n)*float64(passed)/float64(window)) + 1
}

// closeOne closes c with the status that Farewell returns, or with 1001 if its code must not be sent. left is the rest of
// the drain window.
func (e *Engine) closeOne(c *Conn, left time.Duration) {
	if errors.Is(c.closing.start(c, c.translated(e.cfg.Farewell(max(left, 0)))), ErrCode) {
		_ = c.Close(frame.CloseGoingAway, "")
	}
}

// drain waits until no connection is left, and cuts the remaining ones when ctx ends.
func (e *Engine) drain(ctx context.Context) error {
	select {
	case <-e.conns.empty:
		return nil
	case <-ctx.Done():
	}
	left := e.conns.len()
	for _, c := range e.conns.snapshot() {
		c.cut()
	}
	<-e.conns.empty
	if left == 0 {
		return nil
	}
	return fmt.Errorf("engine: shutdown: %d connections closed without a close handshake: %w", left, ctx.Err())
}
