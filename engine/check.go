package engine

import (
	"fmt"
	"time"
)

// Check compares the counters with the tables and says where they disagree. A
// connection that comes or goes meanwhile may look like a disagreement, so it
// looks up to five times, 50 ms apart.
func (e *Engine) Check() error {
	var err error
	for range 5 {
		if err = e.check(); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

func (e *Engine) check() error {
	conns := e.conns.snapshot()
	s := e.Stats()
	ended := uint64(0)
	for _, n := range s.Closed {
		ended += n
	}
	if s.Upgrades-ended != uint64(len(conns)) {
		return fmt.Errorf("engine: %d upgraded less %d ended, but %d in the table", s.Upgrades, ended, len(conns))
	}
	unwatched := 0
	h := e.beats
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range conns {
		if !c.beat.Armed() {
			unwatched++
		}
	}
	if watched := len(conns) - unwatched; h.wheel.Len() != watched {
		return fmt.Errorf("engine: %d in the wheel, but %d in the table are armed", h.wheel.Len(), watched)
	}
	if h.period > 0 && unwatched > 0 {
		return fmt.Errorf("engine: %d connections without a heartbeat", unwatched)
	}
	return nil
}
