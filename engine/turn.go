package engine

import "sync/atomic"

// turn is the right to read a connection and to call OnMessage. One goroutine at a time holds it. turn also records
// whether reading is paused, and whether the socket is registered with its poller.
//
// turn also decides which goroutine finishes a closed connection. If a goroutine holds the turn, it does so when it
// gives the turn up. Otherwise a job of the connection's poller does. So OnClose is called after a running OnMessage has
// returned.
type turn struct{ bits atomic.Uint32 }

// The bits of turn.
const (
	reading      uint32 = 1 << iota // a goroutine holds the turn
	socketClosed                    // the socket is closed; the holder of the turn must finish the connection
	paused                          // PauseReading was called; cleared on the poller
	unpausable                      // PauseReading does nothing
	mayClose                        // the holder of the turn may close the socket
	cutDue                          // the connection was cut
	registered                      // the socket is registered with its poller; set with Conn.mu held
	batch                           // the message that is being handled has arrived together with others
)

// begin takes the turn. It returns false if the socket is closed. inEvent means that the caller is the poller and is
// handling an event of this connection. Only then may the holder of the turn close the socket. Otherwise an event of the
// connection may still be pending, and it would reach a new connection that gets the same descriptor.
func (t *turn) begin(inEvent bool) bool {
	taken := reading
	if inEvent {
		taken |= mayClose
	}
	return t.bits.Or(taken)&socketClosed == 0
}

// end gives the turn up. closed means that the socket was closed meanwhile: the caller must then finish the connection.
// cut means that closeAtEnd has returned true.
func (t *turn) end() (closed, cut bool) {
	before := t.bits.And(^(reading | mayClose))
	return before&socketClosed != 0, before&mayClose != 0 && before&cutDue != 0
}

// closeAtEnd makes the holder of the turn close the socket. It returns false if no goroutine holds the turn, or if the
// holder must not close it.
func (t *turn) closeAtEnd() bool { return t.bits.Or(cutDue)&mayClose != 0 }

// inEvent reports whether the poller is handling an event of the connection.
func (t *turn) inEvent() bool { return t.bits.Load()&mayClose != 0 }

// mustClose reports whether the holder of the turn must close the socket.
func (t *turn) mustClose() bool { return t.bits.Load()&(mayClose|cutDue) == mayClose|cutDue }

// close records that the socket is closed. It returns true if no goroutine holds the turn: the caller must then finish
// the connection. Only the first call can return true.
func (t *turn) close() (idle bool) {
	return t.bits.Or(socketClosed)&(reading|socketClosed) == 0
}

func (t *turn) paused() bool { return t.bits.Load()&paused != 0 }

// pause pauses reading, unless pausing is forbidden.
func (t *turn) pause() {
	if t.bits.Load()&unpausable == 0 {
		t.bits.Or(paused)
	}
}

// resume ends a pause.
func (t *turn) resume() { t.bits.And(^paused) }

// forbidPause ends a pause and makes pause do nothing until allowPause is called.
func (t *turn) forbidPause() {
	t.bits.Or(unpausable)
	t.bits.And(^paused)
}

func (t *turn) allowPause() { t.bits.And(^unpausable) }

// setRegistered records that the socket is registered with its poller, which may take the turn from now on.
func (t *turn) setRegistered() { t.bits.Or(registered) }

func (t *turn) isRegistered() bool { return t.bits.Load()&registered != 0 }

// inBatch reports whether the message that is being handled has arrived together with others. The caller holds the turn.
func (t *turn) inBatch() bool { return t.bits.Load()&batch != 0 }

func (t *turn) beginBatch() { t.bits.Or(batch) }

func (t *turn) endBatch() { t.bits.And(^batch) }
