package engine

import (
	"context"
	"errors"
	"fmt"

	"plenum/codec/frame"
)

// Shutdown stops accepting, sends every connection the Farewell close frame,
// waits until all are gone, and stops what Serve started. Where ctx ends first,
// the connections left are cut off and an error says how many. A second call
// waits for the first.
func (e *Engine) Shutdown(ctx context.Context) error {
	var err error
	e.once.Do(func() { err = e.shutdown(ctx) })
	<-e.done
	return err
}

func (e *Engine) shutdown(ctx context.Context) error {
	defer close(e.done)
	e.conns.refuse()
	e.front.stopAccepting()
	for _, c := range e.conns.snapshot() {
		if errors.Is(c.Close(e.cfg.Farewell()), ErrCode) {
			_ = c.Close(frame.CloseGoingAway, "")
		}
	}
	err := e.drain(ctx)
	e.front.finish(ctx)
	e.stopPollers()
	return err
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
