package routes

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// closeRefused closes a client with 1008, and counts it.
func (rt *Routes) closeRefused(c *engine.Conn, why access.Refusal) {
	if c.Close(frame.ClosePolicy, string(why)) == nil {
		rt.cfg.Guard.CountRefused(why)
	}
}

// closeUnjoined closes a client that could not join its room.
func (rt *Routes) closeUnjoined(c *engine.Conn, err error) {
	if isBusAway(err) {
		closeBusAway(c)
		return
	}
	rt.closeRefused(c, access.TooManyRooms)
}

// closeBusAway closes a client whose room cannot be opened, and asks it to come back in a while.
func closeBusAway(c *engine.Conn) {
	wait := time.Second + rand.N(4*time.Second)
	_ = c.Close(frame.CloseTryAgain, fmt.Sprintf("The bus is away; retry in %d ms", wait.Milliseconds()))
}

// isBusAway reports whether err says that a room needs the bus, and the bus is away.
func isBusAway(err error) bool { return errors.Is(err, rooms.ErrBus) }

// refusing returns a handler that closes with 1008.
func (rt *Routes) refusing(why access.Refusal) engine.Handler {
	return closer(func(c *engine.Conn) { rt.closeRefused(c, why) })
}

// closer is the handler of a connection that it closes as soon as it is open.
type closer func(*engine.Conn)

// OnOpen closes.
func (f closer) OnOpen(c *engine.Conn) { f(c) }

// OnMessage is not called, because the connection is closing.
func (closer) OnMessage(*engine.Conn, frame.Opcode, []byte) {}

// OnClose has nothing to undo.
func (closer) OnClose(*engine.Conn, int) {}

// Farewell closes a client that is to come back to the restarted server after retry.
func Farewell(retry time.Duration) engine.CloseStatus {
	return engine.CloseStatus{Code: frame.CloseRestart, Reason: fmt.Sprintf("Restarting; retry in %d ms", retry.Milliseconds()), Retry: retry}
}
