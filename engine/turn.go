package engine

import "sync/atomic"

// turn decides who ends a connection, the goroutine that reads it or the one that hears of its
// end, and whether reading is paused. OnClose so waits for the OnMessage that is running.
type turn struct{ bits atomic.Uint32 }

// Bits of turn.
const (
	reading      uint32 = 1 << iota // somebody reads and calls the Handler
	socketClosed                    // the socket is closed; whoever clears reading finishes
	paused                          // PauseReading was called; cleared on the poller
	unpausable                      // PauseReading does nothing
)

// begin takes the right to read; false if the socket is closed.
func (t *turn) begin() bool { return t.bits.Or(reading)&socketClosed == 0 }

// end gives the right to read up. It returns true if the socket was closed meanwhile: the caller
// then finishes the connection.
func (t *turn) end() (closed bool) { return t.bits.And(^reading)&socketClosed != 0 }

// close notes that the socket is closed. It returns true if nobody reads: the caller
// then finishes the connection.
func (t *turn) close() (idle bool) {
	return t.bits.Or(socketClosed)&(reading|socketClosed) == 0
}

func (t *turn) paused() bool { return t.bits.Load()&paused != 0 }

// pause pauses reading, unless that is forbidden.
func (t *turn) pause() {
	if t.bits.Load()&unpausable == 0 {
		t.bits.Or(paused)
	}
}

// resume ends a pause.
func (t *turn) resume() { t.bits.And(^paused) }

// forbidPause ends a pause, and makes pause do nothing until allowPause.
func (t *turn) forbidPause() {
	t.bits.Or(unpausable)
	t.bits.And(^paused)
}

func (t *turn) allowPause() { t.bits.And(^unpausable) }
