package engine

import "fmt"

// Check compares the counters with the tables of connections and returns an error if they disagree. A connection that
// opens or closes during the call, or whose timer fires, may look like a disagreement.
func (e *Engine) Check() error {
	conns := e.conns.snapshot()
	s := e.Stats()
	ended := int64(0)
	for _, n := range s.Closed {
		ended += int64(n)
	}
	if begun := s.Counts[Upgrades] + s.Counts[Streams]; begun-ended != int64(len(conns)) {
		return fmt.Errorf("engine: %d connections opened minus %d closed, but %d in the table", begun, ended, len(conns))
	}
	if e.clients != nil && e.clients.Len() != len(conns) {
		return fmt.Errorf("engine: %d connections counted by address, but %d in the table", e.clients.Len(), len(conns))
	}
	unwatched := 0
	for _, c := range conns {
		if !e.timers.armed(c) {
			unwatched++
		}
	}
	if watched := len(conns) - unwatched; e.timers.len() != watched {
		return fmt.Errorf("engine: %d timers in the wheels, but %d connections have an armed timer", e.timers.len(), watched)
	}
	if e.heartbeat.period > 0 && unwatched > 0 {
		return fmt.Errorf("engine: %d connections have no heartbeat timer", unwatched)
	}
	return nil
}
